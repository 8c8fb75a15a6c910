/* gantrain classify train|test: the judge, or any classifier of a labelled data set. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/quality/judge.h"

/* NULL: the embedded images. */
static Status choose_data(const char **data, const World *world, const Options *options) {
  bool there = false;
  *data = options->value[OPTION_DATA].text;
  if (*data == NULL) {
    GT_TRY(comm_follow(world->rank == 0 ? file_find(&there, DATASET_DEFAULT) : GT_OK));
    comm_broadcast(&there, sizeof there);
    *data = there ? DATASET_DEFAULT : NULL;
  }
  return GT_OK;
}

/* Rows are the true classes, columns the predicted ones. A table wider than a screen is only in the file. */
static void print_confusion(const Judge *judge) {
  enum { COLUMNS = 20 };
  char line[16 * COLUMNS];
  for (size_t i = 0; i < judge->classes && judge->classes <= COLUMNS; i++) {
    int used = snprintf(line, sizeof line, "  class %2zu:", i);
    for (size_t k = 0; k < judge->classes; k++) {
      used += snprintf(line + used, sizeof line - (size_t)used, " %5lld",
                       (long long)judge->confusion[i * judge->classes + k]);
    }
    log_info("%s", line);
  }
}

static void report(const Judge *judge, const Images *images) {
  print_confusion(judge);
  log_info("%s: %.2f %% of the %s images right, fingerprint %016" PRIx64, images->name,
           100.0 * judge->accuracy, images->info.rows[DATASET_TEST] > 0 ? "test" : "validation",
           judge->fingerprint);
}

/* What was learned from, for the file. */
static Status name_data(char name[GT_PATH_MAX], const Images *images, const char *data) {
  const char *own = data == NULL ? DATASET_EMBEDDED : data;
  return images->added == NULL ? path_format(name, "%s", own)
                               : path_format(name, "%s + %s", own, images->added->name);
}

static Status learn(Judge *judge, const World *world, Images *images, const char *path, const char *data,
                    JudgePlan plan) {
  char name[GT_PATH_MAX];
  GT_TRY(name_data(name, images, data));
  GT_TRY(judge_train(judge, world, images, plan));
  report(judge, plan.test != NULL ? plan.test : images);
  GT_TRY(comm_follow(world->rank == 0 ? judge_write(judge, path, plan, name) : GT_OK));
  log_info("%s: written", path);
  return GT_OK;
}

static Status train_classifier(Judge *judge, const World *world, Images *images, const Options *options,
                               const char *data) {
  char path[GT_PATH_MAX];
  const OptionValue *value = options->value, *epochs = &value[OPTION_CLASSIFY_EPOCHS];
  const char *output = value[OPTION_CLASSIFY_OUTPUT].text, *add = value[OPTION_CLASSIFY_ADD].text;
  bool part = value[OPTION_CLASSIFY_N].given;
  if (output == NULL && (add != NULL || part)) {
    return status_set(
        GT_USAGE,
        "%s: the classifier is not that of the data, which eval looks for beside them: name its "
        "file by -o",
        add != NULL ? "--add" : "-n");
  }
  GT_TRY(output != NULL ? path_format(path, "%s", output) : judge_path(path, data));
  if (part) {
    images_limit(images, (size_t)value[OPTION_CLASSIFY_N].integer);
  }
  GT_TRY(add != NULL ? images_add(images, world, add) : GT_OK);
  Images test;
  JudgePlan plan = {.epochs = epochs->given ? (int)epochs->integer : JUDGE_EPOCHS,
                    .seed = (uint64_t)value[OPTION_SEED].integer};
  if (value[OPTION_CLASSIFY_TEST].text == NULL) {
    return learn(judge, world, images, path, data, plan);
  }
  GT_TRY(images_open(&test, world, value[OPTION_CLASSIFY_TEST].text));
  plan.test = &test;
  Status outcome = learn(judge, world, images, path, data, plan);
  images_close(&test);
  return outcome;
}

static Status test_classifier(Judge *judge, const World *world, Images *images, const Options *options,
                              const char *data) {
  char path[GT_PATH_MAX] = "";
  const char *name = options->value[OPTION_JUDGE].text;
  if (name != NULL || data != NULL) {
    GT_TRY(name != NULL ? path_format(path, "%s", name) : judge_path(path, data));
  }
  GT_TRY(judge_load(judge, world, path[0] != '\0' ? path : NULL));
  GT_TRY(judge_test(judge, world, images,
                    images->info.rows[DATASET_TEST] > 0 ? DATASET_TEST : DATASET_VALIDATION));
  report(judge, images);
  return GT_OK;
}

/* No option of one word with the other. */
static Status check_options(const Options *options, bool train) {
  static const struct {
    OptionKey key;
    const char *message;
  } of_train[] = {
      {OPTION_CLASSIFY_OUTPUT, "classify test writes no file: leave -o out"},
      {OPTION_CLASSIFY_EPOCHS, "classify test learns nothing: leave --epochs out"},
      {OPTION_CLASSIFY_N, "classify test learns from no images: leave -n out"},
      {OPTION_CLASSIFY_ADD, "classify test learns from no images: leave --add out"},
      {OPTION_CLASSIFY_TEST, "classify test: the images to test on are named by --data, not --test"}};
  if (train && options->value[OPTION_JUDGE].given) {
    return status_set(
        GT_USAGE, "classify train: --judge names a classifier to test; the one to write is named by -o FILE");
  }
  for (size_t i = 0; i < sizeof of_train / sizeof *of_train && !train; i++) {
    if (options->value[of_train[i].key].given) {
      return status_set(GT_USAGE, "%s", of_train[i].message);
    }
  }
  return GT_OK;
}

Status cmd_classify(const World *world, Options *options) {
  Judge judge = {0};
  Images images;
  const char *word = options->arguments[0], *data;
  bool train = strcmp(word, "train") == 0;
  if (!train && strcmp(word, "test") != 0) {
    return status_set(GT_USAGE, "classify \"%s\": the second word must be train or test", word);
  }
  GT_TRY(check_options(options, train));
  GT_TRY(choose_data(&data, world, options));
  GT_TRY(images_open(&images, world, data));
  Status outcome = train ? train_classifier(&judge, world, &images, options, data)
                         : test_classifier(&judge, world, &images, options, data);
  judge_free(&judge);
  images_close(&images);
  return outcome;
}
