/* The figures of eval: one set of images against the references. */
#include <math.h>
#include <string.h>

#include "eval_parts.h"
#include "gantrain/base/memory.h"
#include "gantrain/quality/distances.h"
#include "gantrain/quality/image_statistics.h"

enum { SUBSET_SEED = 1, MODES_MAX = 1 << 20 };

const FigureRow eval_figures[FIGURES_COUNT] = {
    [FIGURE_FRECHET] = {"frechet_distance", "fd", "lower"},
    [FIGURE_KERNEL] = {"kernel_distance", "kd", "lower"},
    [FIGURE_KERNEL_SPREAD] = {"kernel_distance_spread", "kd-spread", ""},
    [FIGURE_PRECISION] = {"precision", "precision", "higher"},
    [FIGURE_RECALL] = {"recall", "recall", "higher"},
    [FIGURE_DENSITY] = {"density", "density", "higher"},
    [FIGURE_COVERAGE] = {"coverage", "coverage", "higher"},
    [FIGURE_CLASS_SCORE] = {"class_score", "score", "higher"},
    [FIGURE_CLASS_DISTANCE] = {"class_distance", "classes", "lower"},
    [FIGURE_CONDITION] = {"condition_accuracy", "condition", "higher"},
    [FIGURE_HISTOGRAM] = {"histogram_distance", "histogram", "lower"},
    [FIGURE_SPECTRUM] = {"spectrum_distance", "spectrum", "lower"},
    [FIGURE_MEMORISATION] = {"memorisation", "memorisation", "0.5"},
    [FIGURE_MODES] = {"modes", "modes", "higher"},
    [FIGURE_MODE_DIVERGENCE] = {"mode_divergence", "kl", "lower"},
};

static const EvalSet *set_of(const Eval *eval, EvalSide side) {
  return side == EVAL_SAMPLES ? &eval->samples : &eval->training;
}

static double *side_of(Eval *eval, Figure figure, EvalSide side) {
  return side == EVAL_SAMPLES ? &eval->figures[figure].value : &eval->figures[figure].floor;
}

void eval_clear_figures(Eval *eval) {
  for (int i = 0; i < FIGURES_COUNT; i++) {
    eval->figures[i] = (EvalFigure){.value = (double)NAN, .floor = (double)NAN};
  }
}

static Status compare_features(Eval *eval, const World *world, EvalSide side) {
  const EvalSet *set = set_of(eval, side);
  size_t F = judge_features(&eval->judge), rows = set->rows;
  if (eval->judge.channels > 1 && rows > EVAL_ROWS) {
    rows = EVAL_ROWS; /* modes need more rows than the rest, which costs the square of them */
  }
  Features a = {set->features, rows, F}, b = {eval->references.features, eval->references.rows, F};
  KernelDistance kernel;
  Neighbours near;
  GT_TRY(comm_agree(frechet_distance(side_of(eval, FIGURE_FRECHET, side), &a, &b)));
  GT_TRY(kernel_distance(world, &kernel, &a, &b, SUBSET_SEED));
  GT_TRY(neighbours_measure(world, &near, &b, &a));
  const double values[] = {kernel.mean, kernel.spread, near.precision,
                           near.recall, near.density,  near.coverage};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    *side_of(eval, (Figure)(FIGURE_KERNEL + i), side) = values[i];
  }
  return GT_OK;
}

static Status compare_classes(Eval *eval, EvalSide side) {
  const EvalSet *set = set_of(eval, side);
  size_t K = eval->judge.classes;
  double shares[JUDGE_CLASSES_MAX];
  Features logits = {set->logits, set->rows, K}, others = {eval->references.logits, eval->references.rows, K};
  GT_TRY(class_score(side_of(eval, FIGURE_CLASS_SCORE, side), &logits));
  class_shares(shares, &logits);
  class_shares(eval->shares[1], &others);
  *side_of(eval, FIGURE_CLASS_DISTANCE, side) = total_variation(shares, eval->shares[1], K);
  if (side == EVAL_SAMPLES) {
    memcpy(eval->shares[0], shares, sizeof shares);
  }
  if (set->asked != NULL) {
    double right[JUDGE_CLASSES_MAX];
    *side_of(eval, FIGURE_CONDITION, side) =
        class_agreement(side == EVAL_SAMPLES ? eval->right : right, &logits, set->asked);
  }
  return GT_OK;
}

size_t eval_modes(const Judge *judge) {
  size_t modes = 1;
  for (int c = 0; c < judge->channels && modes <= MODES_MAX; c++) {
    modes *= judge->classes;
  }
  return modes <= MODES_MAX ? modes : 0;
}

static Status compare_modes(Eval *eval, EvalSide side) {
  const EvalSet *set = set_of(eval, side);
  size_t modes = eval_modes(&eval->judge), *counts = memory_alloc(modes + 1, sizeof *counts);
  if (counts == NULL) {
    return GT_FAILED;
  }
  if (modes > 0) {
    Features logits = {set->logits, set->rows, eval->judge.classes};
    count_modes(counts, &logits, (size_t)eval->judge.channels);
    *side_of(eval, FIGURE_MODES, side) = (double)modes_seen(counts, modes);
    *side_of(eval, FIGURE_MODE_DIVERGENCE, side) = modes_divergence(counts, modes, set->rows);
  }
  memory_free(counts);
  return GT_OK;
}

/* The mean relative difference of the powers over all frequencies, against those of the references. */
static double compare_spectra(const double *a, const double *b, size_t bins) {
  double sum = 0.0;
  for (size_t k = 0; k < bins; k++) {
    sum += fabs(a[k] - b[k]) / (b[k] > 0.0 ? b[k] : 1.0);
  }
  return bins > 0 ? sum / (double)bins : 0.0;
}

static void compare_images(Eval *eval, EvalSide side) {
  const EvalSet *set = set_of(eval, side);
  *side_of(eval, FIGURE_HISTOGRAM, side) =
      total_variation(set->histogram, eval->references.histogram, HISTOGRAM_BINS);
  *side_of(eval, FIGURE_SPECTRUM, side) =
      compare_spectra(set->spectrum, eval->references.spectrum, eval->bins);
}

/* The memorisation of the references themselves is 0.5 by definition. */
Status eval_compare_memory(Eval *eval) {
  size_t n = eval->samples.rows, m = eval->references.rows;
  double *sorted = memory_alloc(n + m, sizeof *sorted);
  if (sorted == NULL) {
    return GT_FAILED;
  }
  memcpy(sorted, eval->samples.distance, n * sizeof *sorted);
  memcpy(sorted + n, eval->references.distance, m * sizeof *sorted);
  eval->figures[FIGURE_MEMORISATION].value = memorisation(sorted, n, sorted + n, m);
  eval->figures[FIGURE_MEMORISATION].floor = 0.5;
  memory_free(sorted);
  return GT_OK;
}

Status eval_compare(Eval *eval, const World *world, EvalSide side) {
  GT_TRY(compare_features(eval, world, side));
  compare_images(eval, side);
  if (eval->judge.channels > 1) {
    return comm_agree(compare_modes(eval, side));
  }
  return comm_agree(eval->judge.classes > 0 ? compare_classes(eval, side) : GT_OK);
}
