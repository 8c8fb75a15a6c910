/* eval: chooses data, judge and sets of images, then measures every figure and its floor. */
#include "gantrain/quality/eval.h"

#include <string.h>

#include "eval_parts.h"
#include "gantrain/quality/image_statistics.h"

enum { ROWS_MIN = 6 };

/* --- data and judge --- */

/* Rank 0: eval->data = the data to compare with, DATASET_EMBEDDED for the embedded data. */
static Status find_data(Eval *eval, const EvalPlan *plan, const Source *source) {
  bool there = false;
  if (plan->data != NULL || source->data[0] != '\0') {
    return path_format(eval->data, "%s", plan->data != NULL ? plan->data : source->data);
  }
  GT_TRY(file_find(&there, DATASET_DEFAULT));
  return path_format(eval->data, "%s", there ? DATASET_DEFAULT : DATASET_EMBEDDED);
}

/* The same on all ranks: what rank 0 finds on its disk counts. "" stands for the embedded data. */
static Status choose_data(Eval *eval, const World *world, const EvalPlan *plan, const Source *source) {
  GT_TRY(comm_follow(world->rank == 0 ? find_data(eval, plan, source) : GT_OK));
  comm_broadcast(eval->data, sizeof eval->data);
  if (plan->data == NULL && strcmp(eval->data, DATASET_EMBEDDED) == 0) {
    eval->data[0] = '\0';
  }
  return GT_OK;
}

static Status check_source(const Source *source, const Images *data) {
  Shape a = source->image, b = data->info.image;
  return a.h == b.h && a.w == b.w && a.c == b.c
             ? GT_OK
             : status_set(GT_USAGE,
                          "%s: images of %d x %d x %d, but those of %s are %d x %d x %d; name the matching "
                          "data set by --data",
                          source->name, a.h, a.w, a.c, data->name, b.h, b.w, b.c);
}

/* --- sets --- */

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* References are images that training did not use, if there are any; else they are the second half of the
 * training part, and the floor uses the first half. */
void eval_choose_rows(Eval *eval, const Images *data, DatasetPart part, size_t most, Choice *references,
                      Choice *training) {
  size_t all = data->info.rows[DATASET_TRAIN];
  *training = (Choice){.part = DATASET_TRAIN, .among = {0, all}};
  *references = (Choice){.part = part, .among = {0, data->info.rows[part]}, .find_nearest = true};
  eval->reference = part == DATASET_TEST ? "test" : "validation";
  if (data->info.rows[part] == 0) {
    eval->reference = "second half of the training";
    *training = (Choice){.part = DATASET_TRAIN, .among = {0, all / 2}};
    *references = (Choice){.part = DATASET_TRAIN, .among = {all / 2, all - all / 2}};
  }
  references->rows = least(most, references->among.count);
  training->rows = least(most, training->among.count);
}

Status eval_check_rows(size_t samples, size_t references, size_t training, const char *data) {
  return least(samples, least(references, training)) >= ROWS_MIN
             ? GT_OK
             : status_set(GT_USAGE,
                          "%zu images, %zu references of %s and %zu images for the floor: at least %d of "
                          "each are needed",
                          samples, references, data, training, ROWS_MIN);
}

static Status measure_sets(Eval *eval, const World *world, Images *data, Source *source,
                           const EvalPlan *plan) {
  Choice references, training;
  DatasetPart part = data->info.rows[DATASET_TEST] > 0 ? DATASET_TEST : DATASET_VALIDATION;
  bool split = eval->judge.channels > 1;
  eval_choose_rows(eval, data, part, EVAL_ROWS, &references, &training);
  references.find_nearest = references.find_nearest && !split; /* new mixtures of old images */
  size_t usual = least(split ? EVAL_ROWS_MODES : EVAL_ROWS, least(training.among.count, source->rows));
  size_t n = plan->n > 0 ? plan->n : usual;
  if (n > source->rows) {
    return status_set(GT_USAGE, "-n %zu: %s holds %zu images", n, source->name, source->rows);
  }
  training.rows = least(n, training.among.count);
  training.asks = source->generator.condition != NULL;
  GT_TRY(eval_check_rows(n, references.rows, training.rows, data->name));
  Choice samples = {.source = source,
                    .rows = n,
                    .seed = plan->seed,
                    .find_nearest = references.find_nearest,
                    .asks = training.asks};
  MemoryNeed needs[] = {{"features", 0}, {"images", 0}};
  const Choice *choices[] = {&samples, &references, &training};
  for (int i = 0; i < 3; i++) {
    set_add_needs(needs, world, &eval->judge, data->info.image, choices[i]);
  }
  GT_TRY(comm_check_memory(needs, 2, "judge fewer images by -n, or use more machines"));
  GT_TRY(set_measure(&eval->samples, world, &eval->judge, data, &samples));
  GT_TRY(set_measure(&eval->references, world, &eval->judge, data, &references));
  return set_measure(&eval->training, world, &eval->judge, data, &training);
}

static Status measure(Eval *eval, const World *world, const EvalPlan *plan, Source *source, Images *data) {
  eval->bins = spectrum_bins(data->info.image);
  GT_TRY(check_source(source, data));
  GT_TRY(eval_choose_judge(eval, world, data, plan->judge, plan->quiet));
  GT_TRY(measure_sets(eval, world, data, source, plan));
  eval_clear_figures(eval);
  GT_TRY(eval_compare(eval, world, EVAL_SAMPLES));
  GT_TRY(eval_compare(eval, world, EVAL_FLOOR));
  return eval->samples.distance == NULL ? GT_OK : comm_agree(eval_compare_memory(eval));
}

Status eval_run(Eval *eval, const World *world, const EvalPlan *plan) {
  Source source;
  Images data = {0};
  memset(eval, 0, sizeof *eval);
  eval->samples.name = "samples";
  eval->references.name = "references";
  eval->training.name = "training";
  Status outcome = source_open(&source, world, plan->subject);
  if (outcome == GT_OK) {
    memcpy(eval->subject, source.name, sizeof eval->subject);
    eval->step = source.step;
    outcome = choose_data(eval, world, plan, &source);
  }
  if (outcome == GT_OK) {
    outcome = images_open(&data, world, eval->data[0] != '\0' ? eval->data : NULL);
  }
  if (outcome == GT_OK) {
    outcome = measure(eval, world, plan, &source, &data);
  }
  images_close(&data);
  source_close(&source);
  return outcome;
}

void eval_free(Eval *eval) {
  judge_free(&eval->judge);
  set_free(&eval->samples);
  set_free(&eval->references);
  set_free(&eval->training);
}
