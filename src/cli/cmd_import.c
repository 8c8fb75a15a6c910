/* gantrain import idx DIR -o FILE.h5, import stacked FILE.h5 -o FILE.h5: converts other files to the data set
 * layout.
 */
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/io/import.h"

/* Rows of the small data set that is embedded in the program, and of a stacked one, as the PacGAN article has
 * it: 26,000 images are judged. */
enum { SMALL_TRAIN = 2000, SMALL_VALIDATION = 500, SMALL_TEST = 500 };
enum { STACKED_TRAIN = 128000, STACKED_TEST = 26000 };

static Status refuse(const Options *options, OptionKey key, const char *name, const char *source) {
  return options->value[key].given
             ? status_set(GT_USAGE, "import %s: --%s is not of this source: leave it out", source, name)
             : GT_OK;
}

static Status from_idx(const Options *options, const char *out) {
  const OptionValue *validation = &options->value[OPTION_VALIDATION];
  const char *dir = options->arguments[1];
  GT_TRY(refuse(options, OPTION_IMPORT_N, "number", "idx"));
  GT_TRY(refuse(options, OPTION_SEED, "seed", "idx"));
  if (!options->value[OPTION_SMALL].integer) {
    return import_idx(dir, out, (size_t)validation->integer);
  }
  return validation->given
             ? status_set(GT_USAGE, "--validation and --small exclude each other: the small data set has %d",
                          SMALL_VALIDATION)
             : import_idx_small(dir, out, SMALL_TRAIN, SMALL_VALIDATION, SMALL_TEST);
}

static Status from_stacked(const Options *options, const char *out) {
  const OptionValue *n = &options->value[OPTION_IMPORT_N];
  size_t validation = (size_t)options->value[OPTION_VALIDATION].integer;
  size_t train = n->given ? (size_t)n->integer : STACKED_TRAIN;
  StackedPlan plan = {.rows = {train, validation, train < STACKED_TEST ? train : STACKED_TEST},
                      .seed = (uint64_t)options->value[OPTION_SEED].integer};
  GT_TRY(refuse(options, OPTION_SMALL, "small", "stacked"));
  return import_stacked(options->arguments[1], out, &plan);
}

Status cmd_import(const World *world, Options *options) {
  (void)world;
  const char *source = options->arguments[0];
  const char *out = options->value[OPTION_OUTPUT].text;
  if (strcmp(source, "idx") == 0) {
    GT_TRY(from_idx(options, out));
  } else if (strcmp(source, "stacked") == 0) {
    GT_TRY(from_stacked(options, out));
  } else {
    return status_set(GT_USAGE, "import: unknown source \"%s\"; the sources are: idx, stacked", source);
  }
  log_info("%s: written; train with: gantrain --data %s", out, out);
  return GT_OK;
}
