/* A network whose rows are spread over three ranks gives what one rank gives: outputs, gradients, running
 * statistics. The ranks are threads here; their sums meet at a barrier. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/nn/network.h"
#include "ref.h"
#include "rig.h"

enum { RANKS = 3 };

typedef struct Team {
  pthread_barrier_t barrier;
  int64_t *parts[RANKS];
} Team;

typedef struct Member {
  Team *team;
  int rank;
  const Rig *whole; /* all rows */
  Rig rig;          /* this rank's */
  size_t first;
} Member;

/* Every member adds the parts in rank order, so all get the same bits. */
static void sum_over_team(void *context, int64_t *values, size_t n) {
  Member *member = context;
  int64_t *total = calloc(n, sizeof *total);
  member->team->parts[member->rank] = values;
  pthread_barrier_wait(&member->team->barrier);
  for (int r = 0; r < RANKS; r++) {
    for (size_t i = 0; i < n; i++) {
      total[i] += member->team->parts[r][i];
    }
  }
  pthread_barrier_wait(&member->team->barrier);
  memcpy(values, total, (size_t)n * sizeof *values);
  free(total);
}

static void *run_member(void *argument) {
  Member *member = argument;
  Rig *rig = &member->rig;
  Hooks hooks = {.context = member, .sum = sum_over_team};
  Pass pass = {.training = true,
               .share = {.rows = rig->rows,
                         .batch = member->whole->rows,
                         .sample = RIG_SAMPLE + (uint32_t)member->first},
               .key = rig_pass(rig, true).key,
               .hooks = &hooks};
  const float *x = member->whole->x + member->first * rig->in;
  const float *dy = member->whole->dy + member->first * rig->out;
  const float *y = network_forward(&rig->network, rig->params, rig->running, &rig->tape, x, &pass);
  memcpy(rig->x, y, rig->rows * rig->out * sizeof *y);
  const float *dx = network_backward(&rig->network, rig->params, (GradientSum){.sum = rig->grads}, &rig->tape,
                                     x, dy, true, &pass);
  memcpy(rig->dy, dx, rig->rows * rig->in * sizeof *dx);
  return NULL;
}

/* The outputs, gradients and running statistics of three ranks with 4, 3 and 6 rows are those of one rank
 * with 13. */
static void check_team(const Case *c) {
  const size_t rows[RANKS] = {4, 3, 6};
  Team team;
  Member members[RANKS];
  pthread_t threads[RANKS];
  Rig whole;
  rig_setup(&whole, c, 13);
  size_t first = 0;
  assert_int_equal(pthread_barrier_init(&team.barrier, NULL, RANKS), 0);
  for (int r = 0; r < RANKS; r++) {
    members[r] = (Member){.team = &team, .rank = r, .whole = &whole, .first = first};
    rig_setup(&members[r].rig, c, rows[r]);
    free(members[r].rig.x); /* results come back in these two: out and in may differ */
    free(members[r].rig.dy);
    members[r].rig.x = ref_floats(rows[r] * whole.out);
    members[r].rig.dy = ref_floats(rows[r] * whole.in);
    first += rows[r];
  }
  for (int r = 0; r < RANKS; r++) {
    assert_int_equal(pthread_create(&threads[r], NULL, run_member, &members[r]), 0);
  }
  for (int r = 0; r < RANKS; r++) {
    pthread_join(threads[r], NULL);
  }
  Pass pass = rig_pass(&whole, true);
  const float *y = network_forward(&whole.network, whole.params, whole.running, &whole.tape, whole.x, &pass);
  ref_widen(whole.Y, y, 13 * whole.out);
  const float *dx = network_backward(&whole.network, whole.params, (GradientSum){.sum = whole.grads},
                                     &whole.tape, whole.x, whole.dy, true, &pass);
  ref_widen(whole.X, dx, 13 * whole.in);
  ref_widen(whole.Running, whole.running, whole.network.running.count);
  float *sum = ref_floats(whole.network.params.count);
  for (int r = 0; r < RANKS; r++) {
    Rig *rig = &members[r].rig;
    assert_true(
        ref_close(c->what, rig->x, whole.Y + members[r].first * whole.out, rows[r] * whole.out, 2e-6, 2e-6));
    assert_true(
        ref_close(c->what, rig->dy, whole.X + members[r].first * whole.in, rows[r] * whole.in, 5e-6, 5e-6));
    assert_true(ref_close("running", rig->running, whole.Running, whole.network.running.count, 1e-6, 1e-6));
    assert_memory_equal(rig->running, members[0].rig.running, whole.network.running.count * sizeof(float));
    for (size_t i = 0; i < whole.network.params.count; i++) {
      sum[i] += rig->grads[i];
    }
  }
  ref_widen(whole.Params, whole.grads, whole.network.params.count);
  assert_true(ref_close(c->what, sum, whole.Params, whole.network.params.count, 5e-6, 1e-5));
  free(sum);
  for (int r = 0; r < RANKS; r++) {
    rig_teardown(&members[r].rig);
  }
  rig_teardown(&whole);
  pthread_barrier_destroy(&team.barrier);
}

static void test_three_ranks_are_one(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    check_team(&cases[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_three_ranks_are_one)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
