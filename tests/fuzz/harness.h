/* Hostile files: one harness for each of what gantrain reads. Two programs are made of it: `fuzz`,
 * coverage-guided (libFuzzer, tests/fuzz/run.sh), and `test_hostile`, which runs seeds and simple changes of
 * them in every test run. */
#ifndef GANTRAIN_FUZZ_HARNESS_H
#define GANTRAIN_FUZZ_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/status.h"

typedef enum Target { TARGET_IDX, TARGET_DATASET, TARGET_CHECKPOINT, TARGET_CONFIG, TARGETS } Target;

extern const char *const target_names[TARGETS];

/* A folder of our own for the files that are read, in memory where possible. */
void harness_begin(void);
void harness_end(void);

/* HDF5 files pass the checks that keep HDF5 away from bad ones (the seal, a child that looks through them
 * first), so that what lies behind is reached, in this process. */
extern bool harness_inside;

/* Read the bytes as such a file. Whatever they are, this returns; that nothing else happens is for the
 * sanitizers and memory limits of the caller to see. Returns the outcome. */
Status harness_run(Target target, const uint8_t *data, size_t size);

/* A small whole file of that kind, malloc'ed. HDF5 files end with a seal of HARNESS_SEAL bytes. */
#define HARNESS_SEAL 32
uint8_t *harness_seed(Target target, size_t *size);

#endif
