/* gantrain import idx DIR -o FILE.h5: converts other files to the data set layout. */
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/io/import.h"

/* Rows of the small data set that is embedded in the program. */
enum { SMALL_TRAIN = 2000, SMALL_VALIDATION = 500, SMALL_TEST = 500 };

Status cmd_import(const World *world, Options *options) {
  (void)world;
  const char *source = options->arguments[0];
  const char *dir = options->arguments[1];
  const char *out = options->value[OPTION_OUTPUT].text;
  const OptionValue *validation = &options->value[OPTION_VALIDATION];
  if (strcmp(source, "idx") != 0) {
    return status_set(GT_USAGE, "import: unknown source \"%s\"; the sources are: idx", source);
  }
  if (!options->value[OPTION_SMALL].integer) {
    GT_TRY(import_idx(dir, out, (size_t)validation->integer));
  } else if (validation->given) {
    return status_set(GT_USAGE, "--validation and --small exclude each other: the small data set has %d",
                      SMALL_VALIDATION);
  } else {
    GT_TRY(import_idx_small(dir, out, SMALL_TRAIN, SMALL_VALIDATION, SMALL_TEST));
  }
  log_info("%s: written; train with: gantrain --data %s", out, out);
  return GT_OK;
}
