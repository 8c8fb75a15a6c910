/* gantrain info FILE|RUN. */
#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/io/outputs.h"
#include "gantrain/math/blas.h"
#include "gantrain/math/gemm.h"

Status cmd_info(const World *world, Options *options) {
  (void)world;
  const char *core = blas_better_core();
  GT_TRY(file_describe(options->arguments[0]));
  log_info("This machine: %s kernels; for comparison by bench, %s%s%s.", gemm_description(),
           blas_description(), core != NULL ? ", there started as " : "", core != NULL ? core : "");
  return GT_OK;
}
