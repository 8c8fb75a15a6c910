/* The command line: words to values by the table, and a run's recipe. Parsing is our own, because argp stops
 * or prints by itself, takes abbreviations, and cannot name the nearest option; its help formatter is used.
 */
#include "gantrain/options/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "gantrain/options/option_table.h"

/* A command line on its way through the parser. */
typedef struct Words {
  int count;
  char **list;
  int next;
  int command; /* where the command stands among the words, which may have options before it; 0: nowhere */
} Words;

static Status unknown_command(const char *word) {
  char names[128] = "";
  const Command *nearest = NULL;
  for (int i = 0; i < COMMANDS_COUNT; i++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", commands[i].name);
    if (edit_distance(word, commands[i].name) <= 2) {
      nearest = &commands[i];
    }
  }
  if (nearest != NULL) {
    return status_set(GT_USAGE, "unknown command \"%s\"; did you mean %s?", word, nearest->name);
  }
  return status_set(GT_USAGE, "unknown command \"%s\"; the commands are: %s", word, names);
}

static Status unknown_option(const char *name, const Command *command) {
  const OptionRow *nearest = option_nearest(name, command);
  for (int i = 0; i < COMMANDS_COUNT; i++) {
    const OptionRow *elsewhere = option_find(name, &commands[i]);
    if (elsewhere != NULL) {
      return status_set(GT_USAGE, "--%s is an option of \"gantrain %s\", not of \"gantrain %s\"", name,
                        commands[i].name, command->name);
    }
  }
  if (nearest != NULL) {
    return status_set(GT_USAGE, "unknown option --%s; did you mean --%s?", name, nearest->name);
  }
  return status_set(GT_USAGE, "unknown option --%s; \"gantrain %s --help\" lists them", name, command->name);
}

/* Set one option from the command line; `inside` is the value that came in the same word, or NULL. */
static Status set_option(Options *options, const OptionRow *row, const char *inside, Words *words) {
  char where[64];
  OptionValue *value = &options->value[option_key(row)];
  snprintf(where, sizeof where, "--%s", row->name);
  if (value->given) {
    return status_set(GT_USAGE, "%s is given twice", where);
  }
  if (row->type == OPTION_FLAG) {
    if (inside != NULL) {
      return status_set(GT_USAGE, "%s takes no value, but has \"%s\"", where, inside);
    }
    value->integer = 1;
    value->given = true;
    return GT_OK;
  }
  if (inside == NULL) {
    bool more = words->next < words->count;
    if (!more || strncmp(words->list[words->next], "--", 2) == 0) {
      return status_set(GT_USAGE, "%s needs a value: --%s %s", where, row->name, row->argument);
    }
    inside = words->list[words->next++];
  }
  GT_TRY(option_read(value, row, inside, where));
  value->given = true;
  return GT_OK;
}

static Status parse_long(Options *options, const Command *command, const char *word, Words *words) {
  char name[64];
  const char *equals = strchr(word, '=');
  int length = equals != NULL ? (int)(equals - word) : (int)strlen(word);
  snprintf(name, sizeof name, "%.*s", length, word);
  const OptionRow *row = option_find(name, command);
  return row == NULL ? unknown_option(name, command)
                     : set_option(options, row, equals != NULL ? equals + 1 : NULL, words);
}

static Status parse_short(Options *options, const Command *command, const char *word, Words *words) {
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    if (row->letter != 0 && row->letter == word[0] && option_belongs(row, command)) {
      return set_option(options, row, word[1] != '\0' ? word + 1 : NULL, words);
    }
  }
  const OptionRow *same = option_find(word, command);
  return status_set(GT_USAGE, "unknown option -%s; %s%s%s", word,
                    same != NULL ? "did you mean --" : "see \"gantrain ",
                    same != NULL ? same->name : command->name, same != NULL ? "?" : " --help\"");
}

static Status add_argument(Options *options, const Command *command, const char *word) {
  if (options->arguments_count == command->arguments_count) {
    return status_set(GT_USAGE, "\"%s\" is one argument too many; expected: gantrain %s [OPTIONS]%s%s", word,
                      command->name, command->arguments[0] != '\0' ? " " : "", command->arguments);
  }
  options->arguments[options->arguments_count++] = word;
  return GT_OK;
}

/* Does an option take the next word as its value? Of options of one name the first one counts. */
static bool takes_next_word(const char *word) {
  const char *equals = strchr(word, '=');
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    bool is_long = word[1] == '-' && equals == NULL && strcmp(word + 2, row->name) == 0;
    bool is_short = word[1] != '-' && row->letter != 0 && word[1] == row->letter && word[2] == '\0';
    if (is_long || is_short) {
      return row->type != OPTION_FLAG;
    }
  }
  return false;
}

/* The command is the first word that is neither an option nor an option's value. Where options stand before
 * it and it is none that we know, it is an argument too many of the command that needs no name. */
static Status find_command(const Command **command, Words *words) {
  int i = 1;
  while (i < words->count && words->list[i][0] == '-' && strcmp(words->list[i], "--") != 0) {
    i += takes_next_word(words->list[i]) ? 2 : 1;
  }
  *command = &commands[COMMAND_TRAIN];
  const Command *found = i < words->count ? command_find(words->list[i]) : NULL;
  if (found != NULL) {
    *command = found;
    words->command = i;
  } else if (words->count > 1 && words->list[1][0] != '-') {
    return unknown_command(words->list[1]);
  }
  return GT_OK;
}

/* "help" and "help COMMAND": as --help and COMMAND --help. */
static Status handle_help_command(Options *options, const Words *words, bool speak) {
  const char *word = words->count > 2 && words->list[2][0] != '-' ? words->list[2] : NULL;
  const Command *command = word != NULL ? command_find(word) : NULL;
  if (word != NULL && command == NULL) {
    return unknown_command(word);
  }
  if (speak) {
    help_print(command);
  }
  options->help = true;
  return GT_OK;
}

/* --help, --usage and --version, wherever they stand. */
static bool handle_help(const Command *command, const Words *words, bool speak) {
  for (int i = words->next; i < words->count && strcmp(words->list[i], "--") != 0; i++) {
    const char *word = words->list[i];
    bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    bool usage = strcmp(word, "--usage") == 0;
    bool version = strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0;
    if (!help && !usage && !version) {
      continue;
    }
    if (speak && help) {
      help_print(words->command > 0 ? command : NULL);
    } else if (speak && usage) {
      help_print_usage(command);
    } else if (speak) {
      printf("gantrain %s\n", GANTRAIN_VERSION);
    }
    return true;
  }
  return false;
}

static Status parse_words(Options *options, const Command *command, Words *words) {
  bool only_arguments = false;
  while (words->next < words->count) {
    const char *word = words->list[words->next++];
    if (words->command > 0 && words->next - 1 == words->command) {
      continue;
    }
    if (only_arguments || word[0] != '-' || word[1] == '\0') {
      GT_TRY(add_argument(options, command, word));
    } else if (strcmp(word, "--") == 0) {
      only_arguments = true;
    } else if (word[1] == '-') {
      GT_TRY(parse_long(options, command, word + 2, words));
    } else {
      GT_TRY(parse_short(options, command, word + 1, words));
    }
  }
  return GT_OK;
}

static Status set_defaults(Options *options) {
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    GT_TRY(option_reset(&options->value[i], &option_table[i]));
  }
  return GT_OK;
}

/* What the values must fulfil together. */
static Status check_together(Options *options, const Command *command) {
  OptionValue *value = options->value;
  if (options->arguments_count < command->arguments_count) {
    return status_set(GT_USAGE, "an argument is missing; expected: gantrain %s [OPTIONS] %s", command->name,
                      command->arguments);
  }
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    if (row->required && option_belongs(row, command) && !value[i].given) {
      return status_set(GT_USAGE, "gantrain %s needs --%s %s (-%c)", command->name, row->name, row->argument,
                        row->letter);
    }
  }
  if (value[OPTION_RESUME].given && value[OPTION_AUTO_RESUME].given) {
    return status_set(GT_USAGE, "--auto-resume contains --resume: give one of them");
  }
  if (value[OPTION_EPOCHS].given && value[OPTION_STEPS].given) {
    return status_set(GT_USAGE, "--epochs and --steps exclude each other: give one of them");
  }
  if (value[OPTION_STEPS].given) {
    value[OPTION_EPOCHS].integer = 0;
  }
  if (value[OPTION_LR].given && value[OPTION_G_LR].given && value[OPTION_D_LR].given) {
    return status_set(GT_USAGE, "--lr has no effect beside --g-lr and --d-lr: leave one of the three out");
  }
  const OptionKey rates[] = {OPTION_G_LR, OPTION_D_LR};
  for (int i = 0; i < 2 && value[OPTION_LR].given; i++) {
    if (!value[rates[i]].given) {
      value[rates[i]] = value[OPTION_LR];
    }
  }
  return GT_OK;
}

Status options_parse(Options *options, int argc, char **argv, bool speak) {
  Words words = {.count = argc, .list = argv, .next = 1};
  const Command *command = NULL;
  memset(options, 0, sizeof *options);
  options->command = commands[COMMAND_TRAIN].name;
  options->words = argv;
  options->words_count = argc;
  GT_TRY(set_defaults(options));
  if (argc > 1 && strcmp(argv[1], "help") == 0) {
    return handle_help_command(options, &words, speak);
  }
  GT_TRY(find_command(&command, &words));
  options->command = command->name;
  if (handle_help(command, &words, speak)) {
    options->help = true;
    return GT_OK;
  }
  GT_TRY(parse_words(options, command, &words));
  if (options->value[OPTION_CONFIG].given) {
    GT_TRY(config_read(options, options->value[OPTION_CONFIG].text));
  }
  GT_TRY(command == &commands[COMMAND_TRAIN] ? preset_apply(options) : GT_OK);
  return check_together(options, command);
}

uint64_t options_hash(const Options *options) {
  uint64_t hash = 0;
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionValue *value = &options->value[i];
    hash = XXH3_64bits_withSeed(&value->given, sizeof value->given, hash);
    hash = XXH3_64bits_withSeed(&value->integer, sizeof value->integer, hash);
    hash = XXH3_64bits_withSeed(&value->real, sizeof value->real, hash);
    if (value->text != NULL) {
      hash = XXH3_64bits_withSeed(value->text, strlen(value->text), hash);
    }
  }
  return hash;
}
