/* gantrain bench: how fast this program trains on this machine, with the same launch as for training. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/bench/bench.h"
#include "gantrain/math/blas.h"
#include "gantrain/math/gemm.h"

#define ROWS 256 /* images per rank where --batch is not given */

/* The architectures that are measured where --arch is not given. */
static const char *const usual[] = {"mlp", "dcgan"};
enum { USUAL = sizeof usual / sizeof *usual };

static Status make_plan(BenchPlan *plan, const World *world, const Options *options) {
  const OptionValue *batch = &options->value[OPTION_BENCH_BATCH];
  size_t ranks = (size_t)world->size;
  *plan = (BenchPlan){.world = world,
                      .data = options->value[OPTION_BENCH_DATA].text,
                      .batch = batch->given ? (size_t)batch->integer : ROWS * ranks,
                      .steps = options->value[OPTION_BENCH_STEPS].integer,
                      .options = options,
                      .overlap = !options->value[OPTION_NO_OVERLAP].given,
                      .exact = options->value[OPTION_EXACT].given};
  if (plan->batch % ranks != 0) {
    return status_set(GT_USAGE, "--batch %zu is not a multiple of the %zu ranks; try --batch %zu",
                      plan->batch, ranks, (plan->batch / ranks + 1) * ranks);
  }
  return GT_OK;
}

/* `quiet`: standard output is reserved for JSON. */
static Status measure_all(BenchResult *results, int *count, const BenchPlan *plan, const char *arch,
                          bool quiet) {
  *count = arch != NULL ? 1 : USUAL;
  for (int i = 0; i < *count; i++) {
    GT_TRY(bench_measure(&results[i], plan, arch != NULL ? arch : usual[i]));
    if (!quiet) {
      bench_print(&results[i]);
    }
  }
  return GT_OK;
}

Status cmd_bench(const World *world, Options *options) {
  BenchPlan plan;
  BenchResult results[USUAL];
  int count;
  const char *json = options->value[OPTION_JSON].text;
  bool quiet = json != NULL && strcmp(json, "-") == 0;
  GT_TRY(make_plan(&plan, world, options));
  GT_TRY(comm_agree(blas_load()));
  if (!quiet) {
    log_info("machine: %d %s, %s kernels, %s", world->size, world->size == 1 ? "rank" : "ranks",
             gemm_description(), blas_description());
  }
  if (world->shared) {
    log_warn(
        "ranks share cores, so these figures are not meaningful: start fewer ranks, or bind each to its own "
        "cores");
  }
  const char *arch = options->value[OPTION_BENCH_ARCH].text;
  if (options->value[OPTION_COSTS].given) {
    return json == NULL ? bench_costs(&plan, arch != NULL ? arch : "cnn")
                        : status_set(GT_USAGE, "--costs prints a table only: leave out --json");
  }
  GT_TRY(measure_all(results, &count, &plan, arch, quiet));
  bool write = json != NULL && world->rank == 0;
  return comm_follow(write ? bench_write_json(json, results, count) : GT_OK);
}
