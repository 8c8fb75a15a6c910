#include "appraisal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/log.h"

static bool can_be_metric(int figure) {
  return figure != FIGURE_KERNEL_SPREAD && figure != FIGURE_MEMORISATION;
}

/* The metric whose word or name is text[length]; FIGURES_COUNT where there is none. */
static Figure find_metric(const char *text, size_t length) {
  for (int i = 0; i < FIGURES_COUNT; i++) {
    const char *names[] = {eval_figures[i].word, eval_figures[i].name};
    for (int k = 0; k < 2 && can_be_metric(i); k++) {
      if (strlen(names[k]) == length && strncmp(names[k], text, length) == 0) {
        return (Figure)i;
      }
    }
  }
  return FIGURES_COUNT;
}

static Status refuse(const char *option, const char *text, const char *expected) {
  char words[512] = "";
  for (int i = 0; i < FIGURES_COUNT; i++) {
    if (can_be_metric(i)) {
      size_t used = strlen(words);
      snprintf(words + used, sizeof words - used, "%s%s", used > 0 ? ", " : "", eval_figures[i].word);
    }
  }
  return status_set(GT_USAGE, "--%s %s: %s; the metrics are: %s", option, text, expected, words);
}

/* "fd<12", "precision>0.7". */
static Status read_target(Appraisal *appraisal, const char *text) {
  size_t length = strcspn(text, "<>");
  char *end = NULL;
  bool number = false;
  if (text[length] != '\0') {
    appraisal->target = find_metric(text, length);
    appraisal->above = text[length] == '>';
    appraisal->bound = strtod(text + length + 1, &end);
    number = end != text + length + 1 && *end == '\0' && isfinite(appraisal->bound);
  }
  return appraisal->target < FIGURES_COUNT && number
             ? GT_OK
             : refuse("target", text,
                      "METRIC<NUMBER or METRIC>NUMBER was expected, as in fd<12 (in quotes, for the shell)");
}

/* "3:fd". */
static Status read_keep(Appraisal *appraisal, const char *text) {
  size_t digits = strspn(text, "0123456789");
  int count = digits > 0 && digits < 4 && text[digits] == ':' ? atoi(text) : 0;
  appraisal->ranked = count > 0 ? find_metric(text + digits + 1, strlen(text + digits + 1)) : FIGURES_COUNT;
  if (appraisal->ranked == FIGURES_COUNT || count > BEST_MAX) {
    return refuse("keep-best", text, "K:METRIC was expected, as in 3:fd, with K from 1 to 100");
  }
  const FigureRow *row = &eval_figures[appraisal->ranked];
  appraisal->best = (BestList){.room = count, .higher = strcmp(row->better, "higher") == 0};
  snprintf(appraisal->best.name, sizeof appraisal->best.name, "%s", row->name);
  return GT_OK;
}

static void log_references(const Appraisal *appraisal) {
  const Eval *eval = monitor_eval(appraisal->monitor);
  log_info("eval     every %lld steps, %d samples against %zu %s images, judge: %s",
           (long long)appraisal->every, MONITOR_ROWS, eval->references.rows, eval->reference,
           eval->judge_name);
  log_info("         fd (Frechet distance) of %zu training images, the floor: %.4g", eval->training.rows,
           eval->figures[FIGURE_FRECHET].floor);
}

/* Options that need measurements contradict --eval-every 0 where they are typed. Values from a checkpoint do
 * not: --eval-every 0 ends what they asked for. */
static Status refuse_without_measurements(const Options *options) {
  static const OptionKey keys[] = {OPTION_TARGET, OPTION_KEEP_BEST, OPTION_JUDGE};
  static const char *const names[] = {"target", "keep-best", "judge"};
  for (int i = 0; i < 3; i++) {
    const OptionValue *value = &options->value[keys[i]];
    if (value->given) {
      return status_set(GT_USAGE,
                        "--%s %s: nothing is measured without --eval-every: give --eval-every STEPS, too",
                        names[i], value->text);
    }
  }
  return GT_OK;
}

Status appraisal_read(Appraisal *appraisal, const Options *options) {
  const OptionValue *value = options->value;
  *appraisal = (Appraisal){.every = value[OPTION_EVAL_EVERY].integer,
                           .judge = value[OPTION_JUDGE].text,
                           .text = value[OPTION_TARGET].text,
                           .keep = value[OPTION_KEEP_BEST].text,
                           .target = FIGURES_COUNT};
  GT_TRY(appraisal->keep != NULL ? read_keep(appraisal, appraisal->keep) : GT_OK);
  if (appraisal->every == 0) {
    return refuse_without_measurements(options);
  }
  return appraisal->text != NULL ? read_target(appraisal, appraisal->text) : GT_OK;
}

static Status check_measured(const Appraisal *appraisal, const char *option, const char *text,
                             Figure figure) {
  const Eval *eval = monitor_eval(appraisal->monitor);
  return text == NULL || !isnan(eval->figures[figure].floor)
             ? GT_OK
             : status_set(GT_USAGE, "--%s %s: this metric is not measured, since %s", option, text,
                          eval->no_judge != NULL ? eval->no_judge
                          : figure == FIGURE_CONDITION
                              ? "the run has no --condition"
                              : "modes and kl are of stacked images, whose channels are judged one by one, "
                                "and score and classes of others");
}

Status appraisal_begin(Appraisal *appraisal, const World *world, const char *data, const Condition *condition,
                       const char *checkpoints) {
  if (appraisal->keep != NULL) {
    GT_TRY(comm_follow(world->rank == 0 ? best_read(&appraisal->best, checkpoints) : GT_OK));
    comm_broadcast(&appraisal->best, sizeof appraisal->best);
  }
  if (appraisal->every == 0) {
    return GT_OK;
  }
  GT_TRY(monitor_create(&appraisal->monitor, world, data, appraisal->judge, condition));
  GT_TRY(check_measured(appraisal, "target", appraisal->text, appraisal->target));
  GT_TRY(check_measured(appraisal, "keep-best", appraisal->keep, appraisal->ranked));
  log_references(appraisal);
  return GT_OK;
}

void appraisal_free(Appraisal *appraisal) {
  monitor_free(appraisal->monitor);
  appraisal->monitor = NULL;
}

double appraisal_floor(const Appraisal *appraisal) {
  return appraisal->monitor == NULL ? (double)NAN
                                    : monitor_eval(appraisal->monitor)->figures[FIGURE_FRECHET].floor;
}

Status appraisal_measure(Appraisal *appraisal, double *figures, AppraisalResult *result, const Gan *gan) {
  const Player *g = &gan->player[GAN_G];
  *result = (AppraisalResult){0};
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
  comm_broadcast(figures,
                 FIGURES_COUNT * sizeof *figures); /* another kind of processor may round otherwise */
  if (appraisal->target < FIGURES_COUNT) {
    double value = figures[appraisal->target];
    result->reached = appraisal->above ? value > appraisal->bound : value < appraisal->bound;
  }
  result->keep = appraisal->keep != NULL && best_add(&appraisal->best, gan->step, figures[appraisal->ranked]);
  return GT_OK;
}
