/* The figures of eval while a run trains: of the generator as it is, against validation images (never the
 * test part, which is for the end), or against half of the training images where there is no validation part.
 */
#ifndef GANTRAIN_MONITOR_H
#define GANTRAIN_MONITOR_H

#include "gantrain/gan/gan.h"
#include "gantrain/quality/eval.h"

enum { MONITOR_ROWS = 2000 }; /* samples, and at most as many references */

typedef struct Monitor Monitor;

/* Measures the references and the floor, once. `data` NULL: the embedded images; `judge` NULL: as eval
 * chooses, and makes, one. Collective; the same outcome on all ranks; `world` must live as long. */
Status monitor_create(Monitor **monitor, const World *world, const char *data, const char *judge);
void monitor_free(Monitor *monitor); /* NULL is allowed */

/* figures[FIGURES_COUNT], NaN where not measured, of the images that gan_draw makes with `seed`. Changes
 * nothing. Collective; the same outcome and numbers on all ranks. */
Status monitor_measure(Monitor *monitor, double figures[FIGURES_COUNT], const Generator *generator,
                       uint64_t seed);

/* Bytes that it will take at most beside the images, while memory is measured (memory_measure_begin).
 * GT_FAILED: memory. Not collective. */
Status monitor_measure_memory(size_t *bytes, const World *world, const Network *generator);

/* What it measures with: references, judge, floor. */
const Eval *monitor_eval(const Monitor *monitor);

#endif
