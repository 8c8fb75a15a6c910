#include "recorder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backlog.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/memory_measure.h"
#include "gantrain/base/patience.h"
#include "gantrain/base/worker.h"
#include "gantrain/comm/watchdog.h"
#include "gantrain/math/kernels.h"

#define ROWS_MAX 4096

static const char *const metric_names[METRIC_QUALITY] = {
    [METRIC_EPOCH] = "epoch",
    [METRIC_D_LOSS] = "d_loss",
    [METRIC_D_LOSS_REAL] = "d_loss_real",
    [METRIC_D_LOSS_FAKE] = "d_loss_fake",
    [METRIC_G_LOSS] = "g_loss",
    [METRIC_D_REAL] = "d_real",
    [METRIC_D_FAKE] = "d_fake",
    [METRIC_D_ACCURACY] = "d_accuracy",
    [METRIC_IMAGES_PER_S] = "images_per_s",
    [METRIC_G_LR] = "g_lr",
    [METRIC_D_LR] = "d_lr",
    [METRIC_D_SLOPE_REAL] = "d_slope_real",
    [METRIC_D_SLOPE_FAKE] = "d_slope_fake",
    [METRIC_D_SLOPE_BETWEEN] = "d_slope_between",
};

const char *const *metric_series(void) {
  static const char *names[METRICS_COUNT];
  for (int m = 0; m < METRICS_COUNT; m++) {
    names[m] = m < METRIC_QUALITY ? metric_names[m] : eval_figures[m - METRIC_QUALITY].name;
  }
  return names;
}

/* Rows of metrics on their way to the file. */
typedef struct Rows {
  size_t count;
  int64_t *steps;
  double *values; /* (ROWS_MAX, METRICS_COUNT) */
} Rows;

struct Recorder {
  const Gan *gan;
  const Plan *plan;
  char checkpoints[GT_PATH_MAX];
  char waiting[WATCHDOG_WHAT_MAX]; /* "waiting for the files in DIR on host H, disk D" */
  Worker *worker;
  Rows rows[2]; /* one is filled while the other is written */
  int filling;
  Backlog backlog;
  /* What the worker writes: */
  CheckpointInfo info;
  BestList best;
  Attributes record; /* of the checkpoint */
  bool checkpoint;
  SampleKind sample;
  State copy;
  Tape tape;         /* of the generator, for `samples` images */
  uint8_t *images;   /* (samples, image) */
  float *latents;    /* (samples, latent) */
  float *conditions; /* (samples, condition) */
};

static Status allocate_buffers(Recorder *recorder) {
  const Gan *gan = recorder->gan;
  bool complete = true;
  for (int i = 0; i < 2; i++) {
    recorder->rows[i].steps = memory_alloc(ROWS_MAX, sizeof(int64_t));
    recorder->rows[i].values = memory_alloc((size_t)ROWS_MAX * METRICS_COUNT, sizeof(double));
    complete = complete && recorder->rows[i].steps != NULL && recorder->rows[i].values != NULL;
  }
  GT_TRY(state_create_like(&recorder->copy, &gan->state));
  recorder->images = memory_alloc(recorder->plan->samples * shape_count(gan->image), 1);
  recorder->latents = memory_alloc(recorder->plan->samples * gan->latent, sizeof(float));
  recorder->conditions = memory_alloc(recorder->plan->samples * gan->condition, sizeof(float));
  GT_TRY(tape_create(&recorder->tape, &gan->player[GAN_G].network, recorder->plan->samples, TAPE_FORWARD));
  return complete && recorder->images != NULL && recorder->latents != NULL && recorder->conditions != NULL
             ? GT_OK
             : GT_FAILED;
}

static void describe_place(Recorder *recorder, const char *out) {
  char host[128] = "?", disk[256];
  gethostname(host, sizeof host - 1);
  file_disk(disk, sizeof disk, out);
  snprintf(recorder->waiting, sizeof recorder->waiting, "waiting for the files in %.80s on host %s, disk %s",
           out, host, disk);
}

static Status prepare(Recorder *recorder, const char *out) {
  const Gan *gan = recorder->gan;
  describe_place(recorder, out);
  GT_TRY(path_format(recorder->checkpoints, "%s/checkpoints", out));
  GT_TRY(allocate_buffers(recorder));
  recorder->backlog =
      (Backlog){.recipe = &recorder->plan->recipe,
                .names = metric_series(),
                .series = METRICS_COUNT,
                .set = {.image = gan->image,
                        .n = recorder->plan->samples,
                        .latent = gan->latent,
                        .condition = gan->condition,
                        .latents = recorder->latents,
                        .conditions = recorder->conditions},
                .classes = gan->condition > 0 ? condition_classes(gan->settings.condition) : 0};
  GT_TRY(backlog_create(&recorder->backlog, out));
  return worker_create(&recorder->worker);
}

static void free_memory(Recorder *recorder) {
  for (int i = 0; i < 2; i++) {
    memory_free(recorder->rows[i].steps);
    memory_free(recorder->rows[i].values);
  }
  state_free(&recorder->copy);
  tape_free(&recorder->tape);
  backlog_free(&recorder->backlog);
  memory_free(recorder->images);
  memory_free(recorder->latents);
  memory_free(recorder->conditions);
  memory_free(recorder);
}

/* Beside its buffers a recorder needs memory for a checkpoint, which is made in memory and sealed as it is
 * written, and for a sample. */
Status recorder_measure(size_t *bytes, const Gan *gan, const Plan *plan) {
  size_t before = memory_measured(), image = shape_count(gan->image) + gan->latent * sizeof(float);
  Recorder *recorder = memory_alloc(1, sizeof *recorder);
  if (recorder == NULL) {
    return GT_FAILED;
  }
  recorder->gan = gan;
  recorder->plan = plan;
  Status outcome = allocate_buffers(recorder);
  free_memory(recorder);
  *bytes = memory_measured() - before + 2 * state_bytes(&gan->state) + 3 * plan->samples * image;
  return outcome;
}

Status recorder_create(Recorder **result, const Gan *gan, const char *out, const Plan *plan) {
  Recorder *recorder = memory_alloc(1, sizeof *recorder);
  *result = NULL;
  if (recorder == NULL) {
    return GT_FAILED;
  }
  recorder->gan = gan;
  recorder->plan = plan;
  Status outcome = prepare(recorder, out);
  if (outcome != GT_OK) {
    recorder_free(recorder);
    return outcome;
  }
  *result = recorder;
  return GT_OK;
}

static void draw_sample(Recorder *recorder) {
  const Gan *gan = recorder->gan;
  RngKey key = {.seed = gan->settings.seed, .stream = RNG_LATENT_SAMPLES, .step = 0};
  const Generator generator = {.network = &gan->player[GAN_G].network,
                               .params = state_find(&recorder->copy, gan_images_by(gan->settings.average)),
                               .running = state_find(&recorder->copy, STATE_G_RUNNING),
                               .condition = gan->settings.condition,
                               .wanted = CONDITION_IN_TURN};
  const float *images = gan_draw(&generator, &recorder->tape, key, 0, recorder->plan->samples);
  pixels_to_u8(recorder->images, images, recorder->plan->samples * shape_count(gan->image));
  generator_split(recorder->latents, recorder->conditions, &generator, recorder->tape.x,
                  recorder->plan->samples);
  if (recorder->sample == SAMPLE_KEPT) {
    backlog_add_sample(&recorder->backlog, recorder->info.step, recorder->info.epoch, recorder->images);
  } else {
    backlog_set_picture(&recorder->backlog, recorder->images);
  }
}

/* A checkpoint's attributes: the plan's record, and the figures of this step where its row, the last one, has
 * any. */
static void make_record(Recorder *recorder, const Rows *rows) {
  recorder->record = recorder->plan->record;
  if (rows->count == 0 || rows->steps[rows->count - 1] != recorder->info.step) {
    return;
  }
  const double *values = rows->values + (rows->count - 1) * METRICS_COUNT + METRIC_QUALITY;
  for (int i = 0; i < FIGURES_COUNT; i++) {
    char name[sizeof BEST_PREFIX + BEST_NAME_MAX];
    snprintf(name, sizeof name, "%s%s", BEST_PREFIX, eval_figures[i].name);
    if (!isnan(values[i])) {
      attributes_set_real(&recorder->record, name, values[i]);
    }
  }
  if (recorder->best.room > 0 && !isnan(values[0])) {
    attributes_set_text(&recorder->record, BEST_BY, recorder->best.name);
    attributes_set_text(&recorder->record, BEST_IS, recorder->best.higher ? "higher" : "lower");
  }
}

static Status write_checkpoint(void *argument) {
  const Recorder *recorder = argument;
  return checkpoint_write(recorder->checkpoints, &recorder->info, &recorder->record, recorder->copy.blocks,
                          recorder->copy.count);
}

/* The worker's job. Metrics and samples are written first, so that all rows up to a checkpoint's step are on
 * the disk before it. They may be written later, where they fail; a checkpoint may not. */
static Status write_files(void *argument) {
  Recorder *recorder = argument;
  Rows *rows = &recorder->rows[1 - recorder->filling];
  backlog_add_rows(&recorder->backlog, rows->steps, rows->values, rows->count);
  make_record(recorder, rows);
  rows->count = 0;
  if (recorder->sample != SAMPLE_NONE) {
    draw_sample(recorder);
  }
  backlog_write(&recorder->backlog);
  if (recorder->checkpoint && patience_try(write_checkpoint, recorder) != GT_OK) {
    return status_set(
        GT_FAILED,
        "%s; training cannot go on without checkpoints: mend that, then start again with --resume, "
        "which goes on from the checkpoint before",
        status_message());
  }
  if (recorder->checkpoint) {
    checkpoint_prune(recorder->checkpoints, recorder->plan->keep, recorder->plan->kept_to, &recorder->best);
  }
  return GT_OK;
}

/* Waiting for the worker is waiting for a disk, which the watchdog names if the wait does not end. */
static Status wait_for_worker(Recorder *recorder) {
  if (worker_busy(recorder->worker)) {
    watchdog_waits(recorder->waiting);
  }
  return worker_drain(recorder->worker);
}

Status recorder_save(Recorder *recorder, const CheckpointInfo *info, bool checkpoint, SampleKind sample,
                     const BestList *best) {
  GT_TRY(wait_for_worker(recorder));
  if (checkpoint || sample != SAMPLE_NONE) {
    state_copy(&recorder->copy, &recorder->gan->state);
    recorder->info = *info;
    recorder->best = *best;
  }
  recorder->checkpoint = checkpoint;
  recorder->sample = sample;
  recorder->filling = 1 - recorder->filling;
  return worker_submit(recorder->worker, write_files, recorder);
}

Status recorder_add_row(Recorder *recorder, int64_t step, const double values[METRICS_COUNT]) {
  Rows *rows = &recorder->rows[recorder->filling];
  if (rows->count == ROWS_MAX) {
    GT_TRY(recorder_save(recorder, NULL, false, SAMPLE_NONE, NULL));
    rows = &recorder->rows[recorder->filling];
  }
  rows->steps[rows->count] = step;
  memcpy(rows->values + rows->count * METRICS_COUNT, values, METRICS_COUNT * sizeof(double));
  rows->count++;
  return GT_OK;
}

Status recorder_drain(Recorder *recorder) {
  return wait_for_worker(recorder);
}

Status recorder_finish(Recorder *recorder) {
  return backlog_finish(&recorder->backlog);
}

void recorder_free(Recorder *recorder) {
  if (recorder != NULL) {
    worker_free(recorder->worker);
    free_memory(recorder);
  }
}
