/* The table of options, and how one value is read from text. */
#ifndef GANTRAIN_OPTION_TABLE_H
#define GANTRAIN_OPTION_TABLE_H

#include <stddef.h>

#include "gantrain/options/commands.h"
#include "gantrain/options/options.h"

typedef enum OptionType {
  OPTION_FLAG,   /* integer 0 or 1; no value on the command line, yes or no in a config file */
  OPTION_INT,    /* integer */
  OPTION_REAL,   /* real */
  OPTION_TEXT,   /* text */
  OPTION_TIME,   /* real, in seconds: "90", "30m", "1:30:00", "1-00:00:00" */
  OPTION_CHOICE, /* text, one of `choices` */
} OptionType;

/* Groups of the help, in its order. */
typedef enum OptionGroup { GROUP_FILES, GROUP_RECIPE, GROUP_RUN, GROUPS_COUNT } OptionGroup;

typedef struct OptionRow {
  const char *name; /* without the dashes; the config key, and with '_' for '-' the attribute */
  char letter;      /* 0: none */
  OptionType type;
  const char *argument; /* what the help calls the value */
  const char *fallback; /* default, in the form a user would type; NULL: none */
  const char *choices;  /* OPTION_CHOICE: words with ", " between them */
  double min, max;      /* OPTION_INT, OPTION_REAL and OPTION_TIME */
  bool open_min;        /* the minimum itself is not allowed */
  bool open_max;
  bool required;
  bool recipe;       /* decides the result: kept in all files of a run, compared on resume */
  bool addition;     /* of the recipe: does nothing at its fallback, and is then neither recorded nor shown */
  bool changeable;   /* of the recipe, but a resume may give another value: recorded as a change */
  bool course;       /* kept in checkpoints: a resume takes it from there where it is not given */
  unsigned commands; /* bit set of 1 << CommandKey */
  OptionGroup group;
  const char *doc;
} OptionRow;

extern const OptionRow option_table[OPTIONS_COUNT];
extern const char *const option_groups[GROUPS_COUNT];

/* Read `text` into *value. `where` stands before the message ("--batch", "run.conf:3: batch"). GT_USAGE. */
Status option_read(OptionValue *value, const OptionRow *row, const char *text, const char *where);

/* The option of the command that `word` begins, or that is nearest within two edits; NULL if there is none.
 */
const OptionRow *option_nearest(const char *word, const Command *command);

/* Edits (insert, delete, replace, swap neighbours) between two words. Words of 40 letters or more: 99. */
int edit_distance(const char *a, const char *b);

/* Find by long name among the command's options; NULL if there is none. */
const OptionRow *option_find(const char *name, const Command *command);

/* Keep a copy of `text` for an option for as long as the program runs (or until the next copy for it). */
const char *option_keep_text(OptionKey key, const char *text);

static inline OptionKey option_key(const OptionRow *row) {
  return (OptionKey)(row - option_table);
}

static inline bool option_belongs(const OptionRow *row, const Command *command) {
  return (row->commands >> (command - commands) & 1u) != 0;
}

/* One option as it would be typed ("--g-lr 0.0002", "--exact") into out[room], of at least 80 letters; false,
 * and an empty text, for a flag that is off and an option without a value. */
bool option_format(char *out, size_t room, const OptionRow *row, const OptionValue *value);

/* The config file: sets what has not been given. */
Status config_read(Options *options, const char *path);

/* The values of --preset for what has not been given. Where there is none, those of the preset that has the
 * name of --arch, or else of `quick`, whose name becomes the value of --preset, which stays not given.
 * GT_USAGE for an unknown name, with the list of names. */
Status preset_apply(Options *options);

/* The default as help tells it: "64 of the preset quick, else 256", into out[room]; false where there is
 * none.
 */
bool option_default(char *out, size_t room, const OptionRow *row);

/* What stands where nothing is given: a number without a default is NaN (real) or 0. */
Status option_reset(OptionValue *value, const OptionRow *row);

/* Text of --help to standard output: of the whole program when `command` is NULL. */
void help_print(const Command *command);
void help_print_usage(const Command *command);

#endif
