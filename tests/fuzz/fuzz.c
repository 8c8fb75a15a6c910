/* libFuzzer's side: FUZZ_TARGET names the harness. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Target target = TARGETS;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const char *name = getenv("FUZZ_TARGET");
  (void)argc;
  (void)argv;
  for (int t = 0; t < TARGETS; t++) {
    target = name != NULL && strcmp(name, target_names[t]) == 0 ? (Target)t : target;
  }
  if (target == TARGETS) {
    fprintf(stderr, "FUZZ_TARGET must be idx, dataset, checkpoint or config\n");
    exit(2);
  }
  harness_inside = true;
  harness_begin();
  atexit(harness_end);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  harness_run(target, data, size);
  return 0;
}
