/* eval: choose data, judge and sets of images; then every figure, and its floor. */
#include "gantrain/quality/eval.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "eval_sets.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/quality/distances.h"
#include "gantrain/quality/image_statistics.h"

enum { SUBSET_SEED = 1, ROWS_MIN = 6 };

/* --- data and judge --- */

/* Rank 0: eval->data = what to compare with, DATASET_EMBEDDED for the embedded data. */
static Status find_data(Eval *eval, const EvalPlan *plan, const Source *source) {
  bool there = false;
  if (plan->data != NULL || source->data[0] != '\0') {
    return path_format(eval->data, "%s", plan->data != NULL ? plan->data : source->data);
  }
  GT_TRY(file_find(&there, DATASET_DEFAULT));
  return path_format(eval->data, "%s", there ? DATASET_DEFAULT : DATASET_EMBEDDED);
}

/* eval->data = what to compare with, "" for the embedded data. Rank 0's view of the disk counts. */
static Status choose_data(Eval *eval, const World *world, const EvalPlan *plan, const Source *source) {
  GT_TRY(comm_follow(world->rank == 0 ? find_data(eval, plan, source) : GT_OK));
  comm_broadcast(eval->data, sizeof eval->data);
  if (plan->data == NULL && strcmp(eval->data, DATASET_EMBEDDED) == 0) {
    eval->data[0] = '\0';
  }
  return GT_OK;
}

/* A judge that was made here is kept beside the data where that is possible. */
static Status make_judge(Eval *eval, const World *world, Images *data, bool quiet) {
  JudgePlan plan = {.epochs = JUDGE_EPOCHS, .seed = 1};
  if (!quiet) {
    log_info("judge: there is none for %s yet: training one, once, for %d epochs", data->name, plan.epochs);
  }
  GT_TRY(judge_train(&eval->judge, world, data, plan));
  if (world->rank == 0 && judge_write(&eval->judge, eval->judge_name, plan, eval->data) != GT_OK) {
    log_warn("the judge could not be kept, so the next eval makes it again: %s", status_message());
  }
  return GT_OK;
}

/* What was named, else what is there, else a new one, else random features. */
static Status choose_judge(Eval *eval, const World *world, Images *data, const EvalPlan *plan) {
  ImageRows first = {0};
  bool there = false;
  if (plan->judge != NULL) {
    GT_TRY(path_format(eval->judge_name, "%s", plan->judge));
    return judge_load(&eval->judge, world, plan->judge);
  }
  if (eval->data[0] == '\0') {
    GT_TRY(path_format(eval->judge_name, "built-in"));
    return judge_load(&eval->judge, world, NULL);
  }
  GT_TRY(judge_path(eval->judge_name, eval->data));
  GT_TRY(comm_follow(world->rank == 0 ? file_find(&there, eval->judge_name) : GT_OK));
  comm_broadcast(&there, sizeof there);
  if (there) {
    return judge_load(&eval->judge, world, eval->judge_name);
  }
  GT_TRY(comm_agree(images_load(data, DATASET_TRAIN, (Range){0, 1}, &first)));
  bool labelled = first.labels != NULL;
  image_rows_free(&first);
  bool tests = data->info.rows[DATASET_TEST] + data->info.rows[DATASET_VALIDATION] > 0;
  if (labelled && tests && data->info.rows[DATASET_TRAIN] >= JUDGE_TRAINING_MIN) {
    return make_judge(eval, world, data, plan->quiet);
  }
  eval->no_judge = !labelled ? "the data have no labels"
                   : !tests  ? "the data have no test or validation part"
                             : "there are too few training images";
  GT_TRY(path_format(eval->judge_name, "random features"));
  return comm_agree(judge_random(&eval->judge, data->info.image, 0));
}

static Status check_source(const Source *source, const Images *data) {
  Shape a = source->image, b = data->info.image;
  return a.h == b.h && a.w == b.w && a.c == b.c
             ? GT_OK
             : status_set(GT_USAGE,
                          "%s: images of %d x %d x %d, but %s holds %d x %d x %d; name their own by --data",
                          source->name, a.h, a.w, a.c, data->name, b.h, b.w, b.c);
}

static Status check_judge(const Eval *eval, const Images *data) {
  Shape a = eval->judge.image, b = data->info.image;
  return a.h == b.h && a.w == b.w && a.c == b.c
             ? GT_OK
             : status_set(GT_USAGE, "--judge %s: is for images of %d x %d x %d, these are %d x %d x %d",
                          eval->judge_name, a.h, a.w, a.c, b.h, b.w, b.c);
}

/* --- sets --- */

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* References that training did not see, where there are any; else the second half of the training part, and
 * the floor takes the first. */
static void choose_rows(Eval *eval, const Images *data, Choice *references, Choice *training) {
  size_t all = data->info.rows[DATASET_TRAIN];
  DatasetPart part = data->info.rows[DATASET_TEST] > 0 ? DATASET_TEST : DATASET_VALIDATION;
  *training = (Choice){.part = DATASET_TRAIN, .among = {0, all}};
  *references = (Choice){.part = part, .among = {0, data->info.rows[part]}, .look_for_nearest = true};
  eval->reference = part == DATASET_TEST ? "test" : "validation";
  if (data->info.rows[part] == 0) {
    eval->reference = "second half of the training";
    *training = (Choice){.part = DATASET_TRAIN, .among = {0, all / 2}};
    *references = (Choice){.part = DATASET_TRAIN, .among = {all / 2, all - all / 2}};
  }
  references->rows = least(EVAL_ROWS, references->among.count);
}

static Status measure_sets(Eval *eval, const World *world, Images *data, Source *source,
                           const EvalPlan *plan) {
  Choice references, training;
  choose_rows(eval, data, &references, &training);
  size_t usual = least(EVAL_ROWS, least(training.among.count, source->rows));
  size_t n = plan->n > 0 ? plan->n : usual;
  if (n > source->rows) {
    return status_set(GT_USAGE, "-n %zu: %s holds %zu images", n, source->name, source->rows);
  }
  training.rows = least(n, training.among.count);
  if (least(n, least(training.rows, references.rows)) < ROWS_MIN) {
    return status_set(GT_USAGE,
                      "%zu images against %zu of %s, and %zu for the floor: at least %d are needed of each",
                      n, references.rows, data->name, training.rows, ROWS_MIN);
  }
  Choice samples = {
      .source = source, .rows = n, .seed = plan->seed, .look_for_nearest = references.look_for_nearest};
  GT_TRY(set_measure(&eval->samples, world, &eval->judge, data, &samples));
  GT_TRY(set_measure(&eval->references, world, &eval->judge, data, &references));
  return set_measure(&eval->training, world, &eval->judge, data, &training);
}

/* --- figures --- */

static EvalFigure *figure(Eval *eval, const char *name, const char *better) {
  EvalFigure *new = &eval->figures[eval->figures_count++];
  *new = (EvalFigure){.name = name, .better = better, .value = NAN, .floor = NAN};
  return new;
}

static double *side_of(EvalFigure *figures, int side) {
  return side == 0 ? &figures->value : &figures->floor;
}

/* `side` 0: the samples against the references; 1: training images in their place. */
static Status compare_features(EvalFigure *figures, const World *world, const Eval *eval, int side) {
  const EvalSet *set = side == 0 ? &eval->samples : &eval->training;
  size_t F = judge_features(&eval->judge);
  Features a = {set->features, set->rows, F}, b = {eval->references.features, eval->references.rows, F};
  KernelDistance kernel;
  Neighbours near;
  GT_TRY(comm_agree(frechet_distance(side_of(&figures[0], side), &a, &b)));
  GT_TRY(kernel_distance(world, &kernel, &a, &b, SUBSET_SEED));
  GT_TRY(neighbours_measure(world, &near, &b, &a));
  const double values[] = {kernel.mean, kernel.spread, near.precision,
                           near.recall, near.density,  near.coverage};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    *side_of(&figures[1 + i], side) = values[i];
  }
  return GT_OK;
}

static Status compare_classes(EvalFigure *figures, Eval *eval, int side) {
  const EvalSet *set = side == 0 ? &eval->samples : &eval->training;
  size_t K = eval->judge.classes;
  double shares[JUDGE_CLASSES_MAX];
  Features logits = {set->logits, set->rows, K}, others = {eval->references.logits, eval->references.rows, K};
  GT_TRY(class_score(side_of(&figures[0], side), &logits));
  class_shares(shares, &logits);
  class_shares(eval->shares[1], &others);
  *side_of(&figures[1], side) = total_variation(shares, eval->shares[1], K);
  if (side == 0) {
    memcpy(eval->shares[0], shares, sizeof shares);
  }
  return GT_OK;
}

/* The mean over frequencies of how far the powers are apart, as a share of the references'. */
static double compare_spectra(const double *a, const double *b, size_t bins) {
  double sum = 0.0;
  for (size_t k = 0; k < bins; k++) {
    sum += fabs(a[k] - b[k]) / (b[k] > 0.0 ? b[k] : 1.0);
  }
  return bins > 0 ? sum / (double)bins : 0.0;
}

static void compare_images(EvalFigure *figures, const Eval *eval, int side) {
  const EvalSet *set = side == 0 ? &eval->samples : &eval->training;
  *side_of(&figures[0], side) = total_variation(set->histogram, eval->references.histogram, HISTOGRAM_BINS);
  *side_of(&figures[1], side) = compare_spectra(set->spectrum, eval->references.spectrum, eval->bins);
}

/* References in the place of samples have 0.5 by definition. */
static Status compare_memory(EvalFigure *new, const Eval *eval) {
  size_t n = eval->samples.rows, m = eval->references.rows;
  double *sorted = memory_alloc(n + m, sizeof *sorted);
  if (sorted == NULL) {
    return GT_FAILED;
  }
  memcpy(sorted, eval->samples.distance, n * sizeof *sorted);
  memcpy(sorted + n, eval->references.distance, m * sizeof *sorted);
  new->value = memorisation(sorted, n, sorted + n, m);
  new->floor = 0.5;
  memory_free(sorted);
  return GT_OK;
}

static Status measure_figures(Eval *eval, const World *world) {
  static const struct {
    const char *name, *better;
  } of_features[] = {{"frechet_distance", "lower"},  {"kernel_distance", "lower"},
                     {"kernel_distance_spread", ""}, {"precision", "higher"},
                     {"recall", "higher"},           {"density", "higher"},
                     {"coverage", "higher"}};
  EvalFigure *features = eval->figures + eval->figures_count;
  for (size_t i = 0; i < sizeof of_features / sizeof *of_features; i++) {
    figure(eval, of_features[i].name, of_features[i].better);
  }
  for (int side = 0; side < 2; side++) {
    GT_TRY(compare_features(features, world, eval, side));
  }
  if (eval->judge.classes > 0) {
    EvalFigure *classes = figure(eval, "class_score", "higher");
    figure(eval, "class_distance", "lower");
    GT_TRY(comm_agree(compare_classes(classes, eval, 0)));
    GT_TRY(comm_agree(compare_classes(classes, eval, 1)));
  }
  EvalFigure *images = figure(eval, "histogram_distance", "lower");
  figure(eval, "spectrum_distance", "lower");
  compare_images(images, eval, 0);
  compare_images(images, eval, 1);
  return eval->samples.distance == NULL
             ? GT_OK
             : comm_agree(compare_memory(figure(eval, "memorisation", "0.5"), eval));
}

static Status measure(Eval *eval, const World *world, const EvalPlan *plan, Source *source, Images *data) {
  eval->bins = spectrum_bins(data->info.image);
  GT_TRY(check_source(source, data));
  GT_TRY(choose_judge(eval, world, data, plan));
  GT_TRY(check_judge(eval, data));
  GT_TRY(measure_sets(eval, world, data, source, plan));
  return measure_figures(eval, world);
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
