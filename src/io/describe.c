#include "describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checkpoint_content.h"
#include "dataset_parts.h"
#include "gantrain/io/outputs.h"

typedef struct Kind {
  const char *format;
  Status (*describe)(const char *path, hid_t file);
  bool of_a_run; /* carries the run's recipe */
} Kind;

static const Kind kinds[] = {{"gantrain-checkpoint", describe_checkpoint, true},
                             {"gantrain-samples", describe_samples, true},
                             {"gantrain-metrics", describe_metrics, true},
                             {"gantrain-classifier", describe_classifier, true},
                             {"gantrain-eval", describe_eval, true},
                             {GT_DATASET_FORMAT, describe_dataset, false}};
static const Kind foreign = {"", describe_foreign, false};

/* All files of a run have the same recipe, which is printed with the first of them only. */
typedef enum Recipe { RECIPE_PRINTED, RECIPE_OMITTED } Recipe;

static Status describe_file(const char *path, Recipe recipe);

/* "  recipe: arch mlp, batch 256": the attributes that do not belong to the file itself, but for a second
 * hash, in lines of at most 79 columns. Nothing where there are none. */
static void describe_recipe(const Attributes *attributes) {
  static const char *const own[] = {"format",   "format_version",        "step", "epoch", "fingerprint",
                                    "checksum", "validation_fingerprint"};
  int column = 0;
  for (int i = 0; i < attributes->count; i++) {
    char value[GT_ATTRIBUTE_TEXT_MAX];
    bool is_own = false;
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) {
      is_own = is_own || strcmp(attributes->list[i].name, own[k]) == 0;
    }
    if (is_own) {
      continue;
    }
    attribute_format(&attributes->list[i], value, sizeof value);
    int width = (int)(strlen(attributes->list[i].name) + strlen(value)) + 3; /* with blank, comma and blank */
    bool breaks = column > 0 && column + width > 79;
    const char *separator = column == 0 ? "  recipe: " : breaks ? ",\n          " : ", ";
    printf("%s%s %s", separator, attributes->list[i].name, value);
    column = (column == 0 || breaks ? 8 : column) + width;
  }
  if (column > 0) {
    printf("\n");
  }
}

/* --- checkpoints --- */

/* "generator: 20 parameters", on one line, for every group that has a group "parameters". */
static void print_parameters(const Content *content) {
  static const char part[] = "/parameters/";
  char network[CONTENT_PATH_MAX] = "";
  size_t count = 0;
  bool any = false;
  for (size_t i = 0; i <= content->count; i++) {
    const char *path = i < content->count ? content->list[i].path : "";
    const char *end = strstr(path, part);
    int length = end != NULL ? (int)(end - path) : 0;
    if (count > 0 &&
        (i == content->count || (end != NULL && (strlen(network) != (size_t)length ||
                                                 strncmp(network, path, (size_t)length) != 0)))) {
      printf("%s%s: %zu parameters", any ? ", " : "  ", network + 1, count);
      any = true;
      count = 0;
    }
    if (end != NULL) {
      snprintf(network, sizeof network, "%.*s", length, path);
      count += content->list[i].count;
    }
  }
  if (any) {
    putchar('\n');
  }
}

/* "  conditioned on labels of 10 classes": where it is. */
static void describe_condition(const Attributes *recipe) {
  const Attribute *condition = attributes_find(recipe, "condition");
  if (condition != NULL && condition->type == ATTRIBUTE_TEXT) {
    printf("  conditioned on the %s of its images: gantrain sample --class chooses\n", condition->text);
  }
}

Status describe_checkpoint(const char *path, hid_t file) {
  CheckpointInfo info;
  Attributes recipe = {0};
  Content content;
  GT_TRY(checkpoint_read_info(path, &info, &recipe));
  printf("%s: a checkpoint of gantrain, step %lld, epoch %.6g, fingerprint %016" PRIx64 "\n", path,
         (long long)info.step, info.epoch, info.fingerprint);
  Status status = content_from_file(&content, path, file);
  if (status == GT_OK) {
    print_parameters(&content);
    if (status == GT_OK) {
      describe_condition(&recipe);
    }
    printf("  %zu tensors in all, optimiser and running statistics included;", content.count);
    status = checkpoint_verify(path);
  }
  content_free(&content);
  if (status != GT_OK && checkpoint_was_deleted(path)) {
    return status;
  }
  printf(status == GT_OK ? " the checksum holds\n" : " the checksum does NOT hold\n");
  return status;
}

/* --- run folders --- */

/* *gone: the newest one is not there any more; a run that goes on has written others. */
static Status describe_newest(const char *dir, bool *gone) {
  int64_t *steps = NULL;
  size_t count = 0;
  char path[GT_PATH_MAX];
  *gone = false;
  Status status = checkpoint_list(dir, &steps, &count);
  if (status == GT_OK) {
    printf("%s: %zu checkpoint%s%s\n", dir, count, count == 1 ? "" : "s", count > 1 ? "; the newest:" : "");
    if (count > 0) {
      status = checkpoint_path(path, dir, steps[0]);
      if (status == GT_OK) {
        status = describe_file(path, RECIPE_PRINTED);
        *gone = status != GT_OK && checkpoint_was_deleted(path);
      }
    }
  }
  free(steps);
  return status;
}

/* "  best by frechet_distance: step 1200 (12.3), step 900 (14)", of those that are there. */
static Status describe_best(const char *dir) {
  enum { SHOWN = 5 };
  BestList best;
  GT_TRY(best_look(&best, dir));
  for (int i = 0; i < best.count && i < SHOWN; i++) {
    printf("%s%s%s", i == 0 ? "  best by " : ",", i == 0 ? best.name : "", i == 0 ? ":" : "");
    printf(" step %lld (%.4g)", (long long)best.list[i].step, best.list[i].figure);
  }
  if (best.count > 0) {
    printf("\n");
  }
  return GT_OK;
}

static Status describe_checkpoints(const char *dir) {
  bool gone = true;
  Status status = GT_OK;
  for (int look = 0; look < CHECKPOINT_LOOKS && gone; look++) {
    status = describe_newest(dir, &gone);
    if (gone) {
      printf("  the run has deleted this one meanwhile; looking again\n");
    }
  }
  if (gone) {
    return status_set(GT_FAILED, "%s: checkpoints are deleted faster than they are read: try again", dir);
  }
  return status == GT_OK ? describe_best(dir) : status;
}

static bool holds_checkpoints(const char *dir) {
  int64_t *steps = NULL;
  size_t count = 0;
  bool holds = checkpoint_list(dir, &steps, &count) == GT_OK && count > 0;
  free(steps);
  return holds;
}

/* Describes every part even where one before it is damaged, and returns the first failure. */
static Status describe_run(const char *dir) {
  static const char *const parts[] = {"samples.h5", "metrics.h5"};
  char path[GT_PATH_MAX], message[GT_MESSAGE_MAX] = "";
  int found = 0;
  GT_TRY(path_format(path, "%s/checkpoints", dir));
  for (int i = -1; i < 2; i++) {
    if (i >= 0) {
      GT_TRY(path_format(path, "%s/%s", dir, parts[i]));
    }
    bool there = false;
    GT_TRY(file_find(&there, path));
    if (!there) {
      continue;
    }
    if (found++ == 0) {
      printf("%s: a run of gantrain\n", dir);
    }
    Status status =
        i < 0 ? describe_checkpoints(path) : describe_file(path, found > 1 ? RECIPE_OMITTED : RECIPE_PRINTED);
    if (status != GT_OK && message[0] == '\0') {
      snprintf(message, sizeof message, "%s", status_message());
    }
  }
  if (found == 0) {
    return status_set(GT_FAILED,
                      "%s: is a folder, but no run: it has neither checkpoints/ nor samples.h5 nor "
                      "metrics.h5",
                      dir);
  }
  return message[0] == '\0' ? GT_OK : status_set(GT_FAILED, "%s", message);
}

static Status describe_file(const char *path, Recipe recipe) {
  hid_t file = H5I_INVALID_HID;
  Attributes attributes = {0};
  GT_TRY(h5_file_open(&file, path));
  const Kind *kind = &foreign;
  /* A foreign file may have more attributes than we can hold; then it is just that. */
  if (h5_read_attributes(path, file, &attributes) == GT_OK) {
    const Attribute *format = attributes_find(&attributes, "format");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
      if (format != NULL && format->type == ATTRIBUTE_TEXT && strcmp(format->text, kinds[i].format) == 0) {
        kind = &kinds[i];
      }
    }
  }
  Status status = kind->describe(path, file);
  h5_close(file);
  if (status == GT_OK && kind->of_a_run && recipe == RECIPE_PRINTED) {
    describe_recipe(&attributes);
  }
  fflush(stdout);
  return status;
}

Status file_describe(const char *path) {
  struct stat info;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    return holds_checkpoints(path) ? describe_checkpoints(path) : describe_run(path);
  }
  return describe_file(path, RECIPE_PRINTED);
}
