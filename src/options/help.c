/* --help and --usage, laid out by argp. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/options/option_table.h"

#define ROWS_MAX (OPTIONS_COUNT + GROUPS_COUNT + 4)
#define DOC_MAX 480

/* What argp wants; one of them, because help is printed once. */
static struct {
  struct argp_option options[ROWS_MAX];
  char docs[OPTIONS_COUNT][DOC_MAX];
  char doc[2048];
  char name[64];
} help;

static void add_rows(const Command *command) {
  int count = 0;
  char otherwise[64];
  for (int group = 0; group < GROUPS_COUNT; group++) {
    bool headed = false;
    for (int i = 0; i < OPTIONS_COUNT; i++) {
      const OptionRow *row = &option_table[i];
      if (row->group != (OptionGroup)group || command == NULL || !option_belongs(row, command)) {
        continue;
      }
      if (!headed && command == &commands[COMMAND_TRAIN]) { /* the others have too few options for groups */
        help.options[count++] = (struct argp_option){.doc = option_groups[group], .group = group + 1};
        headed = true;
      }
      bool known = option_default(otherwise, sizeof otherwise, row);
      snprintf(help.docs[i], DOC_MAX, known ? "%s (default: %s)" : "%s", row->doc, otherwise);
      help.options[count++] = (struct argp_option){.name = row->name,
                                                   .key = row->letter != 0 ? row->letter : 256 + i,
                                                   .arg = row->argument,
                                                   .doc = help.docs[i],
                                                   .group = group + 1};
    }
  }
  help.options[count++] =
      (struct argp_option){.name = "help", .key = 'h', .doc = "print this text", .group = GROUPS_COUNT + 1};
  help.options[count] = (struct argp_option){
      .name = "version", .key = 'V', .doc = "print the version", .group = GROUPS_COUNT + 1};
}

static void print(const Command *command, unsigned flags) {
  add_rows(command);
  if (command != NULL) {
    snprintf(help.name, sizeof help.name, "gantrain %s", command->name);
    snprintf(help.doc, sizeof help.doc, "gantrain %s: %s.\v%s", command->name, command->summary,
             command->details);
  } else {
    snprintf(help.name, sizeof help.name, "gantrain");
    int used = snprintf(help.doc, sizeof help.doc,
                        "Train generative adversarial networks data-parallel over MPI:\n"
                        "  mpirun -np 2 gantrain\n\nCommands:\n");
    for (int i = 0; i < COMMANDS_COUNT; i++) {
      used += snprintf(help.doc + used, sizeof help.doc - (size_t)used, "  %-8s %s\n", commands[i].name,
                       commands[i].summary);
    }
    snprintf(
        help.doc + used, sizeof help.doc - (size_t)used,
        "\v\"gantrain COMMAND --help\" lists a command's options. Exit codes: 0 done, 1 failed, 2 wrong use, "
        "75 stopped early after a checkpoint: start again with --resume.");
  }
  struct argp argp = {.options = help.options,
                      .doc = help.doc,
                      .args_doc = command != NULL ? command->arguments : "[COMMAND] [ARGS]"};
  argp_help(&argp, stdout, flags, help.name);
  fflush(stdout);
}

void help_print(const Command *command) {
  setenv("ARGP_HELP_FMT", "no-dup-args-note", 0); /* a note that every help would end with */
  print(command, ARGP_HELP_SHORT_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC);
}

void help_print_usage(const Command *command) {
  print(command, ARGP_HELP_USAGE);
}
