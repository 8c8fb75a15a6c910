/* Options: every type, range and message, config files, recipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka.h wants the three above first. */
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gantrain/options/options.h"

#define WORDS_MAX 32

/* Parse "train --batch 3": words between blanks. */
static Status parse(Options *options, const char *line) {
  static char text[1024]; /* options keep pointers into it */
  char *words[WORDS_MAX] = {"gantrain"};
  int count = 1;
  snprintf(text, sizeof text, "%s", line);
  for (char *word = strtok(text, " "); word != NULL && count < WORDS_MAX; word = strtok(NULL, " ")) {
    words[count++] = word;
  }
  return options_parse(options, count, words, false);
}

static void expect_good(Options *options, const char *line) {
  Status status = parse(options, line);
  if (status != GT_OK) {
    fail_msg("\"%s\" was refused: %s", line, status_message());
  }
}

/* The message must have all of `parts`, which are split at '|'. */
static void expect_message(const char *line, const char *parts) {
  char copy[512];
  snprintf(copy, sizeof copy, "%s", parts);
  for (char *part = strtok(copy, "|"); part != NULL; part = strtok(NULL, "|")) {
    if (strstr(status_message(), part) == NULL) {
      fail_msg("\"%s\": no \"%s\" in the message: %s", line, part, status_message());
    }
  }
}

static void expect_bad(const char *line, const char *parts) {
  Options options;
  Status status = parse(&options, line);
  if (status != GT_USAGE) {
    fail_msg("\"%s\" gave %d instead of GT_USAGE", line, (int)status);
  }
  expect_message(line, parts);
}

static void test_defaults(void **state) {
  (void)state;
  Options options;
  expect_good(&options, "--arch mlp");
  assert_string_equal(options.command, "train");
  assert_int_equal(options.arguments_count, 0);
  assert_false(options.help);
  assert_string_equal(options.value[OPTION_ARCH].text, "mlp");
  assert_string_equal(options.value[OPTION_LOSS].text, "cross-entropy");
  assert_null(options.value[OPTION_DATA].text);
  assert_null(options.value[OPTION_OUT].text);
  assert_int_equal(options.value[OPTION_RESUME].integer, 0);
  assert_int_equal(options.value[OPTION_BATCH].integer, 256);
  assert_int_equal(options.value[OPTION_SHARDS].integer, 16);
  assert_int_equal(options.value[OPTION_SEED].integer, 1);
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 20);
  assert_int_equal(options.value[OPTION_STEPS].integer, 0);
  assert_int_equal(options.value[OPTION_KEEP].integer, 3);
  assert_int_equal(options.value[OPTION_SAMPLES].integer, 64);
  assert_true(options.value[OPTION_MAX_TIME].real == 0);
  assert_true(isnan(options.value[OPTION_G_LR].real));
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    assert_int_equal(options.value[i].given, i == OPTION_ARCH);
  }
}

static void test_forms(void **state) {
  (void)state;
  Options options;
  expect_good(&options, "--batch 64 --lr=1e-3 --resume --data=a.h5:/x=y");
  assert_string_equal(options.command, "train");
  assert_int_equal(options.value[OPTION_BATCH].integer, 64);
  assert_true(options.value[OPTION_BATCH].given);
  assert_false(options.value[OPTION_SHARDS].given);
  assert_int_equal(options.value[OPTION_RESUME].integer, 1);
  assert_string_equal(options.value[OPTION_DATA].text, "a.h5:/x=y");
  expect_good(&options, "train --epochs 3");
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 3);
  expect_good(&options, "--steps 7");
  assert_int_equal(options.value[OPTION_STEPS].integer, 7);
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 0);
  expect_good(&options, "sample -n5 runs/a -o out.png --seed 9");
  assert_string_equal(options.command, "sample");
  assert_int_equal(options.value[OPTION_N].integer, 5);
  assert_int_equal(options.value[OPTION_SEED].integer, 9);
  assert_string_equal(options.value[OPTION_OUTPUT].text, "out.png");
  assert_int_equal(options.arguments_count, 1);
  assert_string_equal(options.arguments[0], "runs/a");
  expect_good(&options, "import idx dir --output=x.h5 --validation 0");
  assert_int_equal(options.arguments_count, 2);
  assert_string_equal(options.arguments[1], "dir");
  assert_int_equal(options.value[OPTION_VALIDATION].integer, 0);
  expect_good(&options, "import idx dir -o x.h5 --small");
  assert_int_equal(options.value[OPTION_SMALL].integer, 1);
  expect_good(&options, "info -- --file");
  assert_string_equal(options.arguments[0], "--file");
  expect_good(&options, "info -");
  assert_string_equal(options.arguments[0], "-");
}

static void test_help(void **state) {
  (void)state;
  Options options;
  const char *lines[] = {
      "--help", "-h", "--usage", "--version", "-V", "sample --help", "import --wrong --help"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    expect_good(&options, lines[i]);
    assert_true(options.help);
  }
}

static void test_commands(void **state) {
  (void)state;
  expect_bad("trian", "unknown command \"trian\"|did you mean train?");
  expect_bad("evaluate", "unknown command|train, import, eval, classify, sample, info");
  expect_bad("train more", "\"more\" is one argument too many|gantrain train");
  expect_bad("sample -o x.h5", "an argument is missing|RUN|CHECKPOINT");
  expect_bad("import idx -o x.h5", "an argument is missing|SOURCE");
  expect_bad("sample run", "gantrain sample needs --output FILE|-o");
  expect_bad("info a b", "\"b\" is one argument too many");
}

static void test_unknown_options(void **state) {
  (void)state;
  expect_bad("--bathc 3", "unknown option --bathc|did you mean --batch?");
  expect_bad("--epoch 3", "did you mean --epochs?");
  expect_bad("--sample-evry=3", "did you mean --sample-every?");
  expect_bad("--wonderful", "unknown option --wonderful|gantrain train --help");
  expect_bad("info --batch 3 x", "--batch is an option of \"gantrain train\", not of \"gantrain info\"");
  expect_bad("-epochs 3", "unknown option -epochs|did you mean --epochs?");
  expect_bad("-x", "unknown option -x|gantrain train --help");
  expect_bad("--bat 3", "unknown option --bat|did you mean --batch?");
}

static void test_values(void **state) {
  (void)state;
  Options options;
  expect_bad("--batch", "--batch needs a value: --batch B");
  expect_bad("--batch --resume", "--batch needs a value");
  expect_bad("--batch 1e3", "--batch: \"1e3\"|a whole number from 1 to 100000000");
  const char *integers[] = {"0", "-3", "3x", "0x10", "+3", "3.0", "99999999999999999999", "--batch=", "inf"};
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
    char line[64];
    snprintf(line, sizeof line, "--batch=%s", integers[i]);
    expect_bad(line, "--batch: \"|a whole number");
  }
  const char *reals[] = {"0", "-1", "nan", "inf", "1e-400x", "0x1p-3", "", "1,5", "1001", "1e999"};
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    char line[64];
    snprintf(line, sizeof line, "--lr=%s", reals[i]);
    expect_bad(line, "--lr: \"|a number above 0, at most 1000");
  }
  expect_bad("--beta1 1", "--beta1: \"1\"|a number from 0 to below 1");
  expect_good(&options, "--beta1 0 --beta2 0.999 --adam-eps 1e-7 --lr 1e3 --seed 0");
  assert_true(options.value[OPTION_BETA2].real == 0.999);
  expect_bad("--seed -1", "--seed: \"-1\"");
  expect_bad("--loss hinges", "--loss: \"hinges\"|one of: cross-entropy");
  expect_bad("--loss cross", "one of: cross-entropy");
  expect_bad("--out=", "--out: \"\"|a DIR");
  expect_bad("--resume=yes", "--resume takes no value|\"yes\"");
  expect_bad("--batch 3 --batch 4", "--batch is given twice");
  expect_bad("--resume --resume", "--resume is given twice");
  expect_bad("--epochs 2 --steps 3", "--epochs and --steps exclude each other");
}

static void test_learning_rates(void **state) {
  (void)state;
  Options options;
  expect_good(&options, "--lr 0.25");
  assert_true(options.value[OPTION_G_LR].real == 0.25 && options.value[OPTION_D_LR].real == 0.25);
  assert_true(options.value[OPTION_G_LR].given);
  expect_good(&options, "--lr 0.25 --d-lr 0.5");
  assert_true(options.value[OPTION_G_LR].real == 0.25 && options.value[OPTION_D_LR].real == 0.5);
  expect_good(&options, "--arch mlp --g-lr 0.5");
  assert_true(isnan(options.value[OPTION_D_LR].real));
  expect_bad("--lr 1 --g-lr 1 --d-lr 1", "--lr has no effect");
}

static void test_times(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double seconds;
  } good[] = {{"90", 90},     {"90s", 90},       {"30m", 1800},          {"1h", 3600},
              {"2d", 172800}, {"1:30:00", 5400}, {"1-00:00:00", 86400},  {"2-01:00:01", 176401},
              {"1", 1},       {"0:00:05", 5},    {"100:00:00", 360000.0}};
  const char *bad[] = {"0",    "-5", "5x",     "1:99:00",    "1:00", "1:00:60", "1h30m",      "1-",
                       "1.5h", "m",  "1-1:00", "9999999999", "900d", " 5",      "1:00:00:00", "1:00:00s"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    Options options;
    char line[64];
    snprintf(line, sizeof line, "--max-time=%s", good[i].text);
    expect_good(&options, line);
    assert_true(options.value[OPTION_MAX_TIME].real == good[i].seconds);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char argument[64];
    snprintf(argument, sizeof argument, "--max-time=%s", bad[i]);
    char *words[] = {"gantrain", argument};
    Options options;
    if (options_parse(&options, 2, words, false) != GT_USAGE) {
      fail_msg("--max-time \"%s\" was taken as %g", bad[i], options.value[OPTION_MAX_TIME].real);
    }
    expect_message(argument, "--max-time: \"|a time such as 90, 30m, 1h");
  }
}

/* ---- config files ---- */

static char config_path[64];

static void write_config(const char *text) {
  FILE *file = fopen(config_path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int make_config_path(void **state) {
  (void)state;
  snprintf(config_path, sizeof config_path, "test-options-%ld.conf", (long)getpid());
  return 0;
}

static int remove_config(void **state) {
  (void)state;
  unlink(config_path);
  return 0;
}

static void with_config(Options *options, const char *text, const char *line) {
  char whole[256];
  write_config(text);
  snprintf(whole, sizeof whole, "--config %s %s", config_path, line);
  expect_good(options, whole);
}

static void bad_config(const char *text, const char *line, const char *parts) {
  char whole[256];
  write_config(text);
  snprintf(whole, sizeof whole, "--config %s %s", config_path, line);
  expect_bad(whole, parts);
  expect_message(text, config_path);
}

static void test_config(void **state) {
  (void)state;
  Options options;
  with_config(&options,
              "# a comment\n; another\n\n  g-lr = 0.0001   ; why\nbatch=64 # why\r\narch = article\n"
              "    d-lr = 0.5\nresume = yes\ndata: a#b.h5\nmax-time = 1:30:00",
              "--batch 32");
  assert_true(options.value[OPTION_G_LR].real == 0.0001);
  assert_true(options.value[OPTION_D_LR].real == 0.5);
  assert_int_equal(options.value[OPTION_BATCH].integer, 32);
  assert_string_equal(options.value[OPTION_ARCH].text, "article");
  assert_string_equal(options.value[OPTION_DATA].text, "a#b.h5");
  assert_int_equal(options.value[OPTION_RESUME].integer, 1);
  assert_true(options.value[OPTION_MAX_TIME].real == 5400);
  assert_true(options.value[OPTION_ARCH].given);
  with_config(&options, "", "");
  assert_int_equal(options.value[OPTION_BATCH].integer, 64);
  with_config(&options, "preset = mlp\n", "");
  assert_int_equal(options.value[OPTION_BATCH].integer, 256);
  with_config(&options, "resume = no\n", "");
  assert_false(options.value[OPTION_RESUME].given);
  with_config(&options, "epochs = 3\n", "--steps 5"); /* the command line wins, also over the rival */
  assert_int_equal(options.value[OPTION_STEPS].integer, 5);
  assert_false(options.value[OPTION_EPOCHS].given);
}

static void test_config_errors(void **state) {
  (void)state;
  char text[5200];
  bad_config("batch = 64\nlearning = 3\n", "", ":2: unknown key \"learning\"");
  bad_config("bacth = 64\n", "", ":1: unknown key \"bacth\"|did you mean batch");
  bad_config("number = 64\n", "", "unknown key \"number\"");
  bad_config("\n\nbatch = many\n", "", ":3: batch: \"many\"|a whole number");
  bad_config("batch = 1\nbatch = 2\n", "", ":2: batch is given twice");
  bad_config("[train]\nbatch = 1\n", "", "sections such as [train]");
  bad_config("batch\n", "", ":1: not understood|key = value");
  bad_config("config = other\n", "", "cannot name another");
  bad_config("resume = maybe\n", "", "resume: \"maybe\"|yes or no");
  bad_config("batch =\n", "", "batch: \"\"");
  write_config("epochs = 1\nsteps = 3\n");
  snprintf(text, sizeof text, "--config %s", config_path);
  expect_bad(text, "--epochs and --steps exclude each other");
  memset(text, 'a', sizeof text);
  memcpy(text, "seed = 1\ndata = ", 16);
  snprintf(text + 5000, 8, "\n");
  bad_config(text, "", ":2: the line is too long");
  snprintf(text + 300, 8, "\n");
  bad_config(text, "", ":2: the line is too long");
  expect_bad("--config no-such.conf", "--config no-such.conf|No such file");
  expect_bad("--config .", "--config .: is a folder|key = value");
}

/* ---- recipes ---- */

static void test_recipe(void **state) {
  (void)state;
  Options options;
  Attributes recipe = {0};
  expect_good(&options, "--arch mlp --lr 0.5 --batch 64 --epochs 3");
  options_recipe(&options, &recipe);
  assert_int_equal(attributes_find(&recipe, "batch")->integer, 64);
  assert_int_equal(attributes_find(&recipe, "seed")->type, ATTRIBUTE_INT);
  assert_true(attributes_find(&recipe, "g_lr")->real == 0.5);
  assert_string_equal(attributes_find(&recipe, "arch")->text, "mlp");
  assert_null(attributes_find(&recipe, "beta1")); /* the architecture's: not known here */
  assert_null(attributes_find(&recipe, "epochs"));
  assert_null(attributes_find(&recipe, "number"));
  assert_null(attributes_find(&recipe, "r1")); /* does nothing at 0 */
  char line[2048];
  options_line(&options, line, sizeof line);
  assert_null(strstr(line, "--r1"));
  static const char *const idle[] = {
      "pack",          "augment",     "augment_probability", "d_steps",       "reuse_fakes",
      "smooth_labels", "flip_labels", "gradient_penalty",    "lipschitz_cap", "batch_statistics"};
  for (size_t i = 0; i < sizeof idle / sizeof *idle; i++) {
    assert_null(attributes_find(&recipe, idle[i]));
  }
  assert_null(strstr(line, "--pack"));
  expect_good(&options, "--r1 0.5 --lr-decay 0.6:0.1");
  options_recipe(&options, &recipe);
  assert_true(attributes_find(&recipe, "r1")->real == 0.5);
  assert_string_equal(attributes_find(&recipe, "lr_decay")->text, "0.6:0.1");
  assert_null(attributes_find(&recipe, "warm_up"));
}

static void expect_contradiction(const Attributes *recipe, const char *line, const char *parts) {
  Options options;
  expect_good(&options, line);
  char changes[200];
  if (options_adopt(&options, recipe, "run/step.h5", changes, sizeof changes) != GT_USAGE) {
    fail_msg("\"%s\" was adopted", line);
  }
  expect_message(line, parts);
}

static void test_adopt(void **state) {
  (void)state;
  Options options;
  Attributes recipe = {0};
  char changes[200];
  expect_good(&options, "--g-lr 0.0002 --batch 64 --seed 4 --arch article --beta2 0.9");
  options_recipe(&options, &recipe);
  expect_good(&options, "--resume --batch 64 --g-lr 2e-4");
  assert_int_equal(options_adopt(&options, &recipe, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_int_equal(options.value[OPTION_SEED].integer, 4);
  assert_string_equal(options.value[OPTION_ARCH].text, "article");
  assert_true(options.value[OPTION_BETA2].real == 0.9);
  assert_true(options.value[OPTION_SEED].given);
  expect_contradiction(&recipe, "--batch 128", "--batch 128 contradicts run/step.h5|with 64|--out");
  expect_contradiction(&recipe, "--arch mlp", "--arch mlp contradicts|article");
  assert_string_equal(changes, "");
  expect_good(&options, "--g-lr 0.0003 --beta2 0.5 --batch 64");
  assert_int_equal(options_adopt(&options, &recipe, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_string_equal(changes, "g-lr 0.0002 -> 0.0003, beta2 0.9 -> 0.5");
  assert_true(options.value[OPTION_G_LR].real == 0.0003);
  expect_contradiction(&recipe, "--beta1 0.5", "--beta1 0.5 contradicts|no such option");
  /* An option that is newer than the checkpoint: the run was trained with its default. */
  attributes_remove(&recipe, "r1");
  attributes_remove(&recipe, "loss");
  expect_contradiction(&recipe, "--r1 2", "--r1 2 contradicts|trained with 0");
  expect_contradiction(&recipe, "--loss hinge", "--loss hinge contradicts|trained with cross-entropy");
  expect_good(&options, "--r1 0 --loss cross-entropy");
  assert_int_equal(options_adopt(&options, &recipe, "run/step.h5", changes, sizeof changes), GT_OK);
  expect_good(&options, "--resume");
  options.value[OPTION_R1].real = 7.0; /* as if it were a default of this start */
  assert_int_equal(options_adopt(&options, &recipe, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_true(options.value[OPTION_R1].given && options.value[OPTION_R1].real == 0.0);
  /* A checkpoint of a version that also recorded options that did nothing. */
  char shown[2048];
  attributes_set_int(&recipe, "pack", 1);
  attributes_set_text(&recipe, "augment", "none");
  expect_good(&options, "--resume");
  assert_int_equal(options_adopt(&options, &recipe, "run/step.h5", changes, sizeof changes), GT_OK);
  options_line(&options, shown, sizeof shown);
  assert_null(strstr(shown, "--pack"));
  assert_null(strstr(shown, "--augment"));
  expect_contradiction(&recipe, "--pack 2", "--pack 2 contradicts|trained with 1");
  attributes_set_int(&recipe, "beta2", 0); /* a real that was written as a whole number */
  expect_good(&options, "--beta2 0.0");
  assert_int_equal(options_adopt(&options, &recipe, "run/step.h5", changes, sizeof changes), GT_OK);
  attributes_set_text(&recipe, "batch", "64");
  expect_contradiction(&recipe, "", "run/step.h5: attribute batch is of an unexpected type");
}

/* A preset that is named again at a resume changes neither the course nor the learning rates. */
static void test_preset_again(void **state) {
  (void)state;
  Options options;
  Attributes recorded = {0};
  char changes[200];
  expect_good(&options, "--preset quick --epochs 7 --checkpoint-every 20 --g-lr 0.0005");
  options_recipe(&options, &recorded);
  options_course(&options, &recorded);
  expect_good(&options, "--resume --preset quick");
  assert_int_equal(options_adopt(&options, &recorded, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 7);
  assert_int_equal(options.value[OPTION_STEPS].integer, 0);
  assert_int_equal(options.value[OPTION_CHECKPOINT_EVERY].integer, 20);
  assert_int_equal(options.value[OPTION_SAMPLE_EVERY].integer, 500);
  assert_true(options.value[OPTION_G_LR].real == 0.0005);
  assert_string_equal(changes, "");
  expect_good(&options, "--resume --preset quick --steps 50 --g-lr 0.0004");
  assert_int_equal(options_adopt(&options, &recorded, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_int_equal(options.value[OPTION_STEPS].integer, 50);
  assert_string_equal(changes, "g-lr 0.0005 -> 0.0004");
  expect_contradiction(&recorded, "--resume --preset dcgan", "--arch dcgan contradicts|cnn");
  attributes_remove(&recorded, "epochs"); /* of a version that kept no course */
  expect_good(&options, "--resume --preset quick");
  assert_int_equal(options_adopt(&options, &recorded, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_int_equal(options.value[OPTION_STEPS].integer, 3500);
}

static void test_course(void **state) {
  (void)state;
  Options options;
  Attributes course = {0};
  char changes[200];
  expect_good(&options, "--epochs 400 --keep 0 --checkpoint-every 20 --sample-every 7");
  options_course(&options, &course);
  assert_null(attributes_find(&course, "batch"));
  expect_good(&options, "--resume --sample-every 8");
  assert_int_equal(options_adopt(&options, &course, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 400);
  assert_int_equal(options.value[OPTION_STEPS].integer, 0);
  assert_int_equal(options.value[OPTION_KEEP].integer, 0);
  assert_int_equal(options.value[OPTION_CHECKPOINT_EVERY].integer, 20);
  assert_int_equal(options.value[OPTION_SAMPLE_EVERY].integer, 8);
  assert_string_equal(changes, "");
  expect_good(&options, "--resume --steps 9"); /* another end replaces the one before, whatever it counts */
  assert_int_equal(options_adopt(&options, &course, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_int_equal(options.value[OPTION_STEPS].integer, 9);
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 0);
  expect_bad("--resume --auto-resume", "--auto-resume contains --resume");
}

/* A preset's values count as if they were typed. What is typed beside it wins, also an option that says the
 * same in another way. */
static void test_presets(void **state) {
  (void)state;
  Options options, typed;
  Attributes recipe = {.count = 0}, same = {.count = 0};
  expect_good(&options, "train --preset quick");
  expect_good(&typed,
              "train --arch cnn --loss rpgan --r1 0.2 --r2 0.2 --lr 3e-3 --lr-decay 0.4:0.05 --batch 64 "
              "--average 10000");
  options_recipe(&options, &recipe);
  options_recipe(&typed, &same);
  assert_memory_equal(&recipe, &same, sizeof recipe);
  assert_int_equal(options.value[OPTION_STEPS].integer, 3500);
  expect_good(&options, "--preset quick --batch 128 --epochs 4 --g-lr 1e-3 --d-lr 2e-3");
  assert_int_equal(options.value[OPTION_BATCH].integer, 128);
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 4);
  assert_false(options.value[OPTION_STEPS].given);
  assert_true(options.value[OPTION_G_LR].real == 1e-3 && options.value[OPTION_D_LR].real == 2e-3);
  /* What best does not say itself it has of quick. */
  expect_good(&options, "train --preset best");
  expect_good(&typed,
              "train --arch cnn --loss rpgan --r1 0.2 --r2 0.2 --lr 2e-3 --lr-decay 0.4:0.03 --batch 64 "
              "--average 20000");
  options_recipe(&options, &recipe);
  options_recipe(&typed, &same);
  assert_memory_equal(&recipe, &same, sizeof recipe);
  assert_int_equal(options.value[OPTION_STEPS].integer, 22000);
  assert_int_equal(options.value[OPTION_SAMPLE_EVERY].integer, 2000);
  const char *others[] = {"article", "mlp", "dcgan"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    char line[64];
    snprintf(line, sizeof line, "train --preset %s", others[i]);
    expect_good(&options, line);
    assert_string_equal(options.value[OPTION_ARCH].text, others[i]);
  }
  expect_bad("train --preset quik", "--preset quik|quick, best, article, mlp, dcgan");
}

static void expect_same(const char *line, const char *other) {
  Options options, typed;
  Attributes recipe = {.count = 0}, same = {.count = 0};
  expect_good(&options, line);
  options_recipe(&options, &recipe);
  expect_good(&typed, other);
  options_recipe(&typed, &same);
  assert_memory_equal(&recipe, &same, sizeof recipe);
}

/* Without --preset a run begins with the preset of --arch, or else with quick. Other commands have none, and
 * a resume takes nothing from it. */
static void test_preset_of_none(void **state) {
  (void)state;
  Options options;
  Attributes recorded = {.count = 0};
  char changes[256];
  expect_same("", "--preset quick");
  expect_same("train --loss hinge --exact", "--preset quick --loss hinge --exact");
  expect_same("--arch cnn --batch 32", "--preset quick --batch 32");
  expect_same("--arch mlp", "--preset mlp");
  expect_same("--arch dcgan --seed 3", "--preset dcgan --seed 3");
  expect_good(&options, "--epochs 2");
  assert_int_equal(options.value[OPTION_STEPS].integer, 0);
  expect_good(&options, "sample run -o x.png");
  assert_string_equal(options.value[OPTION_ARCH].text, "mlp");
  assert_null(options.value[OPTION_PRESET].text);
  expect_good(&options, "--arch article --epochs 7 --batch 32");
  options_recipe(&options, &recorded);
  options_course(&options, &recorded);
  attributes_remove(&recorded, "average"); /* as a version wrote it that had none */
  expect_good(&options, "--resume");
  assert_int_equal(options_adopt(&options, &recorded, "run/step.h5", changes, sizeof changes), GT_OK);
  assert_string_equal(options.value[OPTION_ARCH].text, "article");
  assert_true(options.value[OPTION_AVERAGE].real == 0.0 && isnan(options.value[OPTION_G_LR].real));
  assert_int_equal(options.value[OPTION_BATCH].integer, 32);
  assert_int_equal(options.value[OPTION_EPOCHS].integer, 7);
  assert_int_equal(options.value[OPTION_STEPS].integer, 0);
  assert_int_equal(options.value[OPTION_CHECKPOINT_EVERY].integer, 0);
  expect_good(&options, "--resume --preset quick");
  assert_int_equal(options_adopt(&options, &recorded, "run/step.h5", changes, sizeof changes), GT_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_presets),
      cmocka_unit_test(test_preset_of_none),
      cmocka_unit_test(test_course),
      cmocka_unit_test(test_preset_again),
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_help),
      cmocka_unit_test(test_commands),
      cmocka_unit_test(test_unknown_options),
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_learning_rates),
      cmocka_unit_test(test_times),
      cmocka_unit_test_setup_teardown(test_config, make_config_path, remove_config),
      cmocka_unit_test_setup_teardown(test_config_errors, make_config_path, remove_config),
      cmocka_unit_test(test_recipe),
      cmocka_unit_test(test_adopt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
