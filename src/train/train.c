/* gantrain train: the loop over the steps. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/fault.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/comm/watchdog.h"
#include "gantrain/train/stop.h"
#include "gantrain/train/train.h"
#include "run.h"

#define CHECK_EVERY 1000 /* steps between comparisons of all ranks' parameters */

/* Numbers that are summed over all ranks with every step: the losses, and reasons to stop together. */
enum { TALLY_SIGNAL = GAN_SUMS, TALLY_LATE, TALLY_FAILURE, TALLY_OVERFLOW, TALLY_COUNT };

struct Step {
  Run *run;
  int64_t tally[TALLY_COUNT];
  double started;
};

/* Starts the sum of the tally as soon as the losses are known; it goes on behind the rest of the step. */
static void post_tally(void *context, const int64_t sums[GAN_SUMS]) {
  Run *run = context;
  Step *step = run->step;
  memcpy(step->tally, sums, GAN_SUMS * sizeof *sums);
  double now = clock_now();
  bool late =
      run->deadline > 0.0 && run->world->rank == 0 && now + 2.0 * (now - step->started) >= run->deadline;
  step->tally[TALLY_SIGNAL] = stop_signal() != 0;
  step->tally[TALLY_LATE] = late;
  step->tally[TALLY_FAILURE] = run->failure != GT_OK;
  diagnosis_check(&run->diagnosis, &run->gan);
  step->tally[TALLY_OVERFLOW] = exact_overflowed();
  tally_begin(step->tally, TALLY_COUNT);
}

/* D's accuracy on the validation part and as many fakes, with running statistics; NaN where there is no
 * validation part, or no labels of it and a condition needs them. Collective. */
static double measure_accuracy(Run *run, int64_t epoch) {
  Gan *gan = &run->gan;
  RngKey key = {.seed = gan->settings.seed, .stream = RNG_LATENT_VALIDATION, .step = (uint32_t)epoch};
  size_t pack = gan->settings.pack, total = run->feed.info.rows[DATASET_VALIDATION] / pack * pack;
  size_t own = run->feed.validation_rows.count / pack * pack;
  double correct = 0.0;
  if (gan->condition > 0 && !run->feed.validation_labelled) {
    return (double)NAN;
  }
  for (size_t first = 0; first < own; first += gan->share.rows) {
    size_t left = own - first;
    size_t n = left < gan->share.rows ? left : gan->share.rows;
    feed_validation(&run->feed, gan->real, gan->side[GAN_REAL].conditions, first, n);
    correct += (double)gan_count_right(gan, n, key, (uint32_t)(run->feed.validation_rows.first + first));
  }
  comm_sum(&correct, 1);
  return total == 0 ? (double)NAN : correct / (2.0 * (double)total);
}

static double epochs_done(const Run *run) {
  return (double)run->gan.step / (double)run->feed.steps_per_epoch;
}

/* Training images that a step uses. */
static double images_per_step(const Run *run) {
  return (double)run->plan->batch * run->gan.settings.d_steps;
}

/* The mean per image of a sum over all ranks. */
static double mean_per_image(const Step *step, GanSum sum) {
  return exact_value(step->tally[sum], EXACT_LOSS_BITS) / gan_sum_images(&step->run->gan, sum);
}

/* Fills the step's row of metrics. Collective, since all ranks measure D's accuracy at the end of an epoch.
 */
static void fill_row(Run *run, const Step *step, double values[METRICS_COUNT]) {
  values[METRIC_EPOCH] = epochs_done(run);
  values[METRIC_D_LOSS_REAL] = mean_per_image(step, GAN_SUM_D_LOSS_REAL);
  values[METRIC_D_LOSS_FAKE] = mean_per_image(step, GAN_SUM_D_LOSS_FAKE);
  values[METRIC_D_LOSS] = 0.5 * (values[METRIC_D_LOSS_REAL] + values[METRIC_D_LOSS_FAKE]);
  values[METRIC_G_LOSS] = mean_per_image(step, GAN_SUM_G_LOSS);
  values[METRIC_D_REAL] = mean_per_image(step, GAN_SUM_D_REAL);
  values[METRIC_D_FAKE] = mean_per_image(step, GAN_SUM_D_FAKE);
  for (int side = 0; side < GAN_SIDES; side++) {
    bool there = run->gan.side[side].row != NULL && step->tally[TALLY_OVERFLOW] == 0;
    values[METRIC_D_SLOPE_REAL + side] =
        there ? mean_per_image(step, (GanSum)(GAN_SUM_D_SLOPE_REAL + side)) : (double)NAN;
  }
  for (int m = METRIC_D_LOSS; m <= METRIC_D_FAKE && step->tally[TALLY_OVERFLOW] > 0; m++) {
    values[m] = (double)NAN; /* a sum that overflowed lacks parts of its terms */
  }
  values[METRIC_IMAGES_PER_S] = images_per_step(run) / (clock_now() - step->started);
  values[METRIC_G_LR] = gan_learning_rate(&run->gan, GAN_G, run->gan.step);
  values[METRIC_D_LR] = gan_learning_rate(&run->gan, GAN_D, run->gan.step);
  values[METRIC_D_ACCURACY] = (double)NAN;
  if (run->gan.step % (int64_t)run->feed.steps_per_epoch == 0) {
    gan_finish(&run->gan);
    watchdog_note(run->gan.step, "measuring D's accuracy");
    values[METRIC_D_ACCURACY] = measure_accuracy(run, run->gan.step / (int64_t)run->feed.steps_per_epoch);
  }
}

/* Measures the figures of --eval-every, NaN at other steps. The run ends at this step where they reach
 * --target. *keep: the step is among the best of --keep-best. Collective. */
static Status measure_quality(Run *run, double values[METRICS_COUNT], bool *keep) {
  AppraisalResult result;
  if (appraisal_due(&run->appraisal, run->gan.step)) {
    gan_finish(&run->gan);
    watchdog_note(run->gan.step, "measuring the quality of samples");
  }
  GT_TRY(appraisal_measure(&run->appraisal, values + METRIC_QUALITY, &result, &run->gan));
  *keep = result.keep;
  if (result.reached) {
    log_info("target   reached at step %lld", (long long)run->gan.step);
    run->end = run->gan.step;
    run->progress.total = run->gan.step;
  }
  return GT_OK;
}

/* Rank 0 keeps a failure of its files, on which the ranks agree with the next tally. */
static void keep_failure(Run *run, Status outcome) {
  if (outcome != GT_OK && run->failure == GT_OK) {
    run->failure = outcome;
    snprintf(run->failure_message, sizeof run->failure_message, "%s", status_message());
  }
}

static Status agree_on_failure(Run *run) {
  if (run->failure != GT_OK) {
    status_set(run->failure, "%s", run->failure_message);
  }
  return comm_follow(run->failure);
}

/* A loss, a statistic or a gradient became NaN or infinite, or too large for exact sums. Collective. */
static Status stop_or_ignore_nan(Run *run) {
  const Diagnosis *diagnosis = &run->diagnosis;
  const char *where = "where is not known";
  double first = diagnosis->found ? diagnosis->when : INFINITY;
  comm_min(&first, 1);
  if (comm_agree(diagnosis->found && diagnosis->when <= first ? status_set(GT_FAILED, "%s", diagnosis->text)
                                                              : GT_OK) != GT_OK) {
    where = status_message();
  }
  if (run->plan->ignore_nan) {
    if (!run->nan_told) {
      log_warn(
          "step %lld: losses or gradients became NaN or infinite (%s); going on, because of "
          "--on-nan ignore",
          (long long)run->gan.step, where);
    }
    run->nan_told = true;
    return GT_OK;
  }
  return status_set(
      GT_FAILED,
      "step %lld: losses or gradients became NaN or infinite (%s); a checkpoint in %s, if there "
      "is one, is good; for smaller learning rates start a new run",
      (long long)run->gan.step, where, run->checkpoints);
}

/* Checks that all ranks have the same state, then saves what is due. Collective: what is due depends on the
 * step alone. */
static Status compare_and_save(Run *run, bool checkpoint, SampleKind sample) {
  double overflowed;
  gan_finish(&run->gan);
  watchdog_note(run->gan.step, "comparing and saving the state");
  diagnosis_check(&run->diagnosis, &run->gan);
  overflowed = exact_overflowed() || !diagnosis_state(&run->diagnosis, &run->gan) ? 1.0 : 0.0;
  comm_max(&overflowed, 1);
  if (overflowed > 0.0) {
    GT_TRY(stop_or_ignore_nan(run));
  }
  CheckpointInfo info = {
      .step = run->gan.step, .epoch = epochs_done(run), .fingerprint = gan_fingerprint(&run->gan)};
  GT_TRY(comm_check_same(gan_state_hash(&run->gan), "the parameters, moments or statistics"));
  if (run->world->rank == 0 && (checkpoint || sample != SAMPLE_NONE)) {
    keep_failure(run, recorder_save(run->recorder, &info, checkpoint, sample, &run->appraisal.best));
  }
  return GT_OK;
}

/* The reason for which all ranks stop after this step; NULL, on all of them, where there is none. */
static const char *stop_reason(const Step *step) {
  if (step->tally[TALLY_SIGNAL] > 0) {
    return stop_signal() != 0 ? stop_signal_name() : "a signal to another rank";
  }
  /* Rank 0 watches the time, since another host may not know when the job ends. */
  const char *late = step->run->deadline_name != NULL ? step->run->deadline_name : "the end of rank 0's time";
  return step->tally[TALLY_LATE] > 0 ? late : NULL;
}

/* Before the first sample is due, pictures come after 8, 16, 32, ... steps, so that a person sees early what
 * a slow network draws. They depend on the step alone: no file depends on how fast the machine is. */
static SampleKind due_sample(const Run *run, int64_t now) {
  const Plan *plan = run->plan;
  if (now % plan->sample_every == 0 || now == run->end) {
    return SAMPLE_KEPT;
  }
  bool power_of_two = (now & (now - 1)) == 0;
  return now >= 8 && now < plan->sample_every && power_of_two ? SAMPLE_PICTURE : SAMPLE_NONE;
}

/* One step and what is due after it. *stop: the reason for which all ranks have agreed to stop here. */
static Status run_step(Run *run, const char **stop) {
  int64_t sums[GAN_SUMS];
  Step step = {.run = run, .started = clock_now()};
  double values[METRICS_COUNT];
  watchdog_note(run->gan.step + 1, "gathering real images");
  feed_batch(&run->feed, run->gan.real, run->gan.side[GAN_REAL].conditions, run->gan.step);
  run->step = &step;
  gan_step(&run->gan, sums);
  watchdog_note(run->gan.step, "the sum of the losses");
  tally_end();
  if (step.tally[TALLY_FAILURE] > 0) {
    return agree_on_failure(run);
  }
  if (step.tally[TALLY_OVERFLOW] > 0) {
    GT_TRY(stop_or_ignore_nan(run));
  }
  int64_t now = run->gan.step;
  bool best;
  fill_row(run, &step, values);
  GT_TRY(measure_quality(run, values, &best));
  *stop = now < run->end ? stop_reason(&step) : NULL;
  if (run->world->rank == 0) {
    keep_failure(run, recorder_add_row(run->recorder, now, values));
    progress_step(&run->progress, now, values, images_per_step(run));
  }
  bool last = now == run->end;
  bool checkpoint = now % run->plan->checkpoint_every == 0 || last || best || *stop != NULL;
  SampleKind sample = due_sample(run, now);
  if (fault_here("diverge")) {
    run->gan.player[GAN_G].params[0] += 1.0f;
  }
  if (fault_here("nan")) {
    run->gan.player[GAN_D].params[0] = NAN;
  }
  return checkpoint || sample != SAMPLE_NONE || now % CHECK_EVERY == 0
             ? compare_and_save(run, checkpoint, sample)
             : GT_OK;
}

static void on_phase(void *context, int begins) {
  Run *run = context;
  watchdog_note(run->gan.step + 1, gan_phases[begins].words);
  diagnosis_phase(&run->diagnosis, &run->gan, (GanPhase)begins);
}

static Status train_steps(Run *run, const char **stop) {
  run->gan.hooks.phase = on_phase;
  run->gan.hooks.scored = post_tally;
  run->gan.hooks.watcher = run;
  GT_TRY(compare_and_save(run, false, run->gan.step == 0 ? SAMPLE_KEPT : SAMPLE_NONE));
  while (run->gan.step < run->end && *stop == NULL) {
    GT_TRY(run_step(run, stop));
  }
  return GT_OK;
}

static void log_clipping(const Run *run, int64_t first) {
  const Player *g = &run->gan.player[GAN_G], *d = &run->gan.player[GAN_D];
  if (run->gan.settings.clip > 0.0) {
    log_info(
        "clipped  gradients of G in %lld and of D in %lld of %lld steps; their largest norms: %.3g and %.3g",
        (long long)g->clipped, (long long)d->clipped, (long long)(run->gan.step - first), g->steepest,
        d->steepest);
  }
}

static Status finish(Run *run, int64_t first, const char *stop) {
  char took[GT_TIME_MAX];
  if (run->world->rank == 0) {
    keep_failure(run, recorder_drain(run->recorder));
  }
  GT_TRY(agree_on_failure(run));
  double seconds = clock_now() - run->progress.started;
  if (run->world->rank == 0) {
    keep_failure(run, recorder_finish(run->recorder));
  }
  double peak = (double)memory_peak_bytes(); /* measured after the last save, which may have needed most */
  comm_max(&peak, 1);
  double images = (double)(run->gan.step - first) * images_per_step(run);
  log_info("done     %lld steps in %s, %.0f images/s, at most %.0f MiB of memory a rank",
           (long long)(run->gan.step - first), progress_format_time(took, seconds),
           seconds > 0.0 ? images / seconds : 0.0, peak / 1048576.0);
  log_clipping(run, first);
  log_info("files    %s/checkpoints, samples.h5, samples.png, metrics.h5, log.txt", run->out);
  log_info("fingerprint %016" PRIx64 " at step %lld", gan_fingerprint(&run->gan), (long long)run->gan.step);
  if (stop == NULL) {
    return agree_on_failure(run);
  }
  if (run->failure != GT_OK) {
    log_warn("%s", run->failure_message);
  }
  return status_set(GT_MORE_WORK, "stopped at step %lld of %lld (%s): start again with --resume to go on",
                    (long long)run->gan.step, (long long)run->end, stop);
}

static Status train(Run *run) {
  const char *stop = NULL;
  int64_t first = run->gan.step;
  run->end = run->plan->total;
  if (run->gan.step >= run->end) {
    log_info("nothing to do: %lld of %lld steps are done; for more, give --epochs or --steps",
             (long long)run->gan.step, (long long)run->end);
  }
  if (run->world->rank == 0) {
    Course course = {.total = run->end,
                     .first = first,
                     .steps_per_epoch = (int64_t)run->feed.steps_per_epoch,
                     .every = run->plan->log_every,
                     .floor = appraisal_floor(&run->appraisal)};
    progress_begin(&run->progress, &course);
  }
  double stall = run->plan->stall_timeout;
  Status outcome = stall > 0.0 ? watchdog_start(run->world, stall) : GT_OK;
  if (outcome == GT_OK) {
    outcome = train_steps(run, &stop);
  }
  watchdog_stop();
  gan_finish(
      &run->gan); /* also after a failure: gradients on their way must arrive before their memory is freed */
  if (run->world->rank == 0) {
    progress_end(&run->progress);
  }
  GT_TRY(outcome);
  return finish(run, first, stop);
}

Status train_run(const World *world, const Options *options) {
  Run *run = memory_alloc(1, sizeof *run);
  GT_TRY(comm_agree(run == NULL ? GT_FAILED : GT_OK));
  Status outcome = run_create(run, world, options);
  if (outcome == GT_OK) {
    outcome = train(run);
  }
  run_free(run);
  memory_free(run);
  return outcome;
}
