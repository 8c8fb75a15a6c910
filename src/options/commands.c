#include "gantrain/options/commands.h"

#include <string.h>

const Command commands[COMMANDS_COUNT] = {
    [COMMAND_TRAIN] =
        {.name = "train",
         .arguments = "",
         .summary = "train a generator and a discriminator (the default command)",
         .details = "Every rank holds both networks and a part of the images; gradients are summed over "
                    "all ranks. The same recipe trains the same model on any number of ranks. A run that "
                    "was stopped goes on with --resume, also on another number of ranks.",
         .stoppable = true},
    [COMMAND_IMPORT] =
        {.name = "import",
         .arguments = "idx DIR",
         .arguments_count = 2,
         .summary = "turn image files into a data set",
         .details = "Reads the four IDX files of MNIST (or of a data set in the same form) in DIR, plain "
                    "or .gz, checks them and writes one HDF5 file with train, validation and test parts.",
         .serial = true},
    [COMMAND_SAMPLE] = {.name = "sample",
                        .arguments = "RUN|CHECKPOINT",
                        .arguments_count = 1,
                        .summary = "draw images from a trained generator",
                        .details = "Takes the newest whole checkpoint of a run's folder, or the one named.",
                        .serial = true},
    [COMMAND_INFO] = {.name = "info",
                      .arguments = "FILE|RUN",
                      .arguments_count = 1,
                      .summary = "say in words what a file or a run's folder holds",
                      .details = "Knows data sets, checkpoints, samples and metrics.",
                      .serial = true},
    [COMMAND_BENCH] =
        {.name = "bench",
         .arguments = "",
         .summary = "measure how fast this machine trains",
         .details =
             "Start it as training will be started (mpirun -np 2 gantrain bench). Prints images/s and "
             "GFLOP/s beside the rate of a large matrix product on the same cores, where a step's time "
             "goes, how much of the communication hides behind work, and the memory that was needed. "
             "Writes nothing but --json FILE.",
         .computes = true},
};

const Command *command_find(const char *name) {
  for (int i = 0; i < COMMANDS_COUNT; i++) {
    if (strcmp(commands[i].name, name) == 0) {
      return &commands[i];
    }
  }
  return NULL;
}
