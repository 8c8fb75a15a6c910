#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/math/blas.h"
#include "gantrain/options/commands.h"
#include "gantrain/train/stop.h"

static Status (*const run[COMMANDS_COUNT])(const World *world, Options *options) = {
    [COMMAND_TRAIN] = cmd_train,       [COMMAND_IMPORT] = cmd_import, [COMMAND_SAMPLE] = cmd_sample,
    [COMMAND_CLASSIFY] = cmd_classify, [COMMAND_EVAL] = cmd_eval,     [COMMAND_INFO] = cmd_info,
    [COMMAND_BENCH] = cmd_bench,
};

/* Runs a command and returns one outcome on all ranks. */
static Status run_command(const World *world, Options *options) {
  const Command *command = command_find(options->command);
  if (!command->serial) {
    return run[command - commands](world, options);
  }
  return comm_follow(world->rank == 0 ? run[command - commands](world, options) : GT_OK);
}

/* OpenBLAS reads its core type when it is loaded, so a better one needs the program to start again, before
 * MPI starts. blas_better_core() is NULL where the variable is set, so this happens at most once. */
static void choose_kernels(const Options *options, char **argv) {
  const Command *command = command_find(options->command);
  const char *core = command->computes ? blas_better_core() : NULL;
  if (core != NULL && setenv("OPENBLAS_CORETYPE", core, 1) == 0) {
    execv("/proc/self/exe", argv);
    log_warn(
        "OpenBLAS would be faster with OPENBLAS_CORETYPE=%s, but the program could not start itself again "
        "with it (%s)",
        core, strerror(errno));
  }
}

int main(int argc, char **argv) {
  Options options;
  World world;
  bool speak = world_launch_rank() == 0;
  log_set_rank(world_launch_rank());
  Status status = options_parse(&options, argc, argv, speak);
  if (status == GT_OK && options.help) {
    return GT_OK;
  }
  if (memory_check_limit() != GT_OK) {
    if (speak) {
      log_error("%s", status_message());
    }
    return GT_FAILED;
  }
  if (status == GT_OK) {
    choose_kernels(&options, argv);
    if (command_find(options.command)->stoppable) {
      stop_watch_signals(); /* before MPI_Init, which may take long */
    }
  }
  Status begun = world_begin(&world);
  if (begun != GT_OK) {
    if (log_rank() == 0) {
      log_error("%s", status_message());
    }
    world_end();
    return (int)begun;
  }
  status = comm_agree(status); /* a config file may exist on some machines only */
  if (status == GT_OK) {
    status = comm_check_same(options_hash(&options), "the options");
  }
  if (status == GT_OK) {
    status = run_command(&world, &options);
  }
  if (status != GT_OK && world.rank == 0) {
    if (status == GT_MORE_WORK) {
      log_info("%s", status_message());
    } else {
      log_error("%s", status_message());
    }
  }
  log_close();
  world_end();
  return (int)status;
}
