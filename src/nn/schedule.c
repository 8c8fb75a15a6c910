#include "gantrain/nn/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

Status decay_read(Decay *decay, const char *option, const char *text) {
  char *colon = NULL, *end = NULL;
  *decay = (Decay){0};
  if (strcmp(text, "off") == 0) {
    return GT_OK;
  }
  decay->start = strtod(text, &colon);
  if (colon != text && *colon == ':') {
    decay->floor = strtod(colon + 1, &end);
    decay->on = end != colon + 1 && *end == '\0' && decay->start >= 0.0 && decay->start < 1.0 &&
                decay->floor >= 0.0 && decay->floor <= 1.0;
  }
  return decay->on ? GT_OK
                   : status_set(GT_USAGE,
                                "%s %s: START:FLOOR was expected, as in 0.6:0.1 (from 0.6 of the course on, "
                                "down to 0.1 of itself), START from 0 to below 1, FLOOR from 0 to 1; or off",
                                option, text);
}

Status schedule_check(const Schedule *schedule) {
  return schedule->warm_up <= schedule->total
             ? GT_OK
             : status_set(GT_USAGE,
                          "--warm-up %lld: the course has only %lld steps: give fewer, or more of "
                          "--steps or --epochs",
                          (long long)schedule->warm_up, (long long)schedule->total);
}

static double decay_factor(const Decay *decay, int64_t step, int64_t total) {
  double begin = decay->start * (double)total;
  double way = ((double)step - begin) / ((double)total - begin); /* 0 to 1 */
  if (!decay->on || way <= 0.0) {
    return 1.0;
  }
  return way >= 1.0 ? decay->floor : decay->floor + (1.0 - decay->floor) * 0.5 * (1.0 + cos(pi * way));
}

double schedule_lr(const Schedule *schedule, int64_t step) {
  double risen = step < schedule->warm_up ? (double)step / (double)schedule->warm_up : 1.0;
  return risen * decay_factor(&schedule->lr, step, schedule->total);
}

double schedule_penalty(const Schedule *schedule, int64_t step) {
  return decay_factor(&schedule->penalty, step, schedule->total);
}
