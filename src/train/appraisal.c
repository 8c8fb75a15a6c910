#include "appraisal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/log.h"

static Status bad_target(const char *text) {
  char words[512] = "";
  for (int i = 0; i < FIGURES_COUNT; i++) {
    if (i != FIGURE_KERNEL_SPREAD && i != FIGURE_MEMORISATION) {
      size_t used = strlen(words);
      snprintf(words + used, sizeof words - used, "%s%s", used > 0 ? ", " : "", eval_figures[i].word);
    }
  }
  return status_set(
      GT_USAGE,
      "--target %s: METRIC<NUMBER or METRIC>NUMBER was expected, as in fd<12 (in quotes, for the "
      "shell); the metrics are: %s",
      text, words);
}

/* "fd<12", "precision>0.7"; the metric by its word or its name. */
static Status read_target(Appraisal *appraisal, const char *text) {
  size_t length = strcspn(text, "<>");
  char *end = NULL;
  if (text[length] == '\0') {
    return bad_target(text);
  }
  for (int i = 0; i < FIGURES_COUNT; i++) {
    const char *names[] = {eval_figures[i].word, eval_figures[i].name};
    for (int k = 0; k < 2 && i != FIGURE_KERNEL_SPREAD && i != FIGURE_MEMORISATION; k++) {
      if (strlen(names[k]) == length && strncmp(names[k], text, length) == 0) {
        appraisal->target = (Figure)i;
      }
    }
  }
  appraisal->above = text[length] == '>';
  appraisal->bound = strtod(text + length + 1, &end);
  bool number = end != text + length + 1 && *end == '\0' && isfinite(appraisal->bound);
  return appraisal->target < FIGURES_COUNT && number ? GT_OK : bad_target(text);
}

static void announce(const Appraisal *appraisal) {
  const Eval *eval = monitor_eval(appraisal->monitor);
  log_info("eval     every %lld steps, %d samples against %zu %s images, judge: %s",
           (long long)appraisal->every, MONITOR_ROWS, eval->references.rows, eval->reference,
           eval->judge_name);
  log_info("         fd (Frechet distance) of %zu training images, the floor: %.4g", eval->training.rows,
           eval->figures[FIGURE_FRECHET].floor);
}

Status appraisal_read(Appraisal *appraisal, const Options *options) {
  const OptionValue *target = &options->value[OPTION_TARGET], *judge = &options->value[OPTION_JUDGE];
  *appraisal = (Appraisal){.every = options->value[OPTION_EVAL_EVERY].integer,
                           .judge = judge->text,
                           .text = target->text,
                           .target = FIGURES_COUNT};
  if (appraisal->every > 0) {
    return target->text != NULL ? read_target(appraisal, target->text) : GT_OK;
  }
  /* What is not given comes from the checkpoint, and --eval-every 0 ended it. */
  return target->given || judge->given
             ? status_set(GT_USAGE, "--%s %s: nothing is measured: give --eval-every STEPS, too",
                          target->given ? "target" : "judge", target->given ? target->text : judge->text)
             : GT_OK;
}

Status appraisal_begin(Appraisal *appraisal, const World *world, const char *data) {
  if (appraisal->every == 0) {
    return GT_OK;
  }
  GT_TRY(monitor_create(&appraisal->monitor, world, data, appraisal->judge));
  const Eval *eval = monitor_eval(appraisal->monitor);
  if (appraisal->target < FIGURES_COUNT && isnan(eval->figures[appraisal->target].floor)) {
    return status_set(GT_USAGE, "--target %s: this is not measured, since %s", appraisal->text,
                      eval->no_judge);
  }
  announce(appraisal);
  return GT_OK;
}

void appraisal_free(Appraisal *appraisal) {
  monitor_free(appraisal->monitor);
  appraisal->monitor = NULL;
}

Status appraisal_measure(const Appraisal *appraisal, double *figures, bool *reached, const Gan *gan) {
  const Player *g = &gan->player[GAN_G];
  *reached = false;
  if (!appraisal_due(appraisal, gan->step)) {
    for (int i = 0; i < FIGURES_COUNT; i++) {
      figures[i] = (double)NAN;
    }
    return GT_OK;
  }
  const Generator generator = {.network = &g->network,
                               .params = state_find(&gan->state, gan_images_by(gan->settings.average)),
                               .running = g->running,
                               .condition = gan->settings.condition,
                               .wanted = CONDITION_DRAWN};
  GT_TRY(monitor_measure(appraisal->monitor, figures, &generator, gan->settings.seed));
  comm_broadcast(figures, FIGURES_COUNT * sizeof *figures); /* other processors may round otherwise */
  if (appraisal->target < FIGURES_COUNT) {
    double value = figures[appraisal->target];
    *reached = appraisal->above ? value > appraisal->bound : value < appraisal->bound;
  }
  return GT_OK;
}
