#include "gantrain/quality/monitor.h"

#include <string.h>

#include "eval_parts.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/memory_measure.h"
#include "gantrain/quality/image_statistics.h"
#include "spread.h"

#define CLASSES_USUAL 32              /* of labelled data, at most */
#define MATRICES 8                    /* of all features by all, for their covariances */
#define BLAS_BYTES ((size_t)32 << 20) /* of OpenBLAS */

struct Monitor {
  const World *world;
  Images data;
  Eval eval;
};

/* The nearest training images are not computed: that takes longer than all other figures together. */
static Status prepare(Monitor *monitor, const char *judge, bool asks) {
  Eval *eval = &monitor->eval;
  Choice references, training;
  eval_clear_figures(eval);
  eval->bins = spectrum_bins(monitor->data.info.image);
  GT_TRY(eval_choose_judge(eval, monitor->world, &monitor->data, judge, false));
  eval_choose_rows(eval, &monitor->data, DATASET_VALIDATION, MONITOR_ROWS, &references, &training);
  references.find_nearest = false;
  training.asks = asks;
  GT_TRY(eval_check_rows(MONITOR_ROWS, references.rows, training.rows, monitor->data.name));
  GT_TRY(set_measure(&eval->references, monitor->world, &eval->judge, &monitor->data, &references));
  GT_TRY(set_measure(&eval->training, monitor->world, &eval->judge, &monitor->data, &training));
  return eval_compare(eval, monitor->world, EVAL_FLOOR);
}

Status monitor_create(Monitor **result, const World *world, const char *data, const char *judge,
                      const Condition *condition) {
  Monitor *monitor = *result = memory_alloc(1, sizeof *monitor);
  GT_TRY(comm_agree(monitor == NULL ? GT_FAILED : GT_OK));
  monitor->world = world;
  Status outcome = path_format(monitor->eval.data, "%s", data == NULL ? "" : data);
  outcome = outcome == GT_OK ? images_open(&monitor->data, world, data) : outcome;
  outcome = outcome == GT_OK ? prepare(monitor, judge, condition != NULL) : outcome;
  if (outcome != GT_OK) {
    monitor_free(monitor);
    *result = NULL;
  }
  return outcome;
}

void monitor_free(Monitor *monitor) {
  if (monitor != NULL) {
    images_close(&monitor->data);
    eval_free(&monitor->eval);
    memory_free(monitor);
  }
}

Status monitor_measure(Monitor *monitor, double figures[FIGURES_COUNT], const Generator *generator,
                       uint64_t seed) {
  Eval *eval = &monitor->eval;
  Source source = {.generator = *generator};
  Choice samples = {
      .source = &source, .rows = MONITOR_ROWS, .seed = seed, .asks = generator->condition != NULL};
  source.image = generator->network->out;
  Status outcome = comm_agree(tape_create(&source.tape, generator->network, SOURCE_ROWS, TAPE_FORWARD));
  if (outcome == GT_OK) {
    outcome = set_measure(&eval->samples, monitor->world, &eval->judge, &monitor->data, &samples);
  }
  outcome = outcome == GT_OK ? eval_compare(eval, monitor->world, EVAL_SAMPLES) : outcome;
  for (int i = 0; i < FIGURES_COUNT; i++) {
    figures[i] = eval->figures[i].value;
  }
  tape_free(&source.tape);
  set_free(&eval->samples);
  return outcome;
}

/* The sets of references, training images and samples; images of one of them; what the distances take; and
 * what OpenBLAS keeps. */
static size_t sets_bytes(const World *world, const Judge *judge, Shape image) {
  size_t F = judge_features(judge), E = shape_count(image);
  size_t own = MONITOR_ROWS / (size_t)world->size + SPREAD_CHUNK;
  return 3 * MONITOR_ROWS * (F + CLASSES_USUAL) * sizeof(double) + own * E * sizeof(float) +
         MATRICES * F * F * sizeof(double) + BLAS_BYTES;
}

Status monitor_measure_memory(size_t *bytes, const World *world, const Network *generator) {
  size_t before = memory_measured();
  Judge judge = {0};
  Tape tape = {0};
  GT_TRY(judge_random(&judge, generator->out, 0));
  Status outcome = tape_create(&tape, generator, SOURCE_ROWS, TAPE_FORWARD);
  *bytes = memory_measured() - before + sets_bytes(world, &judge, generator->out);
  tape_free(&tape);
  judge_free(&judge);
  return outcome;
}

const Eval *monitor_eval(const Monitor *monitor) {
  return &monitor->eval;
}
