#include "gantrain/options/commands.h"

#include <string.h>

const Command commands[COMMANDS_COUNT] = {
    [COMMAND_TRAIN] =
        {.name = "train",
         .arguments = "",
         .summary = "train a generator and a discriminator (the default command)",
         .details = "Every rank has both networks and a part of the images; gradients are summed over "
                    "all ranks. The same recipe trains the same model on any number of ranks. A run that "
                    "was stopped continues with --resume, also on another number of ranks.",
         .stoppable = true},
    [COMMAND_IMPORT] =
        {.name = "import",
         .arguments = "idx|stacked SOURCE",
         .arguments_count = 2,
         .summary = "turn image files into a data set",
         .details = "`idx DIR` reads the four IDX files of MNIST (or of a data set in the same form) in DIR, "
                    "plain or .gz, checks them and writes one HDF5 file with train, validation and test "
                    "parts. `stacked FILE.h5` makes colour images of the digits in such a file: the channels "
                    "of each are three digits drawn by --seed, and its label is the number 0 to 999 that "
                    "they form. eval then counts how many of these modes a generator has.",
         .serial = true},
    [COMMAND_EVAL] =
        {.name = "eval",
         .arguments = "RUN|CHECKPOINT|FILE.h5:/PATH",
         .arguments_count = 1,
         .summary = "measure how good images are, on all ranks",
         .details =
             "Draws images from a run's newest checkpoint (or takes those of a file) and compares them "
             "with test images: Frechet and kernel distance, precision and recall, density and "
             "coverage, classes, pixels, spectrum, and whether training images were copied. Beside each "
             "figure stands its floor, the same figure of training images. The judge whose "
             "features are compared is kept beside the data, and trained where there is none. The figures "
             "have the same bits on any number of ranks.",
         .computes = true},
    [COMMAND_CLASSIFY] =
        {.name = "classify",
         .arguments = "train|test",
         .arguments_count = 1,
         .summary = "train a classifier of labelled images, or test one",
         .details = "The judge that eval measures with, or any classifier of a labelled data set. `train` "
                    "learns from the training part and writes one file with the accuracy and the confusion "
                    "matrix on the test part; `test` measures such a file again, also on other data. The "
                    "results have the same bits on any number of ranks."},
    [COMMAND_SAMPLE] =
        {.name = "sample",
         .arguments = "RUN|CHECKPOINT",
         .arguments_count = 1,
         .summary = "draw images from a trained generator",
         .details =
             "Draws with the newest whole checkpoint of a run's folder, or with the one that is named.",
         .serial = true},
    [COMMAND_INFO] = {.name = "info",
                      .arguments = "FILE|RUN",
                      .arguments_count = 1,
                      .summary = "describe what a file or a run's folder holds",
                      .details = "Describes data sets, checkpoints, samples and metrics.",
                      .serial = true},
    [COMMAND_BENCH] =
        {.name = "bench",
         .arguments = "",
         .summary = "measure how fast this machine trains",
         .details =
             "Start it in the same way as training (mpirun -np 2 gantrain bench). Prints images/s and "
             "GFLOP/s beside the rate of a large matrix product on the same cores, where a step's time "
             "goes, how much of the communication is hidden behind computation, and the memory needed. "
             "Writes no file but that of --json.",
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
