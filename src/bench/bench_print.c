/* The result as text. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "gantrain/base/log.h"
#include "gantrain/bench/bench.h"

const GanPhaseRow *bench_phase(int phase) {
  static const GanPhaseRow feed = {.key = "feed", .words = "filling the batch", .player = -1, .on = ""};
  return phase == BENCH_PHASE_FEED ? &feed : &gan_phases[phase];
}

double bench_image_work(const BenchResult *result) {
  double work = 0.0;
  for (int phase = 0; phase < BENCH_PHASES; phase++) {
    work += result->work[phase];
  }
  return work;
}

double bench_hidden(const BenchResult *result) {
  double alone = result->series[BENCH_ALONE].median;
  return result->ranks > 1 && result->overlap && alone > 0.0
             ? 1.0 - result->series[BENCH_WAITED].median / alone
             : (double)NAN;
}

double bench_phase_gflops(const BenchResult *result, int phase) {
  double rows = (double)result->batch / result->ranks;
  double seconds = result->series[BENCH_PHASE + phase].median;
  return result->work[phase] > 0.0 ? 2e-9 * result->work[phase] * rows / seconds : (double)NAN;
}

/* Prints a name, the median, least and most in `unit` seconds (1 where they are no seconds) with `digits`
 * decimals, and `more`. */
static void print_row(const char *name, Spread spread, double unit, int digits, const char *more) {
  log_info("  %-28s %10.*f %10.*f .. %-10.*f %s", name, digits, spread.median * unit, digits,
           spread.min * unit, digits, spread.max * unit, more);
}

static void print_speed(const BenchResult *result) {
  const Spread *series = result->series;
  log_info("  %-28s %10s %10s .. %s", "", "median", "least", "most");
  print_row("images/s", series[BENCH_IMAGES], 1.0, 0, "");
  print_row("GFLOP/s per rank", series[BENCH_GFLOPS], 1.0, 1, "");
  print_row("sgemm 1024^3 by OpenBLAS", series[BENCH_SGEMM], 1.0, 1, "GFLOP/s per rank, all ranks at once");
  print_row("the same by our kernels", series[BENCH_GEMM], 1.0, 1, "");
  print_row("share of OpenBLAS' rate", series[BENCH_SHARE], 100.0, 1, "%");
  print_row("share of our kernels' rate", series[BENCH_SHARE_GEMM], 100.0, 1, "%");
}

static void print_phases(const BenchResult *result) {
  const Spread *series = result->series;
  print_row("step, ms", series[BENCH_STEP], 1e3, 3, "");
  for (int i = 0; i < BENCH_PHASES; i++) {
    int phase = (i + BENCH_PHASE_FEED) % BENCH_PHASES; /* the batch is filled first */
    char name[64], more[64], rate[32] = "";
    if (series[BENCH_PHASE + phase].max <= 0.0) {
      continue; /* no part of these steps */
    }
    double gflops = bench_phase_gflops(result, phase);
    if (!isnan(gflops)) {
      snprintf(rate, sizeof rate, "  %5.1f GFLOP/s", gflops);
    }
    snprintf(name, sizeof name, "  %s", bench_phase(phase)->words);
    snprintf(more, sizeof more, "%5.1f %%%s",
             100.0 * series[BENCH_PHASE + phase].median / series[BENCH_STEP].median, rate);
    print_row(name, series[BENCH_PHASE + phase], 1e3, 3, more);
  }
}

static void print_communication(const BenchResult *result) {
  const Spread *series = result->series;
  log_info("  %-28s %10.3f MB per step%s", "gradients reduced", result->reduced_bytes * 1e-6,
           result->overlap ? "" : ", none of it hidden (--no-overlap)");
  print_row("  reduced alone, ms", series[BENCH_ALONE], 1e3, 3, "");
  print_row("  waited for, ms", series[BENCH_WAITED], 1e3, 3, "");
  print_row("  started and driven, ms", series[BENCH_MOVING], 1e3, 3, "");
  if (result->overlap) {
    log_info("  %-28s %10.1f %% = 1 - waited for / reduced alone", "  hidden", 100.0 * bench_hidden(result));
  }
  print_row("batch statistics, ms", series[BENCH_STATISTICS], 1e3, 3,
            result->shard_statistics ? "of shards: what was not hidden of the sums for running statistics"
                                     : "summed over all ranks within the step, never hidden");
}

void bench_print(const BenchResult *result) {
  log_info(
      "%s: %d x %d x %d, %zu images per step on %d %s, %lld steps in %d parts; %.0f multiply-adds per image",
      result->arch, result->image.h, result->image.w, result->image.c, result->batch, result->ranks,
      result->ranks == 1 ? "rank" : "ranks", (long long)result->steps, result->parts,
      bench_image_work(result));
  print_speed(result);
  print_phases(result);
  if (result->ranks > 1) {
    print_communication(result);
  }
  log_info("  %-28s %10.1f MiB per rank at most, over the whole program so far", "memory",
           result->peak_bytes / 1048576.0);
  log_info("  fingerprint %016" PRIx64 " at step %lld", result->fingerprint, (long long)result->last_step);
}
