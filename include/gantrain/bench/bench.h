/* gantrain bench: one architecture measured on made-up or given images, and how it is reported. */
#ifndef GANTRAIN_BENCH_H
#define GANTRAIN_BENCH_H

#include "gantrain/options/options.h"
#include "gantrain/train/exchange.h"
#include "gantrain/train/feed.h"

#define BENCH_PARTS 5 /* the measured steps are timed in so many parts, between which the yardstick is */

/* Phases of a step as bench tells them apart: the Gan's, and filling the batch. */
enum { BENCH_PHASE_FEED = GAN_PHASES, BENCH_PHASES };

/* What is measured once a part; seconds are a step's. */
typedef enum BenchSeries {
  BENCH_STEP,       /* seconds */
  BENCH_IMAGES,     /* images/s over all ranks */
  BENCH_GFLOPS,     /* GFLOP/s a rank */
  BENCH_SGEMM,      /* OpenBLAS' sgemm 1024^3 on all ranks at once, GFLOP/s a rank */
  BENCH_GEMM,       /* the same by our own kernels */
  BENCH_SHARE,      /* of BENCH_GFLOPS in BENCH_SGEMM */
  BENCH_SHARE_GEMM, /* and in BENCH_GEMM */
  BENCH_WAITED,     /* seconds waiting for gradients */
  BENCH_STATISTICS, /* seconds in the sums of batch normalisation, which nothing hides */
  BENCH_MOVING,     /* seconds posting gradients and moving them along */
  BENCH_ALONE,      /* seconds that reducing the gradients takes when nothing else is done */
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
  bool overlap, exact;
  size_t parameters[2];      /* [GAN_G], [GAN_D] */
  double work[BENCH_PHASES]; /* multiply-adds an image */
  Spread series[BENCH_SERIES];
  double reduced_bytes; /* a step and rank; 0 with one rank */
  double peak_bytes;    /* largest of the ranks, of the whole program so far */
  uint64_t fingerprint; /* after all steps, warm-up included */
  int64_t last_step;
} BenchResult;

/* What the options ask for: images over all ranks and --data. */
typedef struct BenchPlan {
  const World *world;
  const char *data; /* NULL: made-up images of 28 x 28 x 1 */
  size_t batch;     /* a multiple of the ranks */
  int64_t steps;    /* 0: about two seconds' worth */
  bool overlap, exact;
  const Options *options; /* of the objective */
} BenchPlan;

/* Measure one architecture. Collective; the same outcome and result on all ranks. */
Status bench_measure(BenchResult *result, const BenchPlan *plan, const char *arch);

/* Images for `plan`, from its data, or made up (the same on any number of ranks): first which, then their
 * rows. Collective. Free with feed_free. */
Status bench_feed_open(Feed *feed, const BenchPlan *plan);
Status bench_feed_read(Feed *feed, const BenchPlan *plan);

/* The yardstick: GFLOP/s of this rank at 1024^3 by OpenBLAS and by our own kernels. */
typedef struct Yardstick {
  float *A, *B, *C; /* one allocation */
} Yardstick;

Status yardstick_create(Yardstick *yardstick); /* GT_FAILED: memory. Not collective */
void yardstick_free(Yardstick *yardstick);
/* The best of a few calls each. Collective, so that all ranks compute at once. */
void yardstick_measure(const Yardstick *yardstick, double *sgemm, double *own);

/* A clock between a Gan and its exchange: seconds by phase and in communication. */
typedef struct BenchClock {
  Gan *gan;
  Hooks exchange; /* the hooks it has taken the place of */
  double seconds[BENCH_PHASES];
  double waited, statistics, moving;
  int phase; /* -1: none */
  double since;
} BenchClock;

/* Take the place of the hooks that the gan's exchange has set. Without `overlap` nothing travels before the
 * gradients are waited for, and then everything at once: the same sums. */
void bench_clock_attach(BenchClock *clock, Gan *gan, bool overlap);
/* All seconds to zero. */
void bench_clock_reset(BenchClock *clock);
/* A phase begins; -1: none does. */
void bench_clock_enter(BenchClock *clock, int phase);
/* Seconds that a step's reductions take alone. Collective; the gan is finished; its gradients become zero. */
double bench_clock_reduce_alone(BenchClock *clock);

/* A phase of the Gan, or filling the batch: its row. */
const GanPhaseRow *bench_phase(int phase);

/* Multiply-adds of a step for one image. */
double bench_image_work(const BenchResult *result);
/* The part of the gradients' travel that did not hold the step up; NaN with one rank or without
 * overlap. Waiting for a slower rank counts as well. */
double bench_hidden(const BenchResult *result);
/* GFLOP/s of a rank inside a phase, by its median; NaN for a phase without products. */
double bench_phase_gflops(const BenchResult *result, int phase);

/* The result in words, by log_info. */
void bench_print(const BenchResult *result);
/* All results as JSON into `path`, "-" for standard output. Not collective. */
Status bench_write_json(const char *path, const BenchResult *results, int count);

#endif
