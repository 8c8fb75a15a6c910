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

static Status train_classifier(Judge *judge, const World *world, Images *images, const Options *options,
                               const char *data) {
  char path[GT_PATH_MAX];
  const char *output = options->value[OPTION_CLASSIFY_OUTPUT].text;
  GT_TRY(output != NULL ? path_format(path, "%s", output) : judge_path(path, data));
  const OptionValue *epochs = &options->value[OPTION_CLASSIFY_EPOCHS];
  JudgePlan plan = {.epochs = epochs->given ? (int)epochs->integer : JUDGE_EPOCHS,
                    .seed = (uint64_t)options->value[OPTION_SEED].integer};
  GT_TRY(judge_train(judge, world, images, plan));
  report(judge, images);
  GT_TRY(comm_follow(world->rank == 0 ? judge_write(judge, path, plan, data == NULL ? DATASET_EMBEDDED : data)
                                      : GT_OK));
  log_info("%s: written", path);
  return GT_OK;
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

Status cmd_classify(const World *world, Options *options) {
  Judge judge = {0};
  Images images;
  const char *word = options->arguments[0], *data;
  bool train = strcmp(word, "train") == 0;
  if (!train && strcmp(word, "test") != 0) {
    return status_set(GT_USAGE, "classify \"%s\": the second word must be train or test", word);
  }
  OptionKey other = train ? OPTION_JUDGE : OPTION_CLASSIFY_OUTPUT;
  if (options->value[other].given) {
    return status_set(
        GT_USAGE,
        train ? "classify train: --judge names a classifier to test; the one to write is named by -o FILE"
              : "classify test writes no file: leave -o out");
  }
  GT_TRY(choose_data(&data, world, options));
  GT_TRY(images_open(&images, world, data));
  Status outcome = train ? train_classifier(&judge, world, &images, options, data)
                         : test_classifier(&judge, world, &images, options, data);
  judge_free(&judge);
  images_close(&images);
  return outcome;
}
