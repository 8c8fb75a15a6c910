#include "eval_sets.h"

#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/quality/image_statistics.h"
#include "spread.h"

/* One rank's part of a set. */
typedef struct Part {
  Range own;       /* rows of the set */
  float *x;        /* (own.count, image) */
  double *spectra; /* [chunks of the set, bins]; each chunk's sum is computed by one rank */
  int64_t counts[HISTOGRAM_BINS];
} Part;

/* Row i of the set is row i + shift of the data. The shift grows from one run of SPREAD_CHUNK rows to the
 * next, so that all classes occur whatever the order of the data. */
static size_t run_start(const Choice *choice, size_t chunk, size_t chunks) {
  size_t spare = choice->among.count - choice->rows;
  return choice->among.first + chunk * SPREAD_CHUNK + (chunks > 1 ? spare * chunk / (chunks - 1) : 0);
}

static Status read_rows(Part *part, Images *data, const Choice *choice) {
  size_t E = shape_count(data->info.image), chunks = spread_chunks(choice->rows, SPREAD_CHUNK);
  if (choice->source != NULL) {
    return source_read(choice->source, part->x, part->own, data, choice->seed);
  }
  for (size_t done = 0; done < part->own.count; done += SPREAD_CHUNK) {
    size_t left = part->own.count - done, count = left < SPREAD_CHUNK ? left : SPREAD_CHUNK;
    size_t start = run_start(choice, (part->own.first + done) / SPREAD_CHUNK, chunks);
    GT_TRY(images_read(data, part->x + done * E, choice->part, (Range){start, count}));
  }
  return GT_OK;
}

/* Labels of the rows; -1 where the data have none. */
static Status read_labels(double *asked, Images *data, DatasetPart part, Range rows) {
  uint8_t labels[SPREAD_CHUNK];
  bool present;
  GT_TRY(dataset_read_labels(data->dataset, part, rows.first, rows.count, labels, &present));
  for (size_t i = 0; i < rows.count; i++) {
    asked[i] = present ? (double)labels[i] : -1.0;
  }
  return GT_OK;
}

/* The classes that this rank's rows are to be of. */
static Status read_asked(double *asked, const Part *part, Images *data, const Choice *choice) {
  size_t chunks = spread_chunks(choice->rows, SPREAD_CHUNK);
  for (size_t done = 0; done < part->own.count; done += SPREAD_CHUNK) {
    size_t left = part->own.count - done, count = left < SPREAD_CHUNK ? left : SPREAD_CHUNK;
    size_t first = part->own.first + done;
    if (choice->source != NULL) {
      source_classes(asked + first, choice->source, (Range){first, count}, choice->seed);
    } else {
      size_t start = run_start(choice, first / SPREAD_CHUNK, chunks);
      GT_TRY(read_labels(asked + first, data, choice->part, (Range){start, count}));
    }
  }
  return GT_OK;
}

static void compute_statistics(Part *part, Shape image, double *scratch) {
  size_t E = shape_count(image), bins = spectrum_bins(image);
  double *one = scratch + spectrum_scratch(image);
  pixel_histogram(part->counts, part->x, part->own.count * E);
  for (size_t i = 0; i < part->own.count; i++) {
    double *sum = part->spectra + (part->own.first + i) / SPREAD_CHUNK * bins;
    radial_spectrum(one, part->x + i * E, image, scratch);
    for (size_t k = 0; k < bins; k++) {
      sum[k] += one[k];
    }
  }
}

static Status compute_nearest(EvalSet *set, const Part *part, Images *data) {
  Nearest nearest;
  GT_TRY(nearest_find(&nearest, data, part->x, part->own.count));
  for (size_t i = 0; i < part->own.count; i++) {
    set->nearest[part->own.first + i] = (double)nearest.row[i];
    set->distance[part->own.first + i] = nearest.distance[i];
  }
  nearest_free(&nearest);
  return GT_OK;
}

/* All numbers of this rank's rows. */
static Status compute(EvalSet *set, Part *part, Judge *judge, Images *data, const Choice *choice) {
  Shape image = data->info.image;
  size_t first = part->own.first, F = judge_features(judge), K = judge_logits(judge);
  double *scratch = memory_alloc(spectrum_scratch(image) + spectrum_bins(image), sizeof *scratch);
  Status outcome = scratch == NULL ? GT_FAILED : read_rows(part, data, choice);
  if (outcome == GT_OK) {
    compute_statistics(part, image, scratch);
    judge_predict(judge, set->features + first * F, K > 0 ? set->logits + first * K : NULL, part->x,
                  part->own.count);
    outcome = set->asked != NULL ? read_asked(set->asked, part, data, choice) : GT_OK;
    outcome = outcome == GT_OK && set->nearest != NULL ? compute_nearest(set, part, data) : outcome;
  }
  memory_free(scratch);
  return outcome;
}

static void collect(EvalSet *set, Part *part, const Judge *judge, Shape image) {
  size_t bins = spectrum_bins(image), chunks = spread_chunks(set->rows, SPREAD_CHUNK);
  double pixels = (double)set->rows * (double)shape_count(image);
  spread_collect(set->features, set->rows * judge_features(judge));
  spread_collect(set->logits, set->rows * judge_logits(judge));
  if (set->asked != NULL) {
    spread_collect(set->asked, set->rows);
  }
  if (set->nearest != NULL) {
    spread_collect(set->nearest, set->rows);
    spread_collect(set->distance, set->rows);
  }
  comm_sum_i64(part->counts, HISTOGRAM_BINS);
  for (int i = 0; i < HISTOGRAM_BINS; i++) {
    set->histogram[i] = (double)part->counts[i] / pixels;
  }
  spread_collect(part->spectra, chunks * bins);
  for (size_t c = 0; c < chunks; c++) {
    for (size_t k = 0; k < bins; k++) {
      set->spectrum[k] += part->spectra[c * bins + k] / (double)set->rows;
    }
  }
}

static Status allocate(EvalSet *set, Part *part, const Judge *judge, Shape image, const Choice *choice) {
  size_t bins = spectrum_bins(image);
  set->features = memory_alloc(set->rows * judge_features(judge), sizeof *set->features);
  set->logits = memory_alloc(set->rows * judge_logits(judge), sizeof *set->logits);
  set->spectrum = memory_alloc(bins, sizeof *set->spectrum);
  part->x = memory_alloc(part->own.count * shape_count(image), sizeof *part->x);
  part->spectra = memory_alloc(spread_chunks(set->rows, SPREAD_CHUNK) * bins, sizeof *part->spectra);
  bool fine = set->features != NULL && set->logits != NULL && set->spectrum != NULL && part->x != NULL &&
              part->spectra != NULL;
  if (fine && choice->asks) {
    set->asked = memory_alloc(set->rows, sizeof *set->asked);
    fine = set->asked != NULL;
  }
  if (fine && choice->find_nearest) {
    set->nearest = memory_alloc(set->rows, sizeof *set->nearest);
    set->distance = memory_alloc(set->rows, sizeof *set->distance);
    fine = set->nearest != NULL && set->distance != NULL;
  }
  return fine ? GT_OK : GT_FAILED;
}

void set_add_needs(MemoryNeed needs[2], const World *world, const Judge *judge, Shape image,
                   const Choice *choice) {
  size_t numbers = 2 * judge_features(judge) + judge_logits(judge) + 10, E = shape_count(image);
  size_t own = spread_rows(world, choice->rows, SPREAD_CHUNK).count;
  needs[0].bytes += choice->rows * numbers * sizeof(double);
  needs[1].bytes = own * E * sizeof(float) > needs[1].bytes ? own * E * sizeof(float) : needs[1].bytes;
}

Status set_measure(EvalSet *set, const World *world, Judge *judge, Images *data, const Choice *choice) {
  Part part = {.own = spread_rows(world, choice->rows, SPREAD_CHUNK)};
  set->rows = choice->rows;
  Status outcome = allocate(set, &part, judge, data->info.image, choice);
  outcome = comm_agree(outcome == GT_OK ? compute(set, &part, judge, data, choice) : outcome);
  if (outcome == GT_OK) {
    collect(set, &part, judge, data->info.image);
  }
  memory_free(part.x);
  memory_free(part.spectra);
  return outcome;
}

void set_free(EvalSet *set) {
  void *blocks[] = {set->features, set->logits, set->nearest, set->distance, set->spectrum, set->asked};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
    memory_free(blocks[i]);
  }
  set->features = set->logits = set->nearest = set->distance = set->spectrum = set->asked = NULL;
}
