/* Measures one architecture: set-up, warm-up, and its steps timed in parts with the reference product
 * between them. */
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/base/memory_measure.h"
#include "gantrain/bench/bench.h"
#include "gantrain/train/objective.h"

#define BENCH_SHARDS 16 /* as many as a training run has by default, where the ranks divide them */
#define WARM_UP_STEPS 5
#define SHORT_SECONDS 0.5
#define SECONDS 2.0 /* that the measured steps take where their number is not given */

typedef struct Bench {
  const BenchPlan *plan;
  Feed feed;
  Gan gan;
  Exchange *exchange;
  BenchClock clock;
  Yardstick yardstick;
  double values[BENCH_SERIES][BENCH_PARTS];
} Bench;

/* Before anything of it is touched. Collective. */
static Status check_memory(Bench *bench, const Architecture *architecture, const GanSettings *settings,
                           Share share) {
  MemoryNeed needs[] = {{"networks", 0}, {"images", feed_bytes(&bench->feed)}};
  memory_measure_begin();
  Status outcome = gan_allocate(&bench->gan, architecture, bench->feed.info.image, settings, share);
  needs[0].bytes = memory_measured();
  gan_free(&bench->gan);
  memory_measure_end();
  GT_TRY(comm_agree(outcome));
  return comm_check_memory(needs, sizeof needs / sizeof *needs, "use a smaller --batch or fewer ranks");
}

static Status bench_create(Bench *bench, const BenchPlan *plan, const char *arch) {
  Architecture architecture;
  bench->plan = plan;
  GT_TRY(bench_feed_open(&bench->feed, plan));
  Shape image = bench->feed.info.image;
  GT_TRY(architecture_find(&architecture, arch, image));
  GanSettings settings = {.seed = 1, .adam = {architecture.adam, architecture.adam}, .exact = plan->exact};
  GT_TRY(objective_read(&settings, plan->options, image));
  size_t rows = bench->feed.per_shard;
  size_t shards = BENCH_SHARDS / (size_t)plan->world->size; /* of this rank */
  Share share = {.rows = rows,
                 .batch = plan->batch,
                 .shard_rows = shards > 0 && rows % shards == 0 ? rows / shards : rows,
                 .sample = (uint32_t)(bench->feed.shards.first * rows)};
  GT_TRY(check_memory(bench, &architecture, &settings, share));
  GT_TRY(bench_feed_read(&bench->feed, plan));
  GT_TRY(comm_agree(gan_create(&bench->gan, &architecture, image, &settings, share)));
  GT_TRY(exchange_create(&bench->exchange, plan->world, &bench->gan));
  bench_clock_attach(&bench->clock, &bench->gan, plan->overlap);
  return comm_agree(yardstick_create(&bench->yardstick));
}

static void bench_free(Bench *bench) {
  yardstick_free(&bench->yardstick);
  exchange_free(bench->exchange);
  gan_free(&bench->gan);
  feed_free(&bench->feed);
}

/* Seconds per step on the slowest rank: `steps` whole steps from one barrier to the next. Collective. */
static double time_steps(Bench *bench, int64_t steps) {
  int64_t sums[GAN_SUMS];
  comm_barrier();
  double start = clock_now();
  for (int64_t i = 0; i < steps; i++) {
    bench_clock_enter(&bench->clock, BENCH_PHASE_FEED);
    feed_batch(&bench->feed, bench->gan.real, NULL, bench->gan.step);
    gan_step(&bench->gan, sums);
  }
  gan_finish(&bench->gan);
  bench_clock_enter(&bench->clock, -1);
  double seconds = (clock_now() - start) / (double)steps;
  comm_max(&seconds, 1);
  return seconds;
}

static double mean_of_ranks(const Bench *bench, double value) {
  comm_sum(&value, 1);
  return value / bench->plan->world->size;
}

static void measure_part(Bench *bench, int part, int64_t steps, double flops_per_image) {
  BenchClock *clock = &bench->clock;
  double values[BENCH_SERIES] = {0}, batch = (double)bench->plan->batch;
  yardstick_measure(&bench->yardstick, &values[BENCH_SGEMM], &values[BENCH_GEMM]);
  bench_clock_reset(clock);
  values[BENCH_STEP] = time_steps(bench, steps);
  values[BENCH_WAITED] = clock->waited / (double)steps;
  values[BENCH_STATISTICS] = clock->statistics / (double)steps;
  values[BENCH_MOVING] = clock->moving / (double)steps;
  for (int phase = 0; phase < BENCH_PHASES; phase++) {
    values[BENCH_PHASE + phase] = clock->seconds[phase] / (double)steps;
  }
  values[BENCH_ALONE] = bench_clock_reduce_alone(clock);
  for (int series = 0; series < BENCH_SERIES; series++) {
    values[series] = mean_of_ranks(bench, values[series]);
  }
  values[BENCH_IMAGES] = batch * bench->gan.settings.d_steps / values[BENCH_STEP];
  values[BENCH_GFLOPS] = 1e-9 * flops_per_image * batch / values[BENCH_STEP] / bench->plan->world->size;
  values[BENCH_SHARE] = values[BENCH_GFLOPS] / values[BENCH_SGEMM];
  values[BENCH_SHARE_GEMM] = values[BENCH_GFLOPS] / values[BENCH_GEMM];
  for (int series = 0; series < BENCH_SERIES; series++) {
    bench->values[series][part] = values[series];
  }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

Spread bench_spread(const double *values, int n) {
  double sorted[BENCH_PARTS];
  GT_CHECK(n >= 1 && n <= BENCH_PARTS, "%d values", n);
  memcpy(sorted, values, (size_t)n * sizeof *sorted);
  qsort(sorted, (size_t)n, sizeof *sorted, ascending);
  return (Spread){
      .median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]), .min = sorted[0], .max = sorted[n - 1]};
}

/* What is known without measuring, on all ranks. */
static void describe(BenchResult *result, const Bench *bench, const char *arch) {
  const Gan *gan = &bench->gan;
  *result = (BenchResult){.arch = arch,
                          .image = gan->image,
                          .ranks = bench->plan->world->size,
                          .batch = gan->share.batch,
                          .overlap = bench->plan->overlap,
                          .shard_statistics = bench->gan.settings.shard_statistics,
                          .exact = bench->plan->exact};
  gan_work(result->work, gan);
  for (int p = 0; p < 2; p++) {
    result->parameters[p] = arena_elements(&gan->player[p].network.params);
    if (result->ranks > 1) {
      const Player *player = &gan->player[p];
      size_t bytes = player->exact != NULL ? sizeof *player->exact : sizeof *player->grads;
      int times = p == GAN_D ? gan->settings.d_steps : 1;
      result->reduced_bytes += (double)(player->network.params.count * bytes) * times;
    }
  }
}

static void measure(BenchResult *result, Bench *bench) {
  double flops = 2.0 * bench_image_work(result);
  double guess = time_steps(bench, WARM_UP_STEPS); /* the same on all ranks */
  int64_t enough = guess * 1e6 < SECONDS ? 1000000 : (int64_t)(SECONDS / guess) + 1;
  result->steps = bench->plan->steps > 0 ? bench->plan->steps : enough > BENCH_PARTS ? enough : BENCH_PARTS;
  result->parts = result->steps < BENCH_PARTS ? (int)result->steps : BENCH_PARTS;
  for (int part = 0; part < result->parts; part++) {
    Range range = range_part((size_t)result->steps, (size_t)result->parts, (size_t)part);
    measure_part(bench, part, (int64_t)range.count, flops);
  }
  for (int series = 0; series < BENCH_SERIES; series++) {
    result->series[series] = bench_spread(bench->values[series], result->parts);
  }
  result->peak_bytes = (double)memory_peak_bytes();
  comm_max(&result->peak_bytes, 1);
  result->last_step = bench->gan.step;
  result->fingerprint = gan_fingerprint(&bench->gan);
}

Status bench_measure(BenchResult *result, const BenchPlan *plan, const char *arch) {
  Bench *bench = memory_alloc(1, sizeof *bench);
  GT_TRY(comm_agree(bench == NULL ? GT_FAILED : GT_OK));
  Status outcome = bench_create(bench, plan, arch);
  if (outcome == GT_OK) {
    describe(result, bench, arch);
    measure(result, bench);
    outcome = comm_check_same(result->fingerprint, "the parameters");
  }
  bench_free(bench);
  memory_free(bench);
  return outcome;
}

Status bench_step_seconds(double *seconds, const BenchPlan *plan, const char *arch) {
  Bench *bench = memory_alloc(1, sizeof *bench);
  GT_TRY(comm_agree(bench == NULL ? GT_FAILED : GT_OK));
  Status outcome = bench_create(bench, plan, arch);
  if (outcome == GT_OK) {
    double guess = time_steps(bench, 2); /* the same on all ranks */
    *seconds = time_steps(bench, guess * 100.0 < SHORT_SECONDS ? 100 : (int64_t)(SHORT_SECONDS / guess) + 1);
  }
  bench_free(bench);
  memory_free(bench);
  return outcome;
}
