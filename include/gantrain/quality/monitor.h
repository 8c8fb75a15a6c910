/* The figures of eval while a run trains: the present generator against validation images (never the test
 * part, which is kept for the end), or against half of the training images if there is no validation part. */
#ifndef GANTRAIN_MONITOR_H
#define GANTRAIN_MONITOR_H

#include "gantrain/gan/gan.h"
#include "gantrain/quality/eval.h"

enum { MONITOR_ROWS = 2000 }; /* samples, and at most as many references */

typedef struct Monitor Monitor;

/* Measures the references and the floor once. `data` NULL: the embedded images; `judge` NULL: the one that
 * eval would choose, or train; `condition` is that of the generators, NULL: none. Collective; the same
 * outcome on all ranks. `world` must live as long as the monitor. */
Status monitor_create(Monitor **monitor, const World *world, const char *data, const char *judge,
                      const Condition *condition);
void monitor_free(Monitor *monitor); /* NULL is allowed */

/* figures[FIGURES_COUNT] of the images that gan_draw makes with `seed`; NaN where not measured. Does not
 * change the state of the run. Collective; the same outcome and numbers on all ranks. */
Status monitor_measure(Monitor *monitor, double figures[FIGURES_COUNT], const Generator *generator,
                       uint64_t seed);

/* Bytes that it will take at most beside the images, while memory is measured (memory_measure_begin).
 * GT_FAILED: memory. Not collective. */
Status monitor_measure_memory(size_t *bytes, const World *world, const Network *generator);

/* The references, judge and floor that it measures with. */
const Eval *monitor_eval(const Monitor *monitor);

#endif
