#include <string.h>

#include "gantrain/base/clock.h"
#include "gantrain/bench/bench.h"

static const Hooks *hooks_of(const struct BenchEnd *end) {
  return &end->clock->exchange.network[end->player];
}

static void timed_sum(void *context, int64_t *sums, int n) {
  struct BenchEnd *end = context;
  double start = clock_now();
  hooks_of(end)->sum(hooks_of(end)->context, sums, n);
  end->clock->statistics += clock_now() - start;
}

static void timed_grads_ready(void *context, size_t first, size_t count) {
  struct BenchEnd *end = context;
  double start = clock_now();
  hooks_of(end)->grads_ready(hooks_of(end)->context, first, count);
  end->clock->moving += clock_now() - start;
}

static void timed_progress(void *context) {
  struct BenchEnd *end = context;
  double start = clock_now();
  hooks_of(end)->progress(hooks_of(end)->context);
  end->clock->moving += clock_now() - start;
}

static void pass_begin(void *context) {
  struct BenchEnd *end = context;
  end->clock->exchange.begin(hooks_of(end)->context);
}

static void timed_end(void *context) {
  struct BenchEnd *end = context;
  double start = clock_now();
  end->clock->exchange.end(hooks_of(end)->context);
  end->clock->waited += clock_now() - start;
}

/* The whole reduction of one player, from nothing posted to all sums there. */
static void reduce(const struct BenchEnd *end) {
  void *context = hooks_of(end)->context;
  end->clock->exchange.begin(context);
  hooks_of(end)->grads_ready(context, 0, end->clock->gan->player[end->player].network.params.count);
  end->clock->exchange.end(context);
}

static void timed_reduce(void *context) {
  struct BenchEnd *end = context;
  double start = clock_now();
  reduce(end);
  end->clock->waited += clock_now() - start;
}

static void on_phase(void *context, GanPhase begins) {
  bench_clock_enter(context, (int)begins);
}

void bench_clock_attach(BenchClock *clock, Gan *gan, bool overlap) {
  *clock = (BenchClock){.gan = gan, .exchange = gan->hooks, .phase = -1};
  for (int p = 0; p < 2; p++) {
    clock->ends[p] = (struct BenchEnd){.clock = clock, .player = p};
    gan->hooks.network[p] = (Hooks){.context = &clock->ends[p],
                                    .sum = timed_sum,
                                    .grads_ready = overlap ? timed_grads_ready : NULL,
                                    .progress = overlap ? timed_progress : NULL};
  }
  gan->hooks.begin = overlap ? pass_begin : NULL;
  gan->hooks.end = overlap ? timed_end : timed_reduce;
  gan->hooks.phase = on_phase;
  gan->hooks.phase_context = clock;
}

void bench_clock_reset(BenchClock *clock) {
  memset(clock->seconds, 0, sizeof clock->seconds);
  clock->waited = clock->statistics = clock->moving = 0.0;
}

void bench_clock_enter(BenchClock *clock, int phase) {
  double now = clock_now();
  if (clock->phase >= 0) {
    clock->seconds[clock->phase] += now - clock->since;
  }
  clock->phase = phase;
  clock->since = now;
}

double bench_clock_reduce_alone(BenchClock *clock) {
  for (int p = 0; p < 2; p++) {
    Player *player = &clock->gan->player[p];
    if (player->exact != NULL) {
      memset(player->exact, 0, player->network.params.count * sizeof *player->exact);
    } else {
      memset(player->grads, 0, player->network.params.count * sizeof *player->grads);
    }
  }
  comm_barrier();
  double start = clock_now();
  reduce(&clock->ends[GAN_D]);
  reduce(&clock->ends[GAN_G]);
  return clock_now() - start;
}
