/* From options and the run's folder to a gan at its first step. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "announce.h"
#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/h5/trial.h"
#include "gantrain/io/outputs.h"
#include "gantrain/math/gemm.h"
#include "gantrain/train/bits.h"
#include "gantrain/train/stop.h"
#include "lock.h"
#include "run.h"

#define DEFAULT_DATA DATASET_DEFAULT
#define EMBEDDED DATASET_EMBEDDED
#define SAVE_SECONDS 10.0 /* to leave before a Slurm job ends: to end MPI and the job's script, */
#define SAVE_RATE 20e6    /* and to write the state to a slow file system, bytes/s */

static const OptionValue *option(const Run *run, OptionKey key) {
  return &run->options->value[key];
}

static void give_real(Run *run, OptionKey key, double otherwise) {
  OptionValue *value = &run->options->value[key];
  if (!value->given) {
    *value = (OptionValue){.given = true, .real = otherwise};
  }
}

static Status name_folder(Run *run) {
  const char *data = option(run, OPTION_DATA)->text;
  if (data != NULL && strlen(data) >= sizeof run->data) { /* every file of the run keeps it as an attribute */
    return status_set(GT_USAGE,
                      "--data %.60s...: names of data may have %zu bytes at most; give a symbolic link", data,
                      sizeof run->data - 1);
  }
  if (option(run, OPTION_OUT)->text != NULL) {
    GT_TRY(path_format(run->out, "%s", option(run, OPTION_OUT)->text));
  } else {
    GT_TRY(path_format(run->out, "runs/%s-%lld", option(run, OPTION_ARCH)->text,
                       (long long)option(run, OPTION_SEED)->integer));
  }
  return path_format(run->checkpoints, "%s/checkpoints", run->out);
}

/* Does the folder hold what a run writes? Rank 0. */
static Status folder_used(const Run *run, bool *used) {
  static const char *const parts[] = {"checkpoints", "samples.h5", "metrics.h5"};
  char path[GT_PATH_MAX];
  *used = false;
  for (size_t i = 0; i < sizeof parts / sizeof *parts && !*used; i++) {
    GT_TRY(path_format(path, "%s/%s", run->out, parts[i]));
    GT_TRY(file_find(used, path));
  }
  return GT_OK;
}

static Status refuse_used(const Run *run) {
  bool used = false;
  GT_TRY(folder_used(run, &used));
  return !used ? GT_OK
               : status_set(GT_USAGE,
                            "--out %s holds another run: go on with it by --resume, or choose another folder",
                            run->out);
}

/* Rank 0: find the checkpoint to go on from; run->resumed stays "" where there is nothing yet. */
static Status look_into_folder(Run *run, CheckpointInfo *info, Attributes *recipe) {
  bool resume = option(run, OPTION_RESUME)->given;
  if (!resume) {
    GT_TRY(refuse_used(run));
  } else {
    bool there = false;
    GT_TRY(file_find(&there, run->checkpoints));
    GT_TRY(there ? lock_take(&run->lock, run->out) : GT_OK);
  }
  size_t count = 0;
  if (resume) {
    GT_TRY(checkpoint_count(run->checkpoints, &count));
  }
  if (count == 0) { /* a new run, or one that was stopped before its first checkpoint */
    return GT_OK;
  }
  GT_TRY(checkpoint_find(run->resumed, run->checkpoints));
  return checkpoint_read_info(run->resumed, info, recipe);
}

static Status take_data_name(Run *run, const Attributes *recipe) {
  const Attribute *data = attributes_find(recipe, "data");
  bool there = false;
  GT_TRY(file_find(&there, DEFAULT_DATA));
  if (option(run, OPTION_DATA)->text != NULL) {
    snprintf(run->data, sizeof run->data, "%s", option(run, OPTION_DATA)->text);
  } else if (data != NULL) {
    snprintf(run->data, sizeof run->data, "%s", strcmp(data->text, EMBEDDED) == 0 ? "" : data->text);
  } else if (there) {
    snprintf(run->data, sizeof run->data, "%s", DEFAULT_DATA);
  } else {
    log_info("data: there is no %s here, so taking the 3,000 images of MNIST that are built in",
             DEFAULT_DATA);
  }
  return GT_OK;
}

/* A run names its images as they were named once, perhaps seen from another folder. Rank 0. */
static Status check_data_name(const Run *run) {
  char file[GT_PATH_MAX];
  bool there = false;
  if (run->resumed[0] == '\0' || option(run, OPTION_DATA)->text != NULL || run->data[0] == '\0') {
    return GT_OK;
  }
  GT_TRY(file_find(&there, run->data));
  for (const char *place = strstr(run->data, ":/"); place != NULL && !there;
       place = strstr(place + 1, ":/")) {
    GT_TRY(path_format(file, "%.*s", (int)(place - run->data), run->data));
    GT_TRY(file_find(&there, file));
  }
  return there ? GT_OK
               : status_set(GT_FAILED,
                            "%s: the images of this run are not there, seen from this folder: give --data",
                            run->data);
}

/* samples.h5 holds as many images a time as it began with. */
static Status adopt_samples(Run *run, const Attributes *recipe) {
  OptionValue *samples = &run->options->value[OPTION_SAMPLES];
  const Attribute *before = attributes_find(recipe, "samples");
  if (before == NULL || before->type != ATTRIBUTE_INT || before->integer < 1) {
    return GT_OK;
  }
  if (samples->given && samples->integer != before->integer) {
    return status_set(GT_USAGE,
                      "--samples %lld contradicts %s/samples.h5, which has %lld a time: leave it out",
                      (long long)samples->integer, run->out, (long long)before->integer);
  }
  samples->integer = before->integer;
  return GT_OK;
}

/* All ranks: rank 0's findings reach the others, and the recipe of the checkpoint the options. */
static Status find_start(Run *run, CheckpointInfo *info) {
  Attributes *recipe = memory_alloc(1, sizeof *recipe);
  GT_TRY(comm_agree(recipe == NULL ? GT_FAILED : GT_OK));
  Status outcome = comm_follow(run->world->rank == 0 ? look_into_folder(run, info, recipe) : GT_OK);
  if (outcome == GT_OK) {
    comm_broadcast(run->resumed, sizeof run->resumed);
    comm_broadcast(info, sizeof *info);
    comm_broadcast(recipe, sizeof *recipe);
    if (run->resumed[0] != '\0') {
      outcome = options_adopt(run->options, recipe, run->resumed);
      outcome = outcome == GT_OK ? adopt_samples(run, recipe) : outcome;
    }
    if (outcome == GT_OK) {
      outcome = comm_follow(run->world->rank == 0 ? take_data_name(run, recipe) : GT_OK);
    }
    comm_broadcast(run->data, sizeof run->data);
    run->recipe = *recipe; /* to be compared with; empty in a new run */
    if (outcome == GT_OK) {
      outcome = comm_follow(run->world->rank == 0 ? check_data_name(run) : GT_OK);
    }
  }
  memory_free(recipe);
  return outcome;
}

static void choose_adam(Run *run, AdamSettings defaults, AdamSettings adam[2]) {
  give_real(run, OPTION_G_LR, defaults.lr);
  give_real(run, OPTION_D_LR, defaults.lr);
  give_real(run, OPTION_BETA1, defaults.beta1);
  give_real(run, OPTION_BETA2, defaults.beta2);
  give_real(run, OPTION_ADAM_EPS, defaults.epsilon);
  for (int p = 0; p < 2; p++) {
    adam[p] = (AdamSettings){.lr = option(run, p == GAN_G ? OPTION_G_LR : OPTION_D_LR)->real,
                             .beta1 = option(run, OPTION_BETA1)->real,
                             .beta2 = option(run, OPTION_BETA2)->real,
                             .epsilon = option(run, OPTION_ADAM_EPS)->real};
  }
}

/* An exact run that cannot keep its promise says so. Collective; what it says is rank 0's. */
static void look_for_other_bits(Run *run) {
  if (option(run, OPTION_EXACT)->integer != 0 &&
      !bits_differ_between_ranks(run->other_bits, sizeof run->other_bits) &&
      !bits_differ_from(&run->recipe, run->other_bits, sizeof run->other_bits)) {
    run->other_bits[0] = '\0';
  }
}

/* The recipe as it goes into every file: options, data, and (for information) what it was computed with. */
static Status write_recipe(Run *run) {
  char fingerprint[17];
  snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, run->feed.fingerprint);
  const Attribute *before = attributes_find(&run->recipe, "data_fingerprint");
  if (before != NULL && strcmp(before->text, fingerprint) != 0) {
    return status_set(
        GT_USAGE,
        "--data %s holds other images (fingerprint %s) than %s was trained on (%s, fingerprint %s): name "
        "the right data, or start a new run in another folder",
        run->data[0] == '\0' ? EMBEDDED : run->data, fingerprint, run->resumed,
        attributes_find(&run->recipe, "data") != NULL ? attributes_find(&run->recipe, "data")->text : "?",
        before->text);
  }
  memset(&run->recipe, 0, sizeof run->recipe);
  options_recipe(run->options, &run->recipe);
  attributes_set_text(&run->recipe, "data", run->data[0] == '\0' ? EMBEDDED : run->data);
  attributes_set_text(&run->recipe, "data_fingerprint", fingerprint);
  attributes_set_int(&run->recipe, "data_rows", (int64_t)run->feed.info.rows[DATASET_TRAIN]);
  attributes_set_int(&run->recipe, "image_h", run->feed.info.image.h);
  attributes_set_int(&run->recipe, "image_w", run->feed.info.image.w);
  attributes_set_int(&run->recipe, "image_c", run->feed.info.image.c);
  attributes_set_int(&run->recipe, "samples", option(run, OPTION_SAMPLES)->integer);
  attributes_set_text(&run->recipe, "version", GANTRAIN_VERSION);
  attributes_set_text(&run->recipe, "kernels", gemm_description());
  return GT_OK;
}

static Status create_gan(Run *run) {
  Architecture architecture;
  AdamSettings adam[2];
  const Feed *feed = &run->feed;
  GT_TRY(architecture_find(&architecture, option(run, OPTION_ARCH)->text, feed->info.image));
  choose_adam(run, architecture.adam, adam);
  look_for_other_bits(run);
  GT_TRY(write_recipe(run));
  GanShare share = {.rows = feed->shards.count * feed->per_shard,
                    .batch = run->batch,
                    .shard_rows = feed->per_shard,
                    .sample = (uint32_t)(feed->shards.first * feed->per_shard),
                    .r1 = option(run, OPTION_R1)->real,
                    .r2 = option(run, OPTION_R2)->real,
                    .exact = option(run, OPTION_EXACT)->integer != 0};
  GT_TRY(comm_agree(gan_create(&run->gan, &architecture, feed->info.image, adam,
                               (uint64_t)option(run, OPTION_SEED)->integer, share)));
  return exchange_create(&run->exchange, run->world, &run->gan);
}

/* Rank 0 reads, all get the same bytes. */
static Status load_checkpoint(Run *run, const CheckpointInfo *info) {
  const State *state = &run->gan.state;
  GT_TRY(comm_follow(run->world->rank == 0 ? checkpoint_read(run->resumed, state->blocks, state->count)
                                           : GT_OK));
  for (int b = 0; b < state->count; b++) {
    comm_broadcast(state->blocks[b].data, state->blocks[b].arena->count * sizeof(float));
  }
  run->gan.step = info->step;
  if (gan_fingerprint(&run->gan) != info->fingerprint) {
    return status_set(GT_FAILED, "%s: its parameters do not have the fingerprint it states", run->resumed);
  }
  return GT_OK;
}

/* Rank 0: make the folder and lock it; another run may have come between our look into it and this. */
static Status take_folder(Run *run) {
  if (run->lock < 0) {
    GT_TRY(directory_create(run->out));
    GT_TRY(lock_take(&run->lock, run->out));
    GT_TRY(option(run, OPTION_RESUME)->given ? GT_OK : refuse_used(run));
  }
  return directory_create(run->checkpoints);
}

/* Who works here, for who looks for the holder of the lock. */
static void sign_log(void) {
  char host[256] = "?";
  gethostname(host, sizeof host - 1);
  log_file("process %ld on host %s", (long)getpid(), host);
}

/* Rank 0: the folder as it was at the step that we start from. */
static Status prepare_files(Run *run) {
  char path[GT_PATH_MAX];
  GT_TRY(take_folder(run));
  GT_TRY(path_format(path, "%s/log.txt", run->out));
  GT_TRY(log_open(path));
  sign_log();
  GT_TRY(path_format(path, "%s/samples.png", run->out));
  GT_TRY(file_check_writable(path));
  int64_t keep_to =
      run->resumed[0] == '\0' ? -1 : run->gan.step; /* a new run has not even a sample of step 0 */
  GT_TRY(checkpoint_cut(run->checkpoints, keep_to));
  GT_TRY(path_format(path, "%s/samples.h5", run->out));
  /* A shorter course ended here with a sample that the longer one does not have. */
  bool has_sample = run->gan.step % run->sample_every == 0 || run->gan.step >= run->total;
  GT_TRY(file_check_writable(path));
  GT_TRY(trial_check_present(path));
  GT_TRY(samples_cut(path, has_sample ? keep_to : keep_to - 1));
  GT_TRY(path_format(path, "%s/metrics.h5", run->out));
  GT_TRY(file_check_writable(path));
  GT_TRY(trial_check_present(path));
  GT_TRY(metrics_cut(path, keep_to));
  return recorder_create(&run->recorder, &run->gan, run->out, &run->recipe,
                         (size_t)option(run, OPTION_SAMPLES)->integer,
                         (int)option(run, OPTION_KEEP)->integer);
}

/* When to stop so that the checkpoint is written before Slurm ends the job; 0: no end is known. */
static double job_deadline(const Run *run) {
  double end = stop_job_end(), now = clock_now();
  double margin = SAVE_SECONDS + (double)state_bytes(&run->gan.state) / SAVE_RATE;
  double most = 0.25 * (end - now); /* of a short job, the larger part is for training */
  return end <= 0.0 ? 0.0 : end - (margin < most ? margin : most);
}

static void plan_course(Run *run) {
  run->ignore_nan = strcmp(option(run, OPTION_ON_NAN)->text, "ignore") == 0;
  int64_t epoch = (int64_t)run->feed.steps_per_epoch;
  run->total = option(run, OPTION_STEPS)->given ? option(run, OPTION_STEPS)->integer
                                                : option(run, OPTION_EPOCHS)->integer * epoch;
  run->checkpoint_every = option(run, OPTION_CHECKPOINT_EVERY)->integer;
  run->checkpoint_every = run->checkpoint_every > 0 ? run->checkpoint_every : epoch;
  run->sample_every = option(run, OPTION_SAMPLE_EVERY)->integer;
  run->sample_every = run->sample_every > 0 ? run->sample_every : epoch;
  if (option(run, OPTION_MAX_TIME)->given) {
    run->deadline = run->started + option(run, OPTION_MAX_TIME)->real;
    run->deadline_name = "the end of --max-time";
  }
  double end = job_deadline(run);
  if (end > 0.0 && (run->deadline <= 0.0 || end < run->deadline)) {
    run->deadline = end;
    run->deadline_name = "the end of the Slurm job";
  }
}

Status run_create(Run *run, const World *world, Options *options) {
  CheckpointInfo info = {0};
  *run = (Run){.world = world, .options = options, .started = clock_now(), .lock = -1};
  GT_TRY(name_folder(run));
  GT_TRY(find_start(run, &info));
  OptionValue *shards = &options->value[OPTION_SHARDS];
  if (!shards->given && world->size > shards->integer) {
    shards->integer = world->size;
  }
  run->batch = (size_t)option(run, OPTION_BATCH)->integer;
  GT_TRY(feed_create(&run->feed, world, run->data[0] == '\0' ? NULL : run->data, (size_t)shards->integer,
                     run->batch, (uint64_t)option(run, OPTION_SEED)->integer));
  GT_TRY(create_gan(run));
  if (run->resumed[0] != '\0') {
    GT_TRY(load_checkpoint(run, &info));
  }
  plan_course(run);
  GT_TRY(comm_follow(world->rank == 0 ? prepare_files(run) : GT_OK));
  announce_run(run);
  return GT_OK;
}

void run_free(Run *run) {
  recorder_free(run->recorder);
  exchange_free(run->exchange);
  gan_free(&run->gan);
  feed_free(&run->feed);
  lock_release(run->lock); /* last: nothing is written any more */
}
