/* gantrain info FILE|RUN. Serial. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/checkpoint.h"
#include "gantrain/io/outputs.h"
#include "gantrain/math/blas.h"
#include "gantrain/math/gemm.h"

/* Prints a config file that repeats the training of `name`, a run or a checkpoint, up to the same step. */
static Status print_config(const char *name, Attributes *recipe) {
  char path[GT_PATH_MAX];
  CheckpointInfo info;
  GT_TRY(checkpoint_locate(path, name));
  GT_TRY(checkpoint_read_info(path, &info, recipe));
  const Attribute *data = attributes_find(recipe, "data");
  if (data != NULL && strcmp(data->text, "embedded") == 0) {
    printf("# Trained on the embedded images: repeat it where there is no data/mnist.h5\n");
    attributes_remove(recipe, "data");
  }
  printf("# %s: step %" PRId64 ", fingerprint %016" PRIx64 "\n", path, info.step, info.fingerprint);
  if (attributes_find(recipe, "steps") == NULL && attributes_find(recipe, "epochs") == NULL) {
    attributes_set_int(recipe, "steps", info.step);
  }
  options_print_config(recipe);
  return GT_OK;
}

Status cmd_info(const World *world, Options *options) {
  (void)world;
  if (options->value[OPTION_INFO_CONFIG].given) {
    Attributes *recipe = memory_alloc(1, sizeof *recipe);
    Status outcome = recipe == NULL ? GT_FAILED : print_config(options->arguments[0], recipe);
    memory_free(recipe);
    return outcome;
  }
  const char *core = blas_better_core();
  GT_TRY(file_describe(options->arguments[0]));
  log_info("This machine: %s kernels; for comparison by bench, %s%s%s.", gemm_description(),
           blas_description(), core != NULL ? ", there started as " : "", core != NULL ? core : "");
  return GT_OK;
}
