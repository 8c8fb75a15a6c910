/* In sanitizer builds a layer that touches what lies behind one of its arrays ends the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "rig.h"

enum { VALUES = 16, SCRATCH = 32 }; /* whole cache lines: without red zones, arrays would be neighbours */

/* The array that the made-up layer accesses one element beyond its end. */
typedef enum Stray {
  NOWHERE,
  PARAMS,
  RUNNING,
  GRADS,
  EXACT,
  OUTPUT,
  SAVED,
  INPUT_GRADIENT,
  BUFFER,
  STRAYS
} Stray;
static Stray stray;

static size_t far(Stray where, size_t count) {
  return stray == where ? count : count - 1;
}

static Status strayer_infer(Layer *layer, Arena *params, Arena *running) {
  layer->out = layer->in;
  layer->saved_per_row = VALUES;
  layer->scratch = SCRATCH;
  GT_TRY(arena_add(params, layer->name, "scale", 1, (int[]){VALUES}, &layer->params[0]));
  return arena_add(running, layer->name, "mean", 1, (int[]){VALUES}, &layer->running[0]);
}

static void strayer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t n = pass->share.rows * VALUES;
  a->y[far(OUTPUT, n)] = a->params[layer->p[0] + far(PARAMS, VALUES)];
  a->saved[far(SAVED, n)] = 1.0F;
  a->running[layer->r[0] + far(RUNNING, VALUES)] = 1.0F;
  a->scratch[far(BUFFER, SCRATCH)] = 1.0F;
}

static void strayer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->grads.exact != NULL) {
    a->grads.exact[layer->p[0] + far(EXACT, VALUES)] += 1;
  } else {
    a->grads.sum[layer->p[0] + far(GRADS, VALUES)] += 1.0F;
  }
  a->dx[far(INPUT_GRADIENT, pass->share.rows * VALUES)] = 1.0F;
}

static const LayerOps strayer = {.kind = "strayer",
                                 .keras_name = "strayer",
                                 .infer = strayer_infer,
                                 .forward = strayer_forward,
                                 .backward = strayer_backward,
                                 .parts = layer_part_a_row};

/* Two such layers forward and back; the blocks may be walked through whole before and after. */
static void train(void) {
  const LayerSpec specs[] = {{.ops = &strayer}, {.ops = &strayer}};
  static Network network;
  Tape tape;
  GT_CHECK(network_build(&network, "network", (Shape){1, 1, VALUES}, specs, 2) == GT_OK &&
               tape_create(&tape, &network, ROWS, TAPE_TRAINING) == GT_OK,
           "%s", status_message());
  float *params = arena_block(&network.params), *running = arena_block(&network.running),
        *sums = arena_block(&network.params);
  int64_t *exact = memory_alloc(network.params.count, sizeof *exact);
  float dy[ROWS * VALUES] = {0};
  const Pass pass = {.training = true, .share = {.rows = ROWS, .batch = ROWS}};
  const GradientSum grads[] = {{.sum = sums}, {.exact = exact, .limit = 1.0F}};
  for (int i = 0; i < 2; i++) {
    memset(params, 0, network.params.count * sizeof *params);
    memset(sums, 0, network.params.count * sizeof *sums);
    memset(exact, 0, network.params.count * sizeof *exact);
    network_forward(&network, params, running, &tape, tape.x, &pass);
    network_backward(&network, params, grads[i], &tape, tape.x, dy, true, &pass);
  }
  memory_free(params);
  memory_free(running);
  memory_free(sums);
  memory_free(exact);
  tape_free(&tape);
}

/* Does a process of its own that strays there end well? *report = what it says. */
static int outcome(Stray where, char *report, size_t size) {
  int pipe_ends[2], status = 0;
  assert_int_equal(pipe(pipe_ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    dup2(pipe_ends[1], STDERR_FILENO);
    stray = where;
    train();
    _exit(0);
  }
  close(pipe_ends[1]);
  size_t used = 0;
  ssize_t got;
  char rest[4096];
  while ((got = read(pipe_ends[0], rest, sizeof rest)) > 0) {
    size_t kept = (size_t)got < size - 1 - used ? (size_t)got : size - 1 - used;
    memcpy(report + used, rest, kept);
    used += kept;
  }
  report[used] = '\0';
  close(pipe_ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void test_overruns_are_caught(void **state) {
  (void)state;
  static char report[65536];
  assert_int_equal(outcome(NOWHERE, report, sizeof report), 0);
  for (Stray where = NOWHERE + 1; where < STRAYS; where++) {
    assert_int_not_equal(outcome(where, report, sizeof report), 0);
    assert_non_null(strstr(report, "use-after-poison"));
    assert_non_null(strstr(report, where == GRADS || where == EXACT || where == INPUT_GRADIENT
                                       ? "strayer_backward"
                                       : "strayer_forward"));
  }
}

int main(void) {
  if (GT_RED_ZONE == 0) {
    printf("skipped: red zones are in builds with -DGANTRAIN_SANITIZE=ON\n");
    return 77;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_overruns_are_caught)};
  return cmocka_run_group_tests_name("red_zones", tests, NULL, NULL);
}
