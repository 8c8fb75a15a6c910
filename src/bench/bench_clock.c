#include <string.h>

#include "gantrain/base/clock.h"
#include "gantrain/bench/bench.h"

static void timed_sum(void *context, int64_t *sums, size_t n) {
  BenchClock *clock = context;
  double start = clock_now();
  clock->exchange.sum(clock->exchange.context, sums, n);
  clock->statistics += clock_now() - start;
}

static void timed_moments_begin(void *context, int player) {
  BenchClock *clock = context;
  double start = clock_now();
  clock->exchange.moments_begin(clock->exchange.context, player);
  clock->statistics += clock_now() - start;
}

static void timed_moments_end(void *context, int player) {
  BenchClock *clock = context;
  double start = clock_now();
  clock->exchange.moments_end(clock->exchange.context, player);
  clock->statistics += clock_now() - start;
}

static void pass_begin(void *context, int player) {
  BenchClock *clock = context;
  clock->exchange.grads_begin(clock->exchange.context, player);
}

static void timed_grads_ready(void *context, int player, size_t first, size_t count) {
  BenchClock *clock = context;
  double start = clock_now();
  clock->exchange.grads_ready(clock->exchange.context, player, first, count);
  clock->moving += clock_now() - start;
}

static void timed_progress(void *context) {
  BenchClock *clock = context;
  double start = clock_now();
  clock->exchange.progress(clock->exchange.context);
  clock->moving += clock_now() - start;
}

static void timed_end(void *context, int player) {
  BenchClock *clock = context;
  double start = clock_now();
  clock->exchange.grads_end(clock->exchange.context, player);
  clock->waited += clock_now() - start;
}

/* The whole reduction of one player, from its start until all sums are there. */
static void reduce(const BenchClock *clock, int player) {
  const Hooks *exchange = &clock->exchange;
  exchange->grads_begin(exchange->context, player);
  exchange->grads_ready(exchange->context, player, 0, clock->gan->player[player].network.params.count);
  exchange->grads_end(exchange->context, player);
}

static void timed_reduce(void *context, int player) {
  BenchClock *clock = context;
  double start = clock_now();
  reduce(clock, player);
  clock->waited += clock_now() - start;
}

static void on_phase(void *context, int begins) {
  bench_clock_enter(context, begins);
}

void bench_clock_attach(BenchClock *clock, Gan *gan, bool overlap) {
  *clock = (BenchClock){.gan = gan, .exchange = gan->hooks, .phase = -1};
  gan->hooks = (Hooks){.context = clock,
                       .sum = timed_sum,
                       .moments_begin = timed_moments_begin,
                       .moments_end = timed_moments_end,
                       .grads_begin = overlap ? pass_begin : NULL,
                       .grads_ready = overlap ? timed_grads_ready : NULL,
                       .grads_end = overlap ? timed_end : timed_reduce,
                       .progress = overlap ? timed_progress : NULL,
                       .watcher = clock,
                       .phase = on_phase};
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
  for (int turn = 0; turn < clock->gan->settings.d_steps; turn++) {
    reduce(clock, GAN_D);
  }
  reduce(clock, GAN_G);
  return clock_now() - start;
}
