/* Schedule: what a step's learning rates and penalties are multiplied by, a pure function of the step and the
 * course's end. */
#ifndef GANTRAIN_SCHEDULE_H
#define GANTRAIN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "gantrain/base/status.h"

/* A fall from 1, where a value stays for the part `start` of the course, to `floor` at its end, on half a
 * wave of a cosine (Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017). */
typedef struct Decay {
  bool on;
  double start, floor; /* 0 <= start < 1, 0 <= floor <= 1 */
} Decay;

typedef struct Schedule {
  int64_t total;   /* steps of the course */
  int64_t warm_up; /* steps in which the learning rates rise to 1, by as much at each; 0: none */
  Decay lr, penalty;
} Schedule;

/* "0.6:0.1", start and floor, or "off". GT_USAGE; `option` ("--lr-decay") is named. */
Status decay_read(Decay *decay, const char *option, const char *text);

/* GT_USAGE where the warm-up does not end within the course. */
Status schedule_check(const Schedule *schedule);

/* Both are 1 at every step of a schedule that is all zero. Steps count from 1. */
double schedule_lr(const Schedule *schedule, int64_t step);
double schedule_penalty(const Schedule *schedule, int64_t step);

#endif
