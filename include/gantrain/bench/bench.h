/* gantrain bench: measures one architecture on synthetic or given images, and prints or writes the result. */
#ifndef GANTRAIN_BENCH_H
#define GANTRAIN_BENCH_H

#include "gantrain/options/options.h"
#include "gantrain/train/exchange.h"
#include "gantrain/train/feed.h"

#define BENCH_PARTS \
  5 /* the measured steps are timed in so many parts; the reference product is measured between them */

/* Phases of a step in bench: those of the Gan, and filling the batch. */
enum { BENCH_PHASE_FEED = GAN_PHASES, BENCH_PHASES };

/* What is measured in each part; seconds are those of one step. */
typedef enum BenchSeries {
  BENCH_STEP,       /* seconds */
  BENCH_IMAGES,     /* images/s over all ranks */
  BENCH_GFLOPS,     /* GFLOP/s per rank */
  BENCH_SGEMM,      /* OpenBLAS' sgemm 1024^3 on all ranks at once, GFLOP/s per rank */
  BENCH_GEMM,       /* the same by our kernels */
  BENCH_SHARE,      /* BENCH_GFLOPS / BENCH_SGEMM */
  BENCH_SHARE_GEMM, /* BENCH_GFLOPS / BENCH_GEMM */
  BENCH_WAITED,     /* seconds that the step waits for gradients */
  BENCH_STATISTICS, /* seconds in the sums of batch normalisation; nothing hides those of the whole batch */
  BENCH_MOVING,     /* seconds spent starting the reduction of gradients and driving its progress */
  BENCH_ALONE,      /* seconds that reducing the gradients takes when nothing else runs */
  BENCH_PHASE,      /* seconds in phase 0, and so on */
  BENCH_SERIES = BENCH_PHASE + BENCH_PHASES
} BenchSeries;

typedef struct Spread {
  double median, min, max;
} Spread;

typedef struct BenchResult {
  const char *arch;
  Shape image;
  int ranks;
  size_t batch; /* over all ranks */
  int64_t steps;
  int parts;
  bool overlap, exact, shard_statistics;
  size_t parameters[2];      /* [GAN_G], [GAN_D] */
  double work[BENCH_PHASES]; /* multiply-adds per image */
  Spread series[BENCH_SERIES];
  double reduced_bytes; /* per step and rank; 0 with one rank */
  double peak_bytes;    /* largest of the ranks, over the whole program so far */
  uint64_t fingerprint; /* after all steps, warm-up included */
  int64_t last_step;
} BenchResult;

/* What the options ask for. */
typedef struct BenchPlan {
  const World *world;
  const char *data; /* --data; NULL: synthetic images of 28 x 28 x 1 */
  size_t batch;     /* over all ranks, a multiple of their number */
  int64_t steps;    /* 0: as many as take about two seconds */
  bool overlap, exact;
  const Options *options; /* of the objective */
} BenchPlan;

/* Measure one architecture. Collective; the same outcome and result on all ranks. */
Status bench_measure(BenchResult *result, const BenchPlan *plan, const char *arch);

/* Seconds per step of the slowest rank, by about half a second of steps. Collective, likewise. */
Status bench_step_seconds(double *seconds, const BenchPlan *plan, const char *arch);

/* What each loss, penalty and other choice of D's view costs per step, as a ratio to cross-entropy alone, and
 * what a measurement of --eval-every costs; in words, by log_info. Collective, likewise. */
Status bench_costs(const BenchPlan *plan, const char *arch);

/* Images for `plan`, from its data, or made up (the same on any number of ranks): first which, then their
 * rows. Collective. Free with feed_free. */
Status bench_feed_open(Feed *feed, const BenchPlan *plan);
Status bench_feed_read(Feed *feed, const BenchPlan *plan);

/* The reference speed: matrices for products of 1024^3 by OpenBLAS and by our own kernels. */
typedef struct Yardstick {
  float *A, *B, *C; /* one allocation */
} Yardstick;

Status yardstick_create(Yardstick *yardstick); /* GT_FAILED: memory. Not collective */
void yardstick_free(Yardstick *yardstick);
/* GFLOP/s of this rank, the best of a few calls each. Collective, so that all ranks compute at once. */
void yardstick_measure(const Yardstick *yardstick, double *sgemm, double *own);

/* A clock between a Gan and its exchange: seconds per phase and in communication. */
typedef struct BenchClock {
  Gan *gan;
  Hooks exchange; /* the hooks that it replaces */
  double seconds[BENCH_PHASES];
  double waited, statistics, moving;
  int phase; /* -1: none */
  double since;
} BenchClock;

/* Replace the hooks that the exchange has set in the Gan. Without `overlap` the gradients are sent only
 * when they are waited for, all at once; the sums are the same. */
void bench_clock_attach(BenchClock *clock, Gan *gan, bool overlap);
/* Set all seconds to zero. */
void bench_clock_reset(BenchClock *clock);
/* Enter a phase; -1: leave it. */
void bench_clock_enter(BenchClock *clock, int phase);
/* Seconds that the reductions of a step take alone. Collective. Call it when the Gan is no longer used:
 * its gradients become zero. */
double bench_clock_reduce_alone(BenchClock *clock);

/* The row of a phase of the Gan, or of filling the batch. */
const GanPhaseRow *bench_phase(int phase);

/* Of n values, at least 1 and at most BENCH_PARTS. */
Spread bench_spread(const double *values, int n);
/* Multiply-adds of a step per image. */
double bench_image_work(const BenchResult *result);
/* The part of the reduction of the gradients that did not delay the step; NaN with one rank or without
 * overlap. Waiting for a slower rank counts as delay. */
double bench_hidden(const BenchResult *result);
/* GFLOP/s of a rank in a phase, by its median; NaN for a phase without products. */
double bench_phase_gflops(const BenchResult *result, int phase);

/* Print the result by log_info. */
void bench_print(const BenchResult *result);
/* Write all results as JSON to `path`, "-" for standard output. Not collective. */
Status bench_write_json(const char *path, const BenchResult *results, int count);

#endif
