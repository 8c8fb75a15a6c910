#include "backlog.h"

#include <string.h>

#include "gantrain/base/fault.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/patience.h"

Status backlog_create(Backlog *backlog, const char *out) {
  GT_TRY(path_format(backlog->metrics, "%s/metrics.h5", out));
  GT_TRY(path_format(backlog->samples, "%s/samples.h5", out));
  GT_TRY(path_format(backlog->grid, "%s/samples.png", out));
  backlog->newest = memory_alloc(backlog->set.n * shape_count(backlog->set.image), 1);
  return backlog->newest == NULL ? GT_FAILED : GT_OK;
}

void backlog_free(Backlog *backlog) {
  for (int i = 0; i < backlog->waiting_count; i++) {
    memory_free(backlog->waiting[i].images);
  }
  memory_free(backlog->steps);
  memory_free(backlog->values);
  memory_free(backlog->newest);
}

/* Makes room for `rows` rows in all; false where that is too many, or memory is short. */
static bool make_room(Backlog *backlog, size_t rows) {
  if (rows <= backlog->rows_room) {
    return true;
  }
  if (rows > BACKLOG_ROWS_MAX) {
    return false;
  }
  size_t room = 2 * rows < BACKLOG_ROWS_MAX ? 2 * rows : BACKLOG_ROWS_MAX;
  int64_t *steps = memory_alloc(room, sizeof *steps);
  double *values = memory_alloc(room * (size_t)backlog->series, sizeof *values);
  if (steps == NULL || values == NULL) {
    memory_free(steps);
    memory_free(values);
    return false;
  }
  if (backlog->rows_count > 0) {
    memcpy(steps, backlog->steps, backlog->rows_count * sizeof *steps);
    memcpy(values, backlog->values, backlog->rows_count * (size_t)backlog->series * sizeof *values);
  }
  memory_free(backlog->steps);
  memory_free(backlog->values);
  backlog->steps = steps;
  backlog->values = values;
  backlog->rows_room = room;
  return true;
}

void backlog_add_rows(Backlog *backlog, const int64_t *steps, const double *values, size_t rows) {
  size_t series = (size_t)backlog->series;
  if (rows == 0) {
    return;
  }
  if (!make_room(backlog, backlog->rows_count + rows)) {
    log_warn("%s: %zu rows of metrics could not be written for too long and are dropped", backlog->metrics,
             backlog->rows_count);
    backlog->rows_count = 0;
    if (!make_room(backlog, rows)) {
      return;
    }
  }
  memcpy(backlog->steps + backlog->rows_count, steps, rows * sizeof *steps);
  memcpy(backlog->values + backlog->rows_count * series, values, rows * series * sizeof *values);
  backlog->rows_count += rows;
}

static void drop_oldest_sample(Backlog *backlog) {
  memory_free(backlog->waiting[0].images);
  backlog->waiting_count--;
  memmove(backlog->waiting, backlog->waiting + 1, (size_t)backlog->waiting_count * sizeof *backlog->waiting);
}

/* Does the picture get a row for each class? There must be an image of each. */
static bool has_row_per_class(const Backlog *backlog) {
  return backlog->classes > 0 && backlog->set.n >= backlog->classes;
}

void backlog_set_picture(Backlog *backlog, const uint8_t *images) {
  size_t bytes = shape_count(backlog->set.image);
  if (has_row_per_class(backlog)) {
    image_group_by_class(backlog->newest, images, backlog->set.n, backlog->classes, bytes);
  } else {
    memcpy(backlog->newest, images, backlog->set.n * bytes);
  }
  backlog->picture_due = true;
}

void backlog_add_sample(Backlog *backlog, int64_t step, double epoch, const uint8_t *images) {
  size_t bytes = backlog->set.n * shape_count(backlog->set.image);
  if (backlog->waiting_count == BACKLOG_SAMPLES_MAX) {
    log_warn("%s: the sample of step %lld could not be written for too long and is dropped", backlog->samples,
             (long long)backlog->waiting[0].step);
    drop_oldest_sample(backlog);
  }
  backlog_set_picture(backlog, images);
  BacklogSample sample = {.step = step, .epoch = epoch, .images = memory_alloc(bytes, 1)};
  if (sample.images == NULL) {
    log_warn("%s: the sample of step %lld is dropped: %s", backlog->samples, (long long)step,
             status_message());
    return;
  }
  memcpy(sample.images, images, bytes);
  backlog->waiting[backlog->waiting_count++] = sample;
}

/* A failed attempt may have put its rows into the file after all (it was renamed, but not flushed). They are
 * removed before the next attempt. */
static Status write_metrics(Backlog *backlog) {
  const MetricsRows rows = {.names = backlog->names,
                            .series = backlog->series,
                            .count = backlog->rows_count,
                            .steps = backlog->steps,
                            .values = backlog->values};
  if (backlog->rows_count == 0) {
    return GT_OK;
  }
  if (fault_here("metrics")) {
    return status_set(GT_FAILED, "%s: cannot be written (injected fault)", backlog->metrics);
  }
  if (backlog->failing) {
    GT_TRY(metrics_cut(backlog->metrics, backlog->steps[0] - 1));
  }
  GT_TRY(metrics_append(backlog->metrics, backlog->recipe, &rows));
  backlog->rows_count = 0;
  return GT_OK;
}

static Status write_samples(Backlog *backlog) {
  if (fault_here("samples")) {
    return status_set(GT_FAILED, "%s: cannot be written (injected fault)", backlog->samples);
  }
  while (backlog->waiting_count > 0) {
    const BacklogSample *next = &backlog->waiting[0];
    if (backlog->failing) {
      GT_TRY(samples_cut(backlog->samples, next->step - 1));
    }
    GT_TRY(samples_append(backlog->samples, backlog->recipe, next->step, next->epoch, next->images,
                          &backlog->set));
    drop_oldest_sample(backlog);
  }
  if (backlog->picture_due) {
    size_t columns = has_row_per_class(backlog) ? backlog->set.n / backlog->classes : 0;
    size_t n = columns > 0 ? columns * backlog->classes : backlog->set.n;
    GT_TRY(image_grid_write(backlog->grid, backlog->newest, n, backlog->set.image, columns, 0));
    backlog->picture_due = false;
  }
  return GT_OK;
}

static Status write_all(Backlog *backlog) {
  Status metrics = write_metrics(backlog);
  if (backlog->waiting_count == 0 && !backlog->picture_due) {
    return metrics;
  }
  char reason[GT_MESSAGE_MAX];
  memcpy(reason, status_message(), sizeof reason);
  GT_TRY(write_samples(backlog));
  return metrics == GT_OK ? GT_OK : status_set(metrics, "%s", reason);
}

void backlog_write(Backlog *backlog) {
  Status outcome = write_all(backlog);
  if (outcome != GT_OK && !backlog->failing) {
    log_warn("%s; training goes on: what is missing in the file stays in memory and will be written later",
             status_message());
  } else if (outcome == GT_OK && backlog->failing) {
    log_warn("metrics and samples are written again, with everything that was missing");
  }
  backlog->failing = outcome != GT_OK;
}

static Status last_attempt(void *argument) {
  Backlog *backlog = argument;
  Status outcome = write_all(backlog);
  backlog->failing = outcome != GT_OK;
  return outcome == GT_OK ? metrics_merge(backlog->metrics) : outcome;
}

Status backlog_finish(Backlog *backlog) {
  if (patience_try(last_attempt, backlog) == GT_OK) {
    return GT_OK;
  }
  return backlog->failing
             ? status_set(GT_FAILED,
                          "%s; %zu rows of metrics and %d samples are lost, the checkpoints are whole",
                          status_message(), backlog->rows_count, backlog->waiting_count)
             : status_set(
                   GT_FAILED,
                   "%s; nothing is lost: the last rows are in %s.new, and the next start with --resume "
                   "will put them into the file",
                   status_message(), backlog->metrics);
}
