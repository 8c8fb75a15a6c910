/* The config file: "key = value" lines read with inih, whose reader is ours: it counts lines for the
 * messages, refuses lines that inih would cut silently, and takes the indentation that inih would read as a
 * continuation of the line before. */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gantrain/options/option_table.h"

#define LINE_MAX_BYTES 4096

typedef struct Config {
  const char *path;
  FILE *file;
  int line;
  Options *options;
  const Command *command;
  bool in_file[OPTIONS_COUNT]; /* which keys the file has had */
  Status outcome;
} Config;

/* Move the text to the line's start and cut off " # comment", which inih knows only with ';'. */
static void tidy_line(char *line) {
  char *text = line;
  while (isblank((unsigned char)*text)) {
    text++;
  }
  memmove(line, text, strlen(text) + 1);
  for (char *c = line; *c != '\0'; c++) {
    if (*c == '#' && c > line && isblank((unsigned char)c[-1])) {
      *c = '\0';
      return;
    }
  }
}

static char *read_line(char *out, int size, void *context) {
  Config *config = context;
  char line[LINE_MAX_BYTES];
  if (config->outcome != GT_OK || fgets(line, sizeof line, config->file) == NULL) {
    return NULL;
  }
  config->line++;
  tidy_line(line);
  if (strlen(line) >= (size_t)size - 2) {
    config->outcome = status_set(GT_USAGE, "%s:%d: the line is too long; at most %d letters fit",
                                 config->path, config->line, size - 3);
    return NULL;
  }
  memcpy(out, line, strlen(line) + 1);
  return out;
}

static Status set_key(Config *config, const char *section, const char *name, const char *text) {
  char where[GT_MESSAGE_MAX / 2];
  snprintf(where, sizeof where, "%s:%d: %s", config->path, config->line, name);
  const OptionRow *row = option_find(name, config->command);
  if (section[0] != '\0') {
    return status_set(GT_USAGE, "%s:%d: sections such as [%s] are not used; write only key = value lines",
                      config->path, config->line, section);
  }
  if (row == NULL) {
    const OptionRow *nearest = option_nearest(name, config->command);
    return status_set(GT_USAGE, "%s:%d: unknown key \"%s\"; %s%s", config->path, config->line, name,
                      nearest != NULL ? "did you mean " : "the keys are the options of gantrain ",
                      nearest != NULL ? nearest->name : config->command->name);
  }
  OptionKey key = option_key(row);
  if (key == OPTION_CONFIG) {
    return status_set(GT_USAGE, "%s: a config file cannot name another one", where);
  }
  if (config->in_file[key]) {
    return status_set(GT_USAGE, "%s is given twice in this file", where);
  }
  config->in_file[key] = true;
  OptionValue value = {0};
  GT_TRY(option_read(&value, row, text, where));
  value.given = row->type != OPTION_FLAG || value.integer != 0; /* "no" is as if it were not there */
  value.text = value.text != NULL ? option_keep_text(key, value.text) : NULL;
  const OptionValue *rival = key == OPTION_EPOCHS  ? &config->options->value[OPTION_STEPS]
                             : key == OPTION_STEPS ? &config->options->value[OPTION_EPOCHS]
                                                   : NULL;
  bool rival_wins =
      rival != NULL && rival->given && !config->in_file[key == OPTION_EPOCHS ? OPTION_STEPS : OPTION_EPOCHS];
  if (!config->options->value[key].given && !rival_wins) {
    config->options->value[key] = value;
  }
  return GT_OK;
}

static int on_pair(void *context, const char *section, const char *name, const char *value) {
  Config *config = context;
  if (config->outcome == GT_OK) {
    config->outcome = set_key(config, section, name, value);
  }
  return config->outcome == GT_OK;
}

static Status open_config(Config *config) {
  struct stat about;
  config->file = fopen(config->path, "r");
  if (config->file == NULL) {
    return status_set(GT_USAGE, "--config %s: cannot be read (%s)", config->path, strerror(errno));
  }
  if (fstat(fileno(config->file), &about) != 0 || S_ISDIR(about.st_mode)) {
    return status_set(GT_USAGE, "--config %s: is a folder; expected a text file of key = value lines",
                      config->path);
  }
  return GT_OK;
}

Status config_read(Options *options, const char *path) {
  Config config = {.path = path, .options = options, .command = command_find(options->command)};
  Status outcome = open_config(&config);
  if (outcome == GT_OK) {
    int bad_line = ini_parse_stream(read_line, &config, on_pair, &config);
    outcome = config.outcome;
    if (outcome == GT_OK && ferror(config.file)) {
      outcome = status_set(GT_USAGE, "--config %s: cannot be read (%s)", path, strerror(errno));
    } else if (outcome == GT_OK && bad_line != 0) {
      outcome = status_set(GT_USAGE, "%s:%d: not understood; expected key = value", path, bad_line);
    }
  }
  if (config.file != NULL) {
    fclose(config.file);
  }
  return outcome;
}
