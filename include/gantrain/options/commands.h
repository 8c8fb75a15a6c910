/* The table of commands: what the command line, the help and the man page know of them. To add one: a
 * CommandKey, its row in commands.c, and in src/cli its function in main.c's table. */
#ifndef GANTRAIN_COMMANDS_H
#define GANTRAIN_COMMANDS_H

#include <stdbool.h>

typedef enum CommandKey {
  COMMAND_TRAIN,
  COMMAND_IMPORT,
  COMMAND_EVAL,
  COMMAND_CLASSIFY,
  COMMAND_SAMPLE,
  COMMAND_INFO,
  COMMAND_BENCH,
  COMMANDS_COUNT
} CommandKey;

typedef struct Command {
  const char *name;
  const char *arguments; /* as the help shows them, "" for none */
  int arguments_count;   /* exactly so many */
  const char *summary;   /* one line */
  const char *details;   /* the help's second paragraph */
  bool serial;           /* rank 0 alone runs it; the others wait for its outcome */
  bool computes;         /* uses OpenBLAS: worth choosing the right kernels of it first */
  bool stoppable;        /* ends early, with all that it did, when a signal asks for it */
} Command;

extern const Command commands[COMMANDS_COUNT];

/* NULL for an unknown name. */
const Command *command_find(const char *name);

#endif
