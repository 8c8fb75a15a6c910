#include "gantrain/io/best.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_content.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/patience.h"

/* Of equal ones the earlier counts. */
static bool is_better(const BestList *best, BestCheckpoint a, BestCheckpoint b) {
  return a.figure == b.figure ? a.step < b.step : best->higher ? a.figure > b.figure : a.figure < b.figure;
}

bool best_add(BestList *best, int64_t step, double figure) {
  BestCheckpoint new = {.step = step, .figure = figure};
  int at = best->count;
  while (at > 0 && is_better(best, new, best->list[at - 1])) {
    at--;
  }
  if (isnan(figure) || at == best->room) {
    return false;
  }
  best->count += best->count < best->room;
  for (int i = best->count - 1; i > at; i--) {
    best->list[i] = best->list[i - 1];
  }
  best->list[at] = new;
  return true;
}

bool best_has(const BestList *best, int64_t step) {
  for (int i = 0; i < best->count; i++) {
    if (best->list[i].step == step) {
      return true;
    }
  }
  return false;
}

/* GT_OK without attributes where the run deleted the checkpoint meanwhile. */
static Status read_once(const char *path, void *argument) {
  Attributes *quality = argument;
  quality->count = 0;
  Status status = checkpoint_read_quality(path, quality);
  return status != GT_OK && checkpoint_was_deleted(path) ? GT_OK : status;
}

static Status read_quality(Attributes *quality, const char *path) {
  bool damaged = false;
  Status status = patience_read(read_once, path, quality, &damaged);
  if (damaged) {
    log_warn("passed over a checkpoint: %s", status_message());
    quality->count = 0;
    return GT_OK;
  }
  return status;
}

/* A list that does not say what is best takes it from the first checkpoint that it gets. */
static void enter(BestList *best, int64_t step, const Attributes *quality) {
  char name[sizeof BEST_PREFIX + BEST_NAME_MAX];
  if (quality->count > 0 && best->name[0] == '\0') {
    const Attribute *by = attributes_find(quality, BEST_BY), *is = attributes_find(quality, BEST_IS);
    bool known = by != NULL && is != NULL && by->text[0] != '\0';
    snprintf(best->name, sizeof best->name, "%.*s", BEST_NAME_MAX - 1, known ? by->text : BEST_DEFAULT);
    best->higher = known && strcmp(is->text, "higher") == 0;
  }
  snprintf(name, sizeof name, "%s%s", BEST_PREFIX, best->name);
  const Attribute *figure = attributes_find(quality, name);
  if (figure != NULL && figure->type == ATTRIBUTE_REAL) {
    best_add(best, step, figure->real);
  }
}

/* Newest first. */
static Status read_list(BestList *best, const char *dir, const int64_t *steps, size_t count) {
  char path[GT_PATH_MAX];
  Attributes *quality = memory_alloc(1, sizeof *quality);
  Status status = quality != NULL ? GT_OK : GT_FAILED;
  best->count = 0;
  for (size_t i = 0; i < count && status == GT_OK; i++) {
    status = checkpoint_path(path, dir, steps[i]);
    status = status == GT_OK ? read_quality(quality, path) : status;
    if (status == GT_OK) {
      enter(best, steps[i], quality);
    }
  }
  memory_free(quality);
  return status;
}

Status best_read(BestList *best, const char *dir) {
  int64_t *steps = NULL;
  size_t count = 0;
  Status status = checkpoint_list(dir, &steps, &count);
  status = status == GT_OK ? read_list(best, dir, steps, count) : status;
  free(steps);
  return status;
}

static Status find_folder(char dir[GT_PATH_MAX], const char *name) {
  bool there = false;
  GT_TRY(path_format(dir, "%s/checkpoints", name));
  GT_TRY(file_find(&there, dir));
  return there ? GT_OK : path_format(dir, "%s", name);
}

static Status read_run(BestList *best, char dir[GT_PATH_MAX], const char *name) {
  *best = (BestList){.room = BEST_MAX};
  GT_TRY(find_folder(dir, name));
  return best_read(best, dir);
}

Status best_look(BestList *best, const char *name) {
  char dir[GT_PATH_MAX];
  return read_run(best, dir, name);
}

Status best_find(char path[GT_PATH_MAX], const char *name) {
  char dir[GT_PATH_MAX];
  BestList best;
  GT_TRY(read_run(&best, dir, name));
  return best.count > 0
             ? checkpoint_path(path, dir, best.list[0].step)
             : status_set(GT_USAGE,
                          "--best: no checkpoint in %s has been measured: train with --eval-every STEPS, and "
                          "with --keep-best K:METRIC to keep the best ones",
                          dir);
}
