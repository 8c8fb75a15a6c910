/* What the choices of an objective cost per step, and what a measurement of quality does. To add one: a row.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/bench/bench.h"
#include "gantrain/options/option_table.h"
#include "gantrain/quality/monitor.h"

#define ROUNDS 3

/* As they would be typed. The first is what the others are compared with, in every round. */
static const char *const rows[] = {"--loss cross-entropy",
                                   "--loss minimax",
                                   "--loss least-squares",
                                   "--loss hinge",
                                   "--loss rpgan",
                                   "--loss wasserstein --gradient-penalty 10",
                                   "--r1 1",
                                   "--r2 1",
                                   "--loss rpgan --r1 1 --r2 1",
                                   "--gradient-penalty 10",
                                   "--lipschitz-cap 10",
                                   "--spectral-norm",
                                   "--pack 2",
                                   "--augment translation,cutout",
                                   "--reuse-fakes",
                                   "--d-steps 2"};
enum { ROWS = sizeof rows / sizeof *rows };

/* The options of a row, into options that have their defaults. */
static Status read_row(Options *options, const char *line) {
  char text[128], *rest = NULL;
  snprintf(text, sizeof text, "%s", line);
  for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
    const OptionRow *row = option_find(word + 2, &commands[COMMAND_BENCH]);
    if (row == NULL) {
      return status_set(GT_FAILED, "bench has no option %s", word);
    }
    const char *value = row->type == OPTION_FLAG ? "yes" : strtok_r(NULL, " ", &rest);
    GT_TRY(option_read(&options->value[option_key(row)], row,
                       row->type == OPTION_FLAG ? value : option_keep_text(option_key(row), value), word));
    options->value[option_key(row)].given = true;
  }
  return GT_OK;
}

/* Seconds and ratio of every row, medians over the rounds. */
static Status time_rows(double seconds[ROWS][ROUNDS], double ratios[ROWS][ROUNDS], const BenchPlan *plan,
                        const char *arch) {
  Options *options = memory_alloc(1, sizeof *options);
  GT_TRY(comm_agree(options == NULL ? GT_FAILED : GT_OK));
  Status outcome = GT_OK;
  for (int i = 0; i < ROUNDS * ROWS && outcome == GT_OK; i++) {
    int row = i % ROWS, round = i / ROWS;
    BenchPlan one = *plan;
    *options = *plan->options;
    one.options = options;
    outcome = read_row(options, rows[row]);
    if (outcome == GT_OK) {
      outcome = bench_step_seconds(&seconds[row][round], &one, arch);
    }
    if (outcome == GT_USAGE && row > 0) { /* not with these networks or this batch */
      seconds[row][round] = (double)NAN;
      outcome = GT_OK;
    }
    ratios[row][round] = seconds[row][round] / seconds[0][round];
  }
  memory_free(options);
  return outcome;
}

/* Of images of the size that the data have, made by a generator as it begins. */
static Status time_measurement(double *seconds, const BenchPlan *plan, const char *arch) {
  Architecture architecture;
  Network network;
  Monitor *monitor = NULL;
  double figures[FIGURES_COUNT];
  GT_TRY(monitor_create(&monitor, plan->world, plan->data, NULL, NULL));
  const Judge *judge = &monitor_eval(monitor)->judge;
  Shape image = judge->image;
  image.c *= judge->channels;
  Status outcome = architecture_find(&architecture, arch, image);
  outcome = outcome == GT_OK ? architecture_build(&network, &architecture, GAN_G, image) : outcome;
  if (outcome == GT_OK) {
    float *params = arena_block(&network.params), *running = arena_block(&network.running);
    outcome = comm_agree(params == NULL || running == NULL ? GT_FAILED : GT_OK);
    if (outcome == GT_OK) {
      Generator generator = {.network = &network, .params = params, .running = running};
      network_init(&network, params, running, 1, RNG_INIT_GENERATOR);
      double start = clock_now();
      outcome = monitor_measure(monitor, figures, &generator, 1);
      *seconds = clock_now() - start;
      comm_max(seconds, 1);
    }
    memory_free(params);
    memory_free(running);
  }
  monitor_free(monitor);
  return outcome;
}

static void print(const double seconds[ROWS][ROUNDS], const double ratios[ROWS][ROUNDS], double measurement) {
  for (int i = 0; i < ROWS; i++) {
    if (isnan(ratios[i][0])) {
      log_info("  %-44s not possible with these networks and this batch", rows[i]);
      continue;
    }
    Spread ratio = bench_spread(ratios[i], ROUNDS);
    log_info("  %-44s %10.3f ms a step, ratio %.2f (%.2f .. %.2f)", rows[i],
             1e3 * bench_spread(seconds[i], ROUNDS).median, ratio.median, ratio.min, ratio.max);
  }
  for (int every = 100; every <= 10000; every *= 10) {
    double training = every * bench_spread(seconds[0], ROUNDS).median;
    log_info("  --eval-every %-31d %10.3f s a measurement, %.1f %% of the time", every, measurement,
             100.0 * measurement / (measurement + training));
  }
}

Status bench_costs(const BenchPlan *plan, const char *arch) {
  double seconds[ROWS][ROUNDS], ratios[ROWS][ROUNDS], measurement = 0.0;
  GT_TRY(time_rows(seconds, ratios, plan, arch));
  GT_TRY(time_measurement(&measurement, plan, arch));
  log_info("%s: %zu images a step; ratios to the first, medians of %d rounds (least .. most)", arch,
           plan->batch, ROUNDS);
  print(seconds, ratios, measurement);
  return GT_OK;
}
