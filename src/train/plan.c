#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "gantrain/gan/gan.h"

static void set_default(Options *options, OptionKey key, double otherwise) {
  OptionValue *value = &options->value[key];
  if (!value->given) {
    *value = (OptionValue){.given = true, .real = otherwise};
  }
}

static void decide_adam(Plan *plan, Options *options, AdamSettings otherwise) {
  set_default(options, OPTION_G_LR, otherwise.lr);
  set_default(options, OPTION_D_LR, otherwise.lr);
  set_default(options, OPTION_BETA1, otherwise.beta1);
  set_default(options, OPTION_BETA2, otherwise.beta2);
  set_default(options, OPTION_ADAM_EPS, otherwise.epsilon);
  for (int p = 0; p < 2; p++) {
    plan->adam[p] = (AdamSettings){.lr = options->value[p == GAN_G ? OPTION_G_LR : OPTION_D_LR].real,
                                   .beta1 = options->value[OPTION_BETA1].real,
                                   .beta2 = options->value[OPTION_BETA2].real,
                                   .epsilon = options->value[OPTION_ADAM_EPS].real};
  }
}

/* Steps between two events, where 0 stands for an epoch. */
static int64_t steps_or_epoch(int64_t steps, size_t steps_per_epoch) {
  return steps > 0 ? steps : (int64_t)steps_per_epoch;
}

static int64_t course_steps(int64_t steps, int64_t epochs, size_t steps_per_epoch) {
  return steps > 0 ? steps : epochs * (int64_t)steps_per_epoch;
}

static void decide_course(Plan *plan, const OptionValue *value, size_t steps_per_epoch) {
  plan->total = course_steps(value[OPTION_STEPS].integer, value[OPTION_EPOCHS].integer, steps_per_epoch);
  plan->checkpoint_every = steps_or_epoch(value[OPTION_CHECKPOINT_EVERY].integer, steps_per_epoch);
  plan->sample_every = steps_or_epoch(value[OPTION_SAMPLE_EVERY].integer, steps_per_epoch);
  plan->keep = (int)value[OPTION_KEEP].integer;
  plan->log_every = value[OPTION_LOG_EVERY].integer;
  plan->max_time = value[OPTION_MAX_TIME].given ? value[OPTION_MAX_TIME].real : 0.0;
  plan->stall_timeout = value[OPTION_STALL_TIMEOUT].real;
  plan->ignore_nan = strcmp(value[OPTION_ON_NAN].text, "ignore") == 0;
}

/* GT_USAGE where the random streams, which count updates of D in 32 bits, cannot tell all updates apart. */
static Status check_total(const Plan *plan, int64_t steps, size_t steps_per_epoch, int64_t d_steps) {
  int64_t most = UINT32_MAX / d_steps;
  bool by_steps = steps > 0;
  return plan->total <= most
             ? GT_OK
             : status_set(
                   GT_USAGE,
                   "--%s: %lld steps, %zu in an epoch, with --d-steps %lld are more than the %u updates "
                   "that random numbers can tell apart: give --%s %lld at most",
                   by_steps ? "steps" : "epochs", (long long)plan->total, steps_per_epoch, (long long)d_steps,
                   UINT32_MAX, by_steps ? "steps" : "epochs",
                   (long long)(by_steps ? most : most / (int64_t)steps_per_epoch));
}

static Status decide_schedule(Plan *plan, const OptionValue *value) {
  plan->schedule = (Schedule){.total = plan->total, .warm_up = value[OPTION_WARM_UP].integer};
  GT_TRY(decay_read(&plan->schedule.lr, "--lr-decay", value[OPTION_LR_DECAY].text));
  return decay_read(&plan->schedule.penalty, "--penalty-decay", value[OPTION_PENALTY_DECAY].text);
}

static int64_t recorded_int(const Request *request, const char *name, int64_t otherwise) {
  const Attribute *found = attributes_find(&request->recorded, name);
  return found != NULL && found->type == ATTRIBUTE_INT ? found->integer : otherwise;
}

/* A decay depends on the end of the course: where there is one, another end is a change of the recipe. */
static void record_other_end(Plan *plan, const Request *request, size_t steps_per_epoch) {
  int64_t before =
      course_steps(recorded_int(request, "steps", 0), recorded_int(request, "epochs", 0), steps_per_epoch);
  size_t used = strlen(plan->changes);
  if ((plan->schedule.lr.on || plan->schedule.penalty.on) && before > 0 && before != plan->total) {
    snprintf(plan->changes + used, sizeof plan->changes - used, "%send of the course %lld -> %lld",
             used > 0 ? ", " : "", (long long)before, (long long)plan->total);
  }
}

/* Checkpoints that an earlier start was asked to keep stay, also where this one keeps fewer, or others. */
static void decide_kept_checkpoints(Plan *plan, const Request *request) {
  int64_t before = recorded_int(request, "keep", plan->keep);
  const Attribute *best = attributes_find(&request->recorded, "keep_best");
  const char *best_now = request->options.value[OPTION_KEEP_BEST].text;
  bool less = plan->keep > 0 && (before == 0 || before > plan->keep);
  less = less || (best != NULL && best_now != NULL && strcmp(best->text, best_now) != 0);
  plan->kept_to = less ? request->step : recorded_int(request, "kept_to", -1);
}

/* Records "step 1200: g-lr 0.0002 -> 0.0001; step 2400: ...", without the oldest changes where there is no
 * room for all. */
static void record_changes(Plan *plan, const Request *request) {
  char text[3 * GT_ATTRIBUTE_TEXT_MAX];
  const Attribute *before = attributes_find(&request->recorded, "changes");
  bool any = before != NULL && before->type == ATTRIBUTE_TEXT;
  snprintf(text, sizeof text, "%s", any ? before->text : "");
  if (plan->changes[0] != '\0') {
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%sstep %lld: %s", used > 0 ? "; " : "",
             (long long)request->step, plan->changes);
  }
  const char *from = text;
  while (strlen(from) >= GT_ATTRIBUTE_TEXT_MAX && strstr(from, "; ") != NULL) {
    from = strstr(from, "; ") + 2;
  }
  if (from[0] != '\0') {
    attributes_set_text(&plan->record, "changes", from);
  }
}

static void copy_attributes(Attributes *to, const Attributes *from) {
  for (int i = 0; i < from->count; i++) {
    const Attribute *one = &from->list[i];
    switch (one->type) {
      case ATTRIBUTE_INT:
        attributes_set_int(to, one->name, one->integer);
        break;
      case ATTRIBUTE_REAL:
        attributes_set_real(to, one->name, one->real);
        break;
      case ATTRIBUTE_TEXT:
        attributes_set_text(to, one->name, one->text);
        break;
    }
  }
}

Status plan_make(Plan *plan, const Request *request, AdamSettings defaults, size_t steps_per_epoch) {
  memset(plan, 0, sizeof *plan);
  plan->options = request->options;
  const OptionValue *value = plan->options.value;
  snprintf(plan->data, sizeof plan->data, "%s", request->data);
  snprintf(plan->changes, sizeof plan->changes, "%s", request->changes);
  snprintf(plan->arch, sizeof plan->arch, "%s", value[OPTION_ARCH].text);
  plan->batch = (size_t)value[OPTION_BATCH].integer;
  plan->shards = (size_t)value[OPTION_SHARDS].integer;
  plan->seed = (uint64_t)value[OPTION_SEED].integer;
  plan->average = value[OPTION_AVERAGE].real;
  plan->exact = value[OPTION_EXACT].integer != 0;
  plan->samples = (size_t)value[OPTION_SAMPLES].integer;
  decide_adam(plan, &plan->options, defaults);
  decide_course(plan, value, steps_per_epoch);
  GT_TRY(check_total(plan, value[OPTION_STEPS].integer, steps_per_epoch, value[OPTION_D_STEPS].integer));
  GT_TRY(decide_schedule(plan, value));
  record_other_end(plan, request, steps_per_epoch);
  decide_kept_checkpoints(plan, request);
  /* Checkpoints of version 0.1 have no course. */
  bool has_course = attributes_find(&request->recorded, "keep") != NULL;
  plan->sampled_every = has_course ? steps_or_epoch(recorded_int(request, "sample_every", 0), steps_per_epoch)
                                   : plan->sample_every;
  const Attribute *run_id = attributes_find(&request->recorded, "run_id");
  bool has_id = run_id != NULL && run_id->type == ATTRIBUTE_TEXT;
  snprintf(plan->run_id, sizeof plan->run_id, "%.16s", has_id ? run_id->text : request->run_id);
  return GT_OK;
}

void plan_record(Plan *plan, const Request *request, const Attributes *facts) {
  options_line(&plan->options, plan->line, sizeof plan->line);
  options_recipe(&plan->options, &plan->recipe);
  copy_attributes(&plan->recipe, facts);
  attributes_set_text(&plan->recipe, "run_id", plan->run_id);
  plan->record = plan->recipe;
  options_course(&plan->options, &plan->record);
  if (plan->kept_to >= 0) {
    attributes_set_int(&plan->record, "kept_to", plan->kept_to);
  }
  record_changes(plan, request);
}
