/* The one table of options: command line, config keys, attributes, help and man page all come from here. */
#include "gantrain/options/option_table.h"

#include <math.h>

#define TRAIN (1u << COMMAND_TRAIN)
#define IMPORT (1u << COMMAND_IMPORT)
#define SAMPLE (1u << COMMAND_SAMPLE)
#define INFO (1u << COMMAND_INFO)
#define CLASSIFY (1u << COMMAND_CLASSIFY)
#define EVAL (1u << COMMAND_EVAL)
#define BENCH (1u << COMMAND_BENCH)

#define ROWS_MAX 1e9 /* rows and steps are counted in 32 bits by the random streams */
#define TIME_MAX 31622400.0

const char *const option_groups[GROUPS_COUNT] = {
    [GROUP_FILES] = "Files",
    [GROUP_RECIPE] = "Recipe: what decides the result",
    [GROUP_RUN] = "Course of the run",
};

/* clang-format off */
const OptionRow option_table[OPTIONS_COUNT] = {
  [OPTION_DATA] = {.name = "data", .type = OPTION_TEXT, .argument = "FILE[:/PATH]", .commands = TRAIN | CLASSIFY,
    .doc = "HDF5 file of images, or one stack of images in it (default: data/mnist.h5 where it exists, else the "
           "3,000 embedded MNIST images)"},
  [OPTION_OUT] = {.name = "out", .type = OPTION_TEXT, .argument = "DIR", .commands = TRAIN,
    .doc = "the run's folder (default: runs/ARCH-SEED)"},
  [OPTION_RESUME] = {.name = "resume", .type = OPTION_FLAG, .commands = TRAIN,
    .doc = "continue from the newest whole checkpoint of the run's folder, which must have one"},
  [OPTION_AUTO_RESUME] = {.name = "auto-resume", .type = OPTION_FLAG, .commands = TRAIN,
    .doc = "as --resume where the run's folder has a checkpoint, else begin a new run; for job scripts, which run the same "
           "command again and again"},
  [OPTION_PRESET] = {.name = "preset", .type = OPTION_TEXT, .argument = "NAME", .commands = TRAIN,
    .group = GROUP_RECIPE,
    .doc = "a named set of option values, which count as if they were typed; options that are typed beside it win: quick (good digits in minutes), best (the same for longer), "
           "article, mlp or dcgan (these architectures); without it --arch begins with the preset of its name, and "
           "everything else with quick"},
  [OPTION_ARCH] = {.name = "arch", .type = OPTION_TEXT, .argument = "NAME", .fallback = "mlp", .recipe = true,
    .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "the two networks: article (as the article has them), mlp (the same with changes that make them learn), dcgan "
           "(convolutions), cnn (convolutions without normalisation, for any size) or resnet (the same with residual "
           "blocks, for larger images)"},
  [OPTION_LOSS] = {.name = "loss", .type = OPTION_CHOICE, .argument = "NAME", .fallback = "cross-entropy",
    .choices = "cross-entropy, minimax, least-squares, hinge, wasserstein, rpgan", .recipe = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "the loss of both players: cross-entropy, minimax (its original form, one game of both players), least-squares, hinge, "
           "wasserstein (with a penalty, such as --gradient-penalty 10), or rpgan, cross-entropy on the difference between a real image and a fake, "
           "best with --r1 and --r2"},
  [OPTION_R1] = {.name = "r1", .type = OPTION_REAL, .argument = "G", .fallback = "0", .min = 0, .max = 1e6,
    .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "penalty on D at real images: G/2 times the mean squared norm of its logit's gradient by the image, added "
           "to D's loss (with every loss but rpgan, to the sum of its two parts); good values lie between 0.1 and 10"},
  [OPTION_R2] = {.name = "r2", .type = OPTION_REAL, .argument = "G", .fallback = "0", .min = 0, .max = 1e6,
    .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "the penalty of --r1 at fakes"},
  [OPTION_GRADIENT_PENALTY] = {.name = "gradient-penalty", .type = OPTION_REAL, .argument = "L", .fallback = "0",
    .min = 0, .max = 1e6, .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "penalty on D between real images and fakes, as of WGAN-GP: L times the mean of (|g| - 1)^2, where g is its "
           "logit's gradient by the image; usual are 10 and --loss wasserstein"},
  [OPTION_LIPSCHITZ_CAP] = {.name = "lipschitz-cap", .type = OPTION_REAL, .argument = "L", .fallback = "0", .min = 0,
    .max = 1e6, .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "the one-sided form of --gradient-penalty, for |g| above 1 only: L times the mean of max(0, |g| - 1)^2"},
  [OPTION_SMOOTH_LABELS] = {.name = "smooth-labels", .type = OPTION_REAL, .argument = "P", .fallback = "1", .min = 0.5,
    .max = 1, .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "label of real images for D, such as 0.9, in losses with labels: cross-entropy, minimax and least-squares"},
  [OPTION_FLIP_LABELS] = {.name = "flip-labels", .type = OPTION_REAL, .argument = "P", .fallback = "0", .min = 0,
    .max = 0.5, .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "probability that D gets the wrong label of an image, in losses with labels as for --smooth-labels; usual are 0.01 to 0.05"},
  [OPTION_D_STEPS] = {.name = "d-steps", .type = OPTION_INT, .argument = "N", .fallback = "1", .min = 1, .max = 100,
    .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "updates of D for each of G, every one on a batch of real images and fakes of its own: a step then takes N "
           "times --batch training images; 5 is usual with --gradient-penalty"},
  [OPTION_REUSE_FAKES] = {.name = "reuse-fakes", .type = OPTION_FLAG, .recipe = true, .addition = true, .commands = TRAIN | BENCH,
    .group = GROUP_RECIPE,
    .doc = "G learns from the fakes that D has just learned from, scored by the updated D, instead of from fresh ones: "
           "a step is shorter by one forward pass of G"},
  [OPTION_AVERAGE] = {.name = "average", .type = OPTION_REAL, .argument = "H", .fallback = "0", .min = 0, .max = 1e12,
    .recipe = true, .addition = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "images are drawn with an exponential moving average of the generator's parameters with a half-life of H "
           "images, at most a twentieth of all that were seen; 0: with the parameters themselves"},
  [OPTION_PACK] = {.name = "pack", .type = OPTION_INT, .argument = "M", .fallback = "1", .min = 1, .max = 64,
    .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "the discriminator scores M images at a time, side by side as channels (PacGAN), so that it can see mode "
           "collapse; a shard's part of the batch must be a multiple of M"},
  [OPTION_CONDITION] = {.name = "condition", .type = OPTION_CHOICE, .argument = "WHAT", .choices = "labels",
    .recipe = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "what images are conditioned on, so that it can be chosen when they are drawn (gantrain sample --class): "
           "labels, the classes of the training images"},
  [OPTION_AUGMENT] = {.name = "augment", .type = OPTION_TEXT, .argument = "NAMES", .fallback = "none", .recipe = true, .addition = true,
    .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "for small data sets: the discriminator sees real images and fakes changed at random, each in its own way: "
           "translation (by up to an eighth of height and width), cutout (a rectangle of half their size), brightness, or "
           "several with commas between them; what comes in from outside or is cut out is background, the lowest value of "
           "the data. --r1 and --r2 then act at the changed images"},
  [OPTION_AUGMENT_PROBABILITY] = {.name = "augment-probability", .type = OPTION_REAL, .argument = "P", .fallback = "1",
    .min = 0, .max = 1, .open_min = true, .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "probability of each kind of --augment for an image"},
  [OPTION_EPOCHS] = {.name = "epochs", .type = OPTION_INT, .argument = "E", .fallback = "20", .min = 1,
    .max = ROWS_MAX, .course = true, .commands = TRAIN, .group = GROUP_RUN,
    .doc = "train until so many epochs are done, counted from the run's start; a preset may have --steps instead"},
  [OPTION_STEPS] = {.name = "steps", .type = OPTION_INT, .argument = "N", .min = 1, .max = ROWS_MAX,
    .course = true, .commands = TRAIN, .group = GROUP_RUN, .doc = "train until so many steps are done, instead of --epochs"},
  [OPTION_BATCH] = {.name = "batch", .type = OPTION_INT, .argument = "B", .fallback = "256", .min = 1, .max = 1e8,
    .recipe = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "images per step over all ranks, a multiple of --shards"},
  [OPTION_SHARDS] = {.name = "shards", .type = OPTION_INT, .argument = "S", .fallback = "16", .min = 1, .max = 1e6,
    .recipe = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "parts into which the training images are divided, at least one per rank; where it is not given, a new run on more "
           "than 16 ranks has one per rank"},
  [OPTION_BATCH_STATISTICS] = {.name = "batch-statistics", .type = OPTION_CHOICE, .argument = "OF", .fallback = "batch",
    .choices = "batch, shard", .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "images that batch normalisation takes mean and variance of in training: the batch over all ranks, or each shard's "
           "part of it, so that no rank waits for others"},
  [OPTION_SEED] = {.name = "seed", .type = OPTION_INT, .argument = "K", .fallback = "1", .min = 0, .max = 1e18,
    .recipe = true, .commands = TRAIN | IMPORT | SAMPLE | CLASSIFY | EVAL, .group = GROUP_RECIPE, .doc = "seed of all random numbers"},
  [OPTION_LR] = {.name = "lr", .type = OPTION_REAL, .argument = "R", .min = 0, .max = 1000, .open_min = true,
    .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "Adam's learning rate of both players; with other presets it is the architecture's"},
  [OPTION_G_LR] = {.name = "g-lr", .type = OPTION_REAL, .argument = "R", .min = 0, .max = 1000, .open_min = true,
    .recipe = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE, .doc = "the generator's learning rate (default: --lr)"},
  [OPTION_D_LR] = {.name = "d-lr", .type = OPTION_REAL, .argument = "R", .min = 0, .max = 1000, .open_min = true,
    .recipe = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "the discriminator's learning rate (default: --lr)"},
  [OPTION_BETA1] = {.name = "beta1", .type = OPTION_REAL, .argument = "R", .min = 0, .max = 1, .open_max = true,
    .recipe = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "Adam's decay of the mean (default: the architecture's)"},
  [OPTION_BETA2] = {.name = "beta2", .type = OPTION_REAL, .argument = "R", .min = 0, .max = 1, .open_max = true,
    .recipe = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "Adam's decay of the squares (default: the architecture's)"},
  [OPTION_ADAM_EPS] = {.name = "adam-eps", .type = OPTION_REAL, .argument = "R", .min = 0, .max = 1,
    .open_min = true, .recipe = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "Adam's epsilon (default: the architecture's)"},
  [OPTION_LR_DECAY] = {.name = "lr-decay", .type = OPTION_TEXT, .argument = "START:FLOOR", .fallback = "off",
    .recipe = true, .addition = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "after the fraction START of the course the learning rates fall along a cosine, to FLOOR times their values at its "
           "end; 0.6:0.1 gives good images; off: they stay constant"},
  [OPTION_PENALTY_DECAY] = {.name = "penalty-decay", .type = OPTION_TEXT, .argument = "START:FLOOR", .fallback = "off",
    .recipe = true, .addition = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "as --lr-decay, for the strengths of D's penalties"},
  [OPTION_WARM_UP] = {.name = "warm-up", .type = OPTION_INT, .argument = "STEPS", .fallback = "0", .max = ROWS_MAX,
    .recipe = true, .addition = true, .changeable = true, .commands = TRAIN, .group = GROUP_RECIPE,
    .doc = "the learning rates rise from near 0 to their values in this number of steps; 0: they start there"},
  [OPTION_SPECTRAL_NORM] = {.name = "spectral-norm", .type = OPTION_FLAG, .recipe = true, .addition = true,
    .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "divide D's kernels by their largest singular values, which bounds how steep D is; good with --loss hinge"},
  [OPTION_CLIP_GRADIENTS] = {.name = "clip-gradients", .type = OPTION_REAL, .argument = "X", .fallback = "0", .max = 1e30,
    .recipe = true, .addition = true, .commands = TRAIN | BENCH, .group = GROUP_RECIPE,
    .doc = "scale a player's gradients down to norm X where the norm of all of them together is larger; the end of a run "
           "says how often that was and how large the norm became; 0: never"},
  [OPTION_EXACT] = {.name = "exact", .type = OPTION_FLAG, .recipe = true, .commands = TRAIN | BENCH,
    .group = GROUP_RECIPE,
    .doc = "the same bits on any number of ranks and hosts and after any restart, on one kind of processor"},
  [OPTION_CHECKPOINT_EVERY] = {.name = "checkpoint-every", .type = OPTION_INT, .argument = "STEPS", .fallback = "0",
    .max = ROWS_MAX, .course = true, .commands = TRAIN, .group = GROUP_RUN, .doc = "steps between checkpoints; 0: one per epoch"},
  [OPTION_KEEP] = {.name = "keep", .type = OPTION_INT, .argument = "K", .fallback = "3", .max = 1e6,
    .course = true, .commands = TRAIN, .group = GROUP_RUN, .doc = "checkpoints to keep, the newest; 0: all"},
  [OPTION_KEEP_BEST] = {.name = "keep-best", .type = OPTION_TEXT, .argument = "K:METRIC", .course = true,
    .commands = TRAIN, .group = GROUP_RUN,
    .doc = "keep also the K checkpoints that are best by what --eval-every measures, as in 3:fd; metrics as for "
           "--target"},
  [OPTION_SAMPLE_EVERY] = {.name = "sample-every", .type = OPTION_INT, .argument = "STEPS", .fallback = "0",
    .max = ROWS_MAX, .course = true, .commands = TRAIN, .group = GROUP_RUN, .doc = "steps between samples; 0: once an epoch. Before the first, samples.png comes after 8, 16, 32, ... steps"},
  [OPTION_EVAL_EVERY] = {.name = "eval-every", .type = OPTION_INT, .argument = "STEPS", .fallback = "0",
    .max = ROWS_MAX, .course = true, .commands = TRAIN, .group = GROUP_RUN,
    .doc = "steps between measurements of 2,000 samples as by gantrain eval, against validation images, into "
           "metrics.h5; the training itself is not changed; 0: never"},
  [OPTION_TARGET] = {.name = "target", .type = OPTION_TEXT, .argument = "METRIC<X", .course = true, .commands = TRAIN,
    .group = GROUP_RUN,
    .doc = "stop when --eval-every measures this, as in 'fd<12' or 'recall>0.7'; metrics: fd (Frechet distance), kd "
           "(kernel distance), precision, recall, density, coverage, score, classes, histogram, spectrum, modes, kl (of modes)"},
  [OPTION_SAMPLES] = {.name = "samples", .type = OPTION_INT, .argument = "N", .fallback = "64", .min = 1, .max = 1e5,
    .recipe = true, .commands = TRAIN, .group = GROUP_RUN, .doc = "number of images in a sample"},
  [OPTION_LOG_EVERY] = {.name = "log-every", .type = OPTION_INT, .argument = "STEPS", .fallback = "0",
    .max = ROWS_MAX, .commands = TRAIN, .group = GROUP_RUN,
    .doc = "steps between lines where the output is not a terminal; 0: about ten lines per epoch"},
  [OPTION_MAX_TIME] = {.name = "max-time", .type = OPTION_TIME, .argument = "T", .min = 1, .max = TIME_MAX,
    .commands = TRAIN, .group = GROUP_RUN,
    .doc = "write a checkpoint and stop with exit code 75 after this time: 90, 30m, 1h, 1:30:00 or 1-00:00:00; in a Slurm "
           "job that knows its end, before that if it is earlier"},
  [OPTION_ON_NAN] = {.name = "on-nan", .type = OPTION_CHOICE, .argument = "WHAT", .fallback = "stop",
    .choices = "stop, ignore", .commands = TRAIN, .group = GROUP_RUN,
    .doc = "when losses or gradients become NaN or infinite: stop, or ignore it and go on, which is good for "
           "research only"},
  [OPTION_STALL_TIMEOUT] = {.name = "stall-timeout", .type = OPTION_TIME, .argument = "T", .fallback = "300",
    .max = TIME_MAX, .commands = TRAIN, .group = GROUP_RUN,
    .doc = "without progress for this time, name the rank that hangs and what it was doing, and end the job; 0: never"},
  [OPTION_CONFIG] = {.name = "config", .type = OPTION_TEXT, .argument = "FILE", .commands = TRAIN,
    .doc = "read options from lines such as \"g-lr = 0.0001\"; the command line wins"},
  [OPTION_VALIDATION] = {.name = "validation", .type = OPTION_INT, .argument = "N", .fallback = "5000",
    .max = ROWS_MAX, .commands = IMPORT, .doc = "the last N training images become the validation part; of stacked: images of the validation part"},
  [OPTION_SMALL] = {.name = "small", .type = OPTION_FLAG, .commands = IMPORT,
    .doc = "only 2,000, 500 and 500 images, evenly from the classes"},
  [OPTION_IMPORT_N] = {.name = "number", .letter = 'n', .type = OPTION_INT, .argument = "N", .min = 1, .max = 1e7,
    .commands = IMPORT, .doc = "of stacked: training images (default: 128,000); the test part has as many, at most 26,000"},
  [OPTION_OUTPUT] = {.name = "output", .letter = 'o', .type = OPTION_TEXT, .argument = "FILE", .required = true,
    .commands = IMPORT | SAMPLE, .doc = "the file to write: FILE.h5; for samples also FILE.png, a grid"},
  [OPTION_N] = {.name = "number", .letter = 'n', .type = OPTION_INT, .argument = "N", .fallback = "64", .min = 1,
    .max = 1e7, .commands = SAMPLE, .doc = "images to draw"},
  [OPTION_SCALE] = {.name = "scale", .type = OPTION_INT, .argument = "N", .min = 1, .max = 64, .commands = SAMPLE,
    .doc = "enlarge the picture by this factor (default: small pictures are enlarged)"},
  [OPTION_CLASS] = {.name = "class", .type = OPTION_TEXT, .argument = "C", .commands = SAMPLE,
    .doc = "of a run with --condition labels: images of class C only; all: N images of each class, in a picture a row "
           "for each (default: classes as often as the training images have them)"},
  [OPTION_BEST] = {.name = "best", .type = OPTION_FLAG, .commands = SAMPLE | EVAL,
    .doc = "take a run's best checkpoint, by the figures that were measured while it trained (--eval-every, --keep-best), "
           "instead of the newest"},
  [OPTION_CLASSIFY_EPOCHS] = {.name = "epochs", .type = OPTION_INT, .argument = "E", .min = 1,
    .max = 1e6, .commands = CLASSIFY, .doc = "passes through the training images (default: as for eval's judge)"},
  [OPTION_CLASSIFY_OUTPUT] = {.name = "output", .letter = 'o', .type = OPTION_TEXT, .argument = "FILE",
    .commands = CLASSIFY, .doc = "the file to write (default: beside the data, data/mnist.judge.h5 for data/mnist.h5)"},
  [OPTION_CLASSIFY_N] = {.name = "number", .letter = 'n', .type = OPTION_INT, .argument = "N", .min = 1, .max = 1e9,
    .commands = CLASSIFY, .doc = "learn from the first N training images of --data only"},
  [OPTION_CLASSIFY_ADD] = {.name = "add", .type = OPTION_TEXT, .argument = "FILE", .commands = CLASSIFY,
    .doc = "learn from the training images of this file as well, such as generated ones (gantrain sample RUN --class all)"},
  [OPTION_CLASSIFY_TEST] = {.name = "test", .type = OPTION_TEXT, .argument = "FILE", .commands = CLASSIFY,
    .doc = "test on the test part of this file (default: of --data)"},
  [OPTION_JUDGE] = {.name = "judge", .type = OPTION_TEXT, .argument = "FILE", .course = true,
    .commands = CLASSIFY | EVAL | TRAIN, .group = GROUP_RUN,
    .doc = "the classifier, made by classify train (default: the one beside the data, and for the embedded images an "
           "embedded one)"},
  [OPTION_EVAL_DATA] = {.name = "data", .type = OPTION_TEXT, .argument = "FILE[:/PATH]", .commands = EVAL,
    .doc = "what to compare with (default: the data that the run was trained on)"},
  [OPTION_EVAL_N] = {.name = "number", .letter = 'n', .type = OPTION_INT, .argument = "N", .min = 6, .max = 1e6,
    .commands = EVAL, .doc = "images to measure (default: 10,000, or as many as there are, or as training images)"},
  [OPTION_EVAL_JSON] = {.name = "json", .type = OPTION_TEXT, .argument = "FILE", .commands = EVAL,
    .doc = "write the figures as JSON; - is standard output, which then has nothing else"},
  [OPTION_EVAL_OUTPUT] = {.name = "output", .letter = 'o', .type = OPTION_TEXT, .argument = "FILE.h5", .commands = EVAL,
    .doc = "write figures, features, classes, nearest training images and spectra as HDF5"},
  [OPTION_BENCH_DATA] = {.name = "data", .type = OPTION_TEXT, .argument = "FILE[:/PATH]", .commands = BENCH,
    .doc = "HDF5 file of images, or one stack of images in it (default: noise of 28 x 28 x 1)"},
  [OPTION_BENCH_ARCH] = {.name = "arch", .type = OPTION_TEXT, .argument = "NAME", .commands = BENCH,
    .doc = "the two networks (default: mlp, then dcgan)"},
  [OPTION_BENCH_BATCH] = {.name = "batch", .type = OPTION_INT, .argument = "B", .min = 1, .max = 1e8,
    .commands = BENCH, .doc = "images per step over all ranks (default: 256 per rank)"},
  [OPTION_BENCH_STEPS] = {.name = "steps", .type = OPTION_INT, .argument = "N", .min = 1, .max = ROWS_MAX,
    .commands = BENCH, .doc = "steps to measure, after five to warm up (default: about two seconds of them)"},
  [OPTION_JSON] = {.name = "json", .type = OPTION_TEXT, .argument = "FILE", .commands = BENCH,
    .doc = "write the figures as JSON; - is standard output, which then has nothing else"},
  [OPTION_COSTS] = {.name = "costs", .type = OPTION_FLAG, .commands = BENCH,
    .doc = "measure instead what each loss and penalty costs per step, as a ratio to cross-entropy, and what a "
           "measurement of --eval-every does (networks: cnn, where --arch is not given)"},
  [OPTION_NO_OVERLAP] = {.name = "no-overlap", .type = OPTION_FLAG, .commands = BENCH,
    .doc = "send gradients only when they are waited for: the same results, nothing hidden"},
  [OPTION_INFO_CONFIG] = {.name = "config", .type = OPTION_FLAG, .commands = INFO,
    .doc = "print a config file that repeats the run, for --config of train"},
};
/* clang-format on */
