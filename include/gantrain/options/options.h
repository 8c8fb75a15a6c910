/* One table of options: the command line (argp), config files, HDF5 attributes, --help and the man page all
 * come from it. To add an option: an OptionKey and its row in src/options/option_table.c. */
#ifndef GANTRAIN_OPTIONS_H
#define GANTRAIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/status.h"

typedef enum OptionKey {
  /* train */
  OPTION_DATA,
  OPTION_OUT,
  OPTION_RESUME,
  OPTION_AUTO_RESUME,
  OPTION_PRESET,
  OPTION_ARCH,
  OPTION_LOSS,
  OPTION_R1,
  OPTION_R2,
  OPTION_GRADIENT_PENALTY,
  OPTION_LIPSCHITZ_CAP,
  OPTION_D_STEPS,
  OPTION_SMOOTH_LABELS,
  OPTION_FLIP_LABELS,
  OPTION_REUSE_FAKES,
  OPTION_AVERAGE,
  OPTION_PACK,
  OPTION_CONDITION,
  OPTION_AUGMENT,
  OPTION_AUGMENT_PROBABILITY,
  OPTION_EPOCHS,
  OPTION_STEPS,
  OPTION_BATCH,
  OPTION_SHARDS,
  OPTION_BATCH_STATISTICS,
  OPTION_SEED,
  OPTION_LR,
  OPTION_G_LR,
  OPTION_D_LR,
  OPTION_BETA1,
  OPTION_BETA2,
  OPTION_ADAM_EPS,
  OPTION_LR_DECAY,
  OPTION_PENALTY_DECAY,
  OPTION_WARM_UP,
  OPTION_CLIP_GRADIENTS,
  OPTION_SPECTRAL_NORM,
  OPTION_EXACT,
  OPTION_CHECKPOINT_EVERY,
  OPTION_KEEP,
  OPTION_KEEP_BEST,
  OPTION_SAMPLE_EVERY,
  OPTION_EVAL_EVERY,
  OPTION_TARGET,
  OPTION_SAMPLES,
  OPTION_LOG_EVERY,
  OPTION_MAX_TIME,
  OPTION_ON_NAN,
  OPTION_STALL_TIMEOUT,
  OPTION_CONFIG,
  /* import */
  OPTION_VALIDATION,
  OPTION_SMALL,
  OPTION_IMPORT_N,
  /* import, sample */
  OPTION_OUTPUT,
  OPTION_N,
  /* sample */
  OPTION_SCALE,
  OPTION_CLASS,
  /* sample, eval */
  OPTION_BEST,
  /* classify */
  OPTION_CLASSIFY_EPOCHS,
  OPTION_CLASSIFY_OUTPUT,
  OPTION_CLASSIFY_N,
  OPTION_CLASSIFY_ADD,
  OPTION_CLASSIFY_TEST,
  OPTION_JUDGE,
  /* eval */
  OPTION_EVAL_DATA,
  OPTION_EVAL_N,
  OPTION_EVAL_JSON,
  OPTION_EVAL_OUTPUT,
  /* bench; the first four have other defaults there than in train */
  OPTION_BENCH_DATA,
  OPTION_BENCH_ARCH,
  OPTION_BENCH_BATCH,
  OPTION_BENCH_STEPS,
  OPTION_JSON,
  OPTION_NO_OVERLAP,
  OPTION_COSTS,
  /* info */
  OPTION_INFO_CONFIG,
  OPTIONS_COUNT
} OptionKey;

/* One parsed value. The option's type in the table says which member holds it. */
typedef struct OptionValue {
  bool given;  /* on the command line, in the config file or by a preset */
  bool preset; /* by a preset: a run that goes on keeps its own course and learning rates */
  int64_t integer;
  double real;      /* also seconds for times ("90", "30m", "1:30:00") */
  const char *text; /* NULL: no value */
} OptionValue;

typedef struct Options {
  const char *command;      /* "train" */
  const char *arguments[4]; /* what is not an option, after the command */
  int arguments_count;
  char **words; /* the command line as it was given, argv of main */
  int words_count;
  bool help; /* --help, --usage or --version was asked for and has been handled */
  OptionValue value[OPTIONS_COUNT];
} Options;

/* Parse the command line and the config file it names; defaults stand where nothing was given. Not
 * collective, the same on all ranks; prints only for --help and --version, and then only if `speak`. GT_USAGE
 * with a message that names the option or config key, what was found and what is expected. */
Status options_parse(Options *options, int argc, char **argv, bool speak);

/* A hash of all values, to see whether every rank has the same (config files may differ between machines). */
uint64_t options_hash(const Options *options);

/* Options that decide the result (marked so in the table) as attributes named like the option with '_' for
 * '-'. */
void options_recipe(const Options *options, Attributes *recipe);

/* Options of a run's course (its end, how often what is written, how much is kept), as attributes likewise,
 * but for those that are 0 by default or not used. A checkpoint has them beside the recipe. */
void options_course(const Options *options, Attributes *course);

/* For a resume: take every option of recipe and course that was not given, or only by the preset that stands
 * where none is named, from `recorded`, what a checkpoint at `path` has; GT_USAGE naming the first given one
 * that contradicts the recipe. Those that may change on the way may differ: changes[room] gets "g-lr 0.0002
 * -> 0.0001, ...", or "". */
Status options_adopt(Options *options, const Attributes *recorded, const char *path, char *changes,
                     size_t room);

/* All options of the recipe as they would be typed, into out[room]. */
void options_line(const Options *options, char *out, size_t room);

/* Those attributes of a run that are options of `gantrain train`, as the lines of a config file, to standard
 * output. */
void options_print_config(const Attributes *recipe);

/* The man page in troff, to standard output (used at build time). */
void options_print_man(void);

#endif
