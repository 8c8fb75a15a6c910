/* From options and the run's folder to a plan and a gan at its first step. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "announce.h"
#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/outputs.h"
#include "gantrain/math/gemm.h"
#include "gantrain/train/bits.h"
#include "gantrain/train/objective.h"
#include "gantrain/train/stop.h"
#include "lock.h"
#include "memory_plan.h"
#include "run_folder.h"

#define DEFAULT_DATA DATASET_DEFAULT
#define EMBEDDED DATASET_EMBEDDED
#define SAVE_SECONDS 10.0 /* to leave before a Slurm job ends: to end MPI and the job's script, */
#define SAVE_RATE 20e6    /* and to write the state to a slow file system, bytes/s */

/* A run on its way to its plan. */
typedef struct Start {
  Run *run;
  ResumeMode mode;
  CheckpointInfo info; /* of the checkpoint to go on from */
  Request request;
} Start;

static const OptionValue *option(const Start *start, OptionKey key) {
  return &start->request.options.value[key];
}

static Status name_folder(Start *start) {
  Run *run = start->run;
  const char *data = option(start, OPTION_DATA)->text;
  if (data != NULL && strlen(data) >= sizeof start->request.data) { /* every file of the run keeps it */
    return status_set(GT_USAGE,
                      "--data %.60s...: names of data may have %zu bytes at most; give a symbolic link", data,
                      sizeof start->request.data - 1);
  }
  if (option(start, OPTION_OUT)->text != NULL) {
    GT_TRY(path_format(run->out, "%s", option(start, OPTION_OUT)->text));
  } else {
    GT_TRY(path_format(run->out, "runs/%s-%lld", option(start, OPTION_ARCH)->text,
                       (long long)option(start, OPTION_SEED)->integer));
  }
  return path_format(run->checkpoints, "%s/checkpoints", run->out);
}

/* The data that is named now, else the recorded, else the default file if it is there. Called on rank 0. */
static Status choose_data_name(Start *start) {
  char *name = start->request.data;
  const Attribute *data = attributes_find(&start->request.recorded, "data");
  bool there = false;
  GT_TRY(file_find(&there, DEFAULT_DATA));
  if (option(start, OPTION_DATA)->text != NULL) {
    snprintf(name, sizeof start->request.data, "%s", option(start, OPTION_DATA)->text);
  } else if (data != NULL) {
    snprintf(name, sizeof start->request.data, "%s", strcmp(data->text, EMBEDDED) == 0 ? "" : data->text);
  } else if (there) {
    snprintf(name, sizeof start->request.data, "%s", DEFAULT_DATA);
  } else {
    log_info("data: there is no %s here, so the 3,000 embedded images of MNIST are used", DEFAULT_DATA);
  }
  return GT_OK;
}

/* GT_FAILED where the data that the checkpoint names does not exist, perhaps because the program was started
 * in another folder. Rank 0. */
static Status check_data_name(const Start *start) {
  const char *name = start->request.data;
  char file[GT_PATH_MAX];
  bool there = false;
  if (start->run->resumed[0] == '\0' || option(start, OPTION_DATA)->text != NULL || name[0] == '\0') {
    return GT_OK;
  }
  GT_TRY(file_find(&there, name));
  for (const char *place = strstr(name, ":/"); place != NULL && !there; place = strstr(place + 1, ":/")) {
    GT_TRY(path_format(file, "%.*s", (int)(place - name), name));
    GT_TRY(file_find(&there, file));
  }
  return there ? GT_OK
               : status_set(GT_FAILED,
                            "%s: the images of this run do not exist under this name in the current folder: "
                            "give --data",
                            name);
}

/* An identity of 16 hexadecimal digits that no other run has. */
static void name_run(Start *start) {
  struct {
    char host[256];
    struct timespec now;
    pid_t process;
  } here;
  memset(&here, 0, sizeof here);
  gethostname(here.host, sizeof here.host - 1);
  clock_gettime(CLOCK_REALTIME, &here.now);
  here.process = getpid();
  snprintf(start->request.run_id, sizeof start->request.run_id, "%016" PRIx64,
           (uint64_t)XXH3_64bits(&here, sizeof here));
}

/* Rank 0. */
static Status find_folder(Start *start) {
  name_run(start);
  return run_folder_find(start->run, start->mode, &start->info, &start->request.recorded);
}

/* Rank 0 finds the run's folder and checkpoint for all ranks; options that are not given are those that the
 * checkpoint recorded. Collective. */
static Status find_start(Start *start) {
  Run *run = start->run;
  Request *request = &start->request;
  bool first = run->world->rank == 0;
  GT_TRY(comm_follow(first ? find_folder(start) : GT_OK));
  comm_broadcast(run->resumed, sizeof run->resumed);
  comm_broadcast(&start->info, sizeof start->info);
  comm_broadcast(request->run_id, sizeof request->run_id);
  comm_broadcast(&request->recorded, sizeof request->recorded);
  request->step = -1;
  if (run->resumed[0] != '\0') {
    request->step = start->info.step;
    GT_TRY(options_adopt(&request->options, &request->recorded, run->resumed, request->changes,
                         sizeof request->changes));
  }
  GT_TRY(comm_follow(first ? choose_data_name(start) : GT_OK));
  comm_broadcast(request->data, sizeof request->data);
  return comm_follow(first ? check_data_name(start) : GT_OK);
}

/* As dataset_open takes it. */
static const char *data_spec(const Start *start) {
  return start->request.data[0] == '\0' ? NULL : start->request.data;
}

static Status open_feed(Start *start) {
  Run *run = start->run;
  OptionValue *shards = &start->request.options.value[OPTION_SHARDS];
  if (!shards->given && run->world->size > shards->integer) {
    shards->integer = run->world->size;
  }
  OptionValue *batch = &start->request.options.value[OPTION_BATCH];
  FeedSizes sizes = {
      .batch = (size_t)batch->integer,
      .shards = (size_t)shards->integer,
      .pack = (size_t)option(start, OPTION_PACK)->integer,
      .batches = (size_t)option(start, OPTION_D_STEPS)->integer,
      .may_change = run->resumed[0] == '\0' && (!batch->given || batch->preset) && !shards->given};
  GT_TRY(feed_open(&run->feed, run->world, data_spec(start), sizes,
                   (uint64_t)option(start, OPTION_SEED)->integer));
  if (option(start, OPTION_CONDITION)->text != NULL) {
    GT_TRY(feed_read_labels(&run->feed, data_spec(start)));
  }
  batch->integer = (int64_t)run->feed.sizes.batch;
  shards->integer = (int64_t)run->feed.sizes.shards;
  return GT_OK;
}

static const char *text_of(const Attributes *attributes, const char *name) {
  const Attribute *found = attributes_find(attributes, name);
  return found != NULL && found->type == ATTRIBUTE_TEXT ? found->text : NULL;
}

/* The images of a part, or the labels, are those that the checkpoint was made with; `key` names its
 * fingerprint. Checkpoints from before there was one are taken. */
static Status check_data(const Start *start, const char *what, const char *key, const char *fingerprint) {
  const Attributes *recorded = &start->request.recorded;
  const char *before = text_of(recorded, key), *name = text_of(recorded, "data");
  return before == NULL || strcmp(before, fingerprint) == 0
             ? GT_OK
             : status_set(GT_USAGE,
                          "--data %s holds other %s (fingerprint %s) than %s was trained with (%s, "
                          "fingerprint %s; \"none\": no such part): name the right data, or start a new run "
                          "in another "
                          "folder",
                          start->request.data[0] == '\0' ? EMBEDDED : start->request.data, what, fingerprint,
                          start->run->resumed, name != NULL ? name : "?", before);
}

static void format_fingerprint(char out[17], uint64_t fingerprint, size_t rows) {
  snprintf(out, 17, "none");
  if (rows > 0) {
    snprintf(out, 17, "%016" PRIx64, fingerprint);
  }
}

/* GT_FAILED where the range of values is another than that of the checkpoint. */
static Status check_range(const Start *start) {
  const Attribute *low = attributes_find(&start->request.recorded, "data_low");
  const Attribute *high = attributes_find(&start->request.recorded, "data_high");
  const double *range = start->run->feed.info.range;
  if (low == NULL || high == NULL || (low->real == range[0] && high->real == range[1])) {
    return GT_OK;
  }
  return status_set(
      GT_USAGE,
      "--data %s: its values go from %.9g to %.9g (value_range), in %s from %.9g to %.9g: name the "
      "right data, or start a new run in another folder",
      start->request.data, range[0], range[1], start->run->resumed, low->real, high->real);
}

/* What the recipe says beside the options: the data, and (for information) what it is computed with. */
static Status gather_facts(const Start *start, Attributes *facts) {
  const Feed *feed = &start->run->feed;
  const char *data = start->request.data;
  char training[17], validation[17];
  format_fingerprint(training, feed->fingerprint, feed->info.rows[DATASET_TRAIN]);
  format_fingerprint(validation, feed->validation_fingerprint, feed->info.rows[DATASET_VALIDATION]);
  GT_TRY(check_data(start, "training images", "data_fingerprint", training));
  GT_TRY(check_data(start, "validation images", "validation_fingerprint", validation));
  GT_TRY(check_range(start));
  if (feed->condition.length > 0) {
    char labels[17];
    format_fingerprint(labels, feed->labels_fingerprint, feed->info.rows[DATASET_TRAIN]);
    GT_TRY(check_data(start, "labels", "labels_fingerprint", labels));
    attributes_set_text(facts, "labels_fingerprint", labels);
    condition_record(&feed->condition, facts);
  }
  attributes_set_text(facts, "data", data[0] == '\0' ? EMBEDDED : data);
  attributes_set_text(facts, "data_fingerprint", training);
  attributes_set_text(facts, "validation_fingerprint", validation);
  attributes_set_int(facts, "data_rows", (int64_t)feed->info.rows[DATASET_TRAIN]);
  attributes_set_real(facts, "data_low", feed->info.range[0]);
  attributes_set_real(facts, "data_high", feed->info.range[1]);
  attributes_set_int(facts, "image_h", feed->info.image.h);
  attributes_set_int(facts, "image_w", feed->info.image.w);
  attributes_set_int(facts, "image_c", feed->info.image.c);
  attributes_set_text(facts, "version", GANTRAIN_VERSION);
  attributes_set_text(facts, "kernels", gemm_description());
  return GT_OK;
}

/* Collective. */
static Status decide(Start *start, Plan **out) {
  Architecture architecture;
  GT_TRY(architecture_find(&architecture, option(start, OPTION_ARCH)->text, start->run->feed.info.image));
  Plan *plan = *out = memory_alloc(1, sizeof *plan);
  start->run->plan = plan;
  GT_TRY(comm_agree(plan == NULL ? GT_FAILED : GT_OK));
  return plan_make(plan, &start->request, architecture.adam, start->run->feed.steps_per_epoch);
}

/* Collective. */
static Status record(const Start *start, Plan *plan) {
  Attributes *facts = memory_alloc(1, sizeof *facts);
  Status outcome = comm_agree(facts == NULL ? GT_FAILED : GT_OK);
  if (outcome == GT_OK) {
    outcome = gather_facts(start, facts);
  }
  if (outcome == GT_OK) {
    plan_record(plan, &start->request, facts);
  }
  memory_free(facts);
  return outcome;
}

/* Warn where --exact may not give the same bits. Collective; the text is that of rank 0. */
static void warn_of_other_bits(Start *start) {
  Run *run = start->run;
  if (run->plan->exact && !bits_differ_between_ranks(run->other_bits, sizeof run->other_bits) &&
      !bits_differ_from(&start->request.recorded, run->other_bits, sizeof run->other_bits)) {
    run->other_bits[0] = '\0';
  }
}

/* Can samples.png be written? */
static Status check_samples(const Run *run) {
  size_t samples = run->plan->samples;
  return image_grid_check("samples.png", samples, run->feed.info.image, 0, 0) == GT_OK
             ? GT_OK
             : status_set(GT_USAGE, "--samples %zu: %s", samples, status_message());
}

/* What the networks are made of. */
static Status shape_gan(const Run *run, GanShape *shape) {
  const Feed *feed = &run->feed;
  const Plan *plan = run->plan;
  GT_TRY(architecture_find(&shape->architecture, plan->arch, feed->info.image));
  size_t length = feed->condition.length;
  GT_TRY(length > 0 ? architecture_add_condition(&shape->architecture, length) : GT_OK);
  shape->image = feed->info.image;
  shape->settings = (GanSettings){.seed = plan->seed,
                                  .adam = {plan->adam[GAN_G], plan->adam[GAN_D]},
                                  .schedule = plan->schedule,
                                  .average = plan->average,
                                  .exact = plan->exact,
                                  .condition = length > 0 ? &feed->condition : NULL};
  shape->share = (Share){.rows = feed->shards.count * feed->per_shard,
                         .batch = plan->batch,
                         .shard_rows = feed->per_shard,
                         .sample = (uint32_t)(feed->shards.first * feed->per_shard)};
  return objective_read(&shape->settings, &plan->options, shape->image);
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

/* When to stop so that the checkpoint is written before Slurm ends the job; 0: no end is known. */
static double job_deadline(const Run *run) {
  double end = stop_job_end(), now = clock_now();
  double margin = SAVE_SECONDS + (double)state_bytes(&run->gan.state) / SAVE_RATE;
  double most = 0.25 * (end - now); /* of a short job, the larger part is for training */
  return end <= 0.0 ? 0.0 : end - (margin < most ? margin : most);
}

static void choose_deadline(Run *run) {
  if (run->plan->max_time > 0.0) {
    run->deadline = run->started + run->plan->max_time;
    run->deadline_name = "the end of --max-time";
  }
  double end = job_deadline(run);
  if (end > 0.0 && (run->deadline <= 0.0 || end < run->deadline)) {
    run->deadline = end;
    run->deadline_name = "the end of the Slurm job";
  }
}

/* From the data's shape on: what can be refused is refused before the images are read. Collective. */
static Status create_networks(Start *start) {
  Run *run = start->run;
  Plan *plan;
  GanShape shape;
  GT_TRY(decide(start, &plan));
  GT_TRY(check_samples(run));
  GT_TRY(shape_gan(run, &shape));
  GT_TRY(memory_plan_check(run, &shape));
  GT_TRY(feed_read(&run->feed, data_spec(start)));
  GT_TRY(record(start, plan));
  warn_of_other_bits(start);
  GT_TRY(comm_agree(gan_create(&run->gan, &shape.architecture, shape.image, &shape.settings, shape.share)));
  return exchange_create(&run->exchange, run->world, &run->gan);
}

static Status set_up(Start *start) {
  Run *run = start->run;
  GT_TRY(name_folder(start));
  GT_TRY(find_start(start));
  GT_TRY(appraisal_read(&run->appraisal, &start->request.options));
  GT_TRY(open_feed(start));
  GT_TRY(create_networks(start));
  if (run->resumed[0] != '\0') {
    GT_TRY(load_checkpoint(run, &start->info));
  }
  choose_deadline(run);
  return comm_follow(run->world->rank == 0 ? run_folder_prepare(run, start->mode) : GT_OK);
}

Status run_create(Run *run, const World *world, const Options *options) {
  Start *start = memory_alloc(1, sizeof *start);
  *run = (Run){.world = world, .started = clock_now(), .lock = -1};
  GT_TRY(comm_agree(start == NULL ? GT_FAILED : GT_OK));
  start->run = run;
  start->request.options = *options;
  start->mode = options->value[OPTION_RESUME].given        ? RESUME_ALWAYS
                : options->value[OPTION_AUTO_RESUME].given ? RESUME_AUTO
                                                           : RESUME_NEVER;
  Status outcome = set_up(start);
  memory_free(start);
  if (outcome == GT_OK) {
    announce_run(run, options);
    outcome = appraisal_begin(&run->appraisal, world, run->plan->data[0] == '\0' ? NULL : run->plan->data,
                              run->gan.settings.condition, run->checkpoints);
  }
  if (outcome == GT_OK && world->rank == 0 &&
      run->resumed[0] != '\0') { /* the start before may have died first */
    checkpoint_prune(run->checkpoints, run->plan->keep, run->plan->kept_to, &run->appraisal.best);
  }
  return outcome;
}

void run_free(Run *run) {
  recorder_free(run->recorder);
  appraisal_free(&run->appraisal);
  exchange_free(run->exchange);
  gan_free(&run->gan);
  feed_free(&run->feed);
  memory_free((void *)run->plan);
  lock_release(run->lock); /* last: nothing is written any more */
}
