#include "gantrain/quality/monitor.h"

#include <string.h>

#include "eval_parts.h"
#include "gantrain/base/memory.h"
#include "gantrain/quality/image_statistics.h"

struct Monitor {
  const World *world;
  Images data;
  Eval eval;
};

/* Nearest training images are not looked for: that takes longer than all the rest. */
static Status prepare(Monitor *monitor, const char *judge) {
  Eval *eval = &monitor->eval;
  Choice references, training;
  eval_clear_figures(eval);
  eval->bins = spectrum_bins(monitor->data.info.image);
  GT_TRY(eval_choose_judge(eval, monitor->world, &monitor->data, judge, false));
  eval_choose_rows(eval, &monitor->data, DATASET_VALIDATION, MONITOR_ROWS, &references, &training);
  references.look_for_nearest = false;
  GT_TRY(eval_check_rows(MONITOR_ROWS, references.rows, training.rows, monitor->data.name));
  GT_TRY(set_measure(&eval->references, monitor->world, &eval->judge, &monitor->data, &references));
  GT_TRY(set_measure(&eval->training, monitor->world, &eval->judge, &monitor->data, &training));
  return eval_compare(eval, monitor->world, EVAL_FLOOR);
}

Status monitor_create(Monitor **result, const World *world, const char *data, const char *judge) {
  Monitor *monitor = *result = memory_alloc(1, sizeof *monitor);
  GT_TRY(comm_agree(monitor == NULL ? GT_FAILED : GT_OK));
  monitor->world = world;
  Status outcome = path_format(monitor->eval.data, "%s", data == NULL ? "" : data);
  outcome = outcome == GT_OK ? images_open(&monitor->data, world, data) : outcome;
  outcome = outcome == GT_OK ? prepare(monitor, judge) : outcome;
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
  Choice samples = {.source = &source, .rows = MONITOR_ROWS, .seed = seed};
  source.image = generator->network->out;
  Status outcome = comm_agree(tape_create(&source.tape, generator->network, SOURCE_ROWS, false));
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

const Eval *monitor_eval(const Monitor *monitor) {
  return &monitor->eval;
}
