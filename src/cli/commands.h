/* The table of subcommands. To add one: a CommandKey, its line in commands.c and its cmd_NAME.c. */
#ifndef GANTRAIN_CLI_COMMANDS_H
#define GANTRAIN_CLI_COMMANDS_H

#include <stdbool.h>

#include "gantrain/dist.h"
#include "gantrain/options.h"

typedef enum CommandKey {
  COMMAND_TRAIN,
  COMMAND_IMPORT,
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
  bool computes;         /* uses matrix products: worth choosing the right OpenBLAS kernels first */
  bool stoppable;        /* ends early, with all that it did, when a signal asks for it */
  Status (*run)(const World *world, Options *options);
} Command;

extern const Command commands[COMMANDS_COUNT];

/* NULL for an unknown name. */
const Command *command_find(const char *name);

/* Run the command that the options name, to one outcome that all ranks share. Collective. */
Status command_run(const World *world, Options *options);

Status cmd_train(const World *world, Options *options);  /* collective; returns the same on all ranks */
Status cmd_import(const World *world, Options *options); /* serial */
Status cmd_sample(const World *world, Options *options); /* serial */
Status cmd_info(const World *world, Options *options);   /* serial */
Status cmd_bench(const World *world, Options *options);  /* collective; returns the same on all ranks */

#endif
