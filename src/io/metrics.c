/* metrics.h5: float64 series [step] over the coordinate /step, int64. NaN means not measured at that step.
 * New rows of a large file first go to a journal beside it (journal.h), since the file itself is written as a
 * whole. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/check.h"
#include "gantrain/base/fault.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/outputs.h"
#include "growing.h"
#include "journal.h"

#define FORMAT "gantrain-metrics"
#define PARTS 4 /* the journal is merged into the file when it has grown by a quarter of the file */

/* Creates a series over `step`, NaN at the `before` steps that the file has already. */
static Status create_series(const char *path, hid_t file, hid_t step, const char *name, size_t before) {
  hid_t dataset = H5I_INVALID_HID;
  double blank[GROWING_CHUNK];
  for (int i = 0; i < GROWING_CHUNK; i++) {
    blank[i] = (double)NAN;
  }
  Status status = growing_create(&dataset, path, file, name, H5T_IEEE_F64LE);
  status = status == GT_OK ? h5_scale_attach(path, dataset, 0, step) : status;
  status = status == GT_OK ? h5_rows_resize(path, dataset, before) : status;
  for (size_t first = 0; first < before && status == GT_OK; first += GROWING_CHUNK) {
    size_t rows = before - first < GROWING_CHUNK ? before - first : GROWING_CHUNK;
    status = h5_rows_write(path, dataset, H5T_NATIVE_DOUBLE, first, rows, blank);
  }
  h5_close(dataset);
  return status;
}

static Status create_file(const char *path, hid_t file, const Attributes *recipe) {
  hid_t step = H5I_INVALID_HID;
  GT_TRY(growing_write_attributes(path, file, FORMAT, recipe));
  GT_TRY(growing_create(&step, path, file, "step", H5T_STD_I64LE));
  Status status = h5_scale_make(path, step, "step");
  if (status == GT_OK) {
    status = h5_write_text(path, step, "long_name", "training step");
  }
  h5_close(step);
  return status;
}

/* Creates the series that the file lacks: all in a new one, some in one of an older version. */
static Status add_missing_series(const char *path, hid_t file, const char *const *names, int series,
                                 size_t before) {
  hid_t step = H5I_INVALID_HID;
  GT_TRY(h5_dataset_open(&step, path, file, "step"));
  Status status = GT_OK;
  for (int s = 0; s < series && status == GT_OK; s++) {
    status = h5_exists(file, names[s]) ? GT_OK : create_series(path, file, step, names[s], before);
  }
  h5_close(step);
  return status;
}

/* GT_FAILED where the file has a series that is not among `names`, to which no rows would be appended. */
static Status check_series(const char *path, hid_t file, const char *const *names, int series) {
  H5G_info_t info = {0};
  int known = 0;
  if (H5Gget_info(file, &info) < 0) {
    return h5_failure(path, "list its series");
  }
  for (int s = 0; s < series; s++) {
    known += h5_exists(file, names[s]);
  }
  if (info.nlinks != (hsize_t)known + 1) {
    return status_set(GT_FAILED,
                      "%s: holds %lld series over /step, of which this run has %d; it was written by another "
                      "version or changed: move it away",
                      path, (long long)info.nlinks - 1, known);
  }
  return GT_OK;
}

static Status check_steps(const char *path, const int64_t *steps, size_t rows, int64_t last) {
  for (size_t r = 0; r < rows; r++) {
    if (steps[r] <= last) {
      return status_set(GT_FAILED, "%s: holds metrics of step %lld already, those of step %lld cannot follow",
                        path, (long long)last, (long long)steps[r]);
    }
    last = steps[r];
  }
  return GT_OK;
}

static Status append(const char *path, hid_t file, const MetricsRows *rows) {
  size_t before = 0;
  int64_t last = 0;
  GT_TRY(growing_check_format(path, file, FORMAT));
  GT_TRY(check_series(path, file, rows->names, rows->series));
  GT_TRY(growing_find_end(path, file, "step", &before, &last));
  GT_TRY(check_steps(path, rows->steps, rows->count, last));
  GT_TRY(add_missing_series(path, file, rows->names, rows->series, before));
  double *column = memory_alloc(rows->count, sizeof *column);
  if (column == NULL) {
    return GT_FAILED;
  }
  Status status = GT_OK;
  for (int s = 0; s < rows->series && status == GT_OK; s++) {
    for (size_t r = 0; r < rows->count; r++) {
      column[r] = rows->values[r * (size_t)rows->series + (size_t)s];
    }
    status = growing_append(path, file, rows->names[s], H5T_NATIVE_DOUBLE, before, rows->count, column);
  }
  memory_free(column);
  GT_TRY(status);
  return growing_append(path, file, "step", H5T_NATIVE_INT64, before, rows->count, rows->steps);
}

/* --- the journal --- */

Status metrics_journal_path(char out[GT_PATH_MAX], const char *path) {
  return path_format(out, "%s.new", path);
}

typedef struct Target {
  const char *path;
  hid_t file;
} Target;

static Status append_rows(void *context, const JournalRows *rows) {
  const Target *target = context;
  const char *names[GT_SERIES_MAX];
  int series = (int)rows->head->series;
  for (int s = 0; s < series; s++) {
    names[s] = rows->head->names[s];
  }
  const MetricsRows found = {names, series, rows->rows, rows->steps, rows->values};
  return append(target->path, target->file, &found);
}

/* Deletes a journal whose rows are in the file or were not written to their end; keeps a damaged one under
 * another name. */
static Status remove_journal(const char *journal, JournalState state) {
  char aside[GT_PATH_MAX];
  fault_die("die-before-drop");
  if (state == JOURNAL_DAMAGED) {
    GT_TRY(file_set_aside(aside, journal));
    log_warn(
        "%s: is damaged, or of another run than the file beside it; what could not be used is kept as %s",
        journal, aside);
    return GT_OK;
  }
  return unlink(journal) == 0 || errno == ENOENT
             ? GT_OK
             : status_set(GT_FAILED, "%s: cannot be deleted (%s)", journal, strerror(errno));
}

static Status merge_into_open_file(const char *path, hid_t file, const char *journal, int64_t limit,
                                   JournalState *state) {
  Attributes attributes = {0};
  Target target = {path, file};
  size_t rows = 0, total = 0;
  int64_t last = 0;
  GT_TRY(growing_check_format(path, file, FORMAT));
  GT_TRY(growing_count_rows(path, file, "step", limit, &rows, &total));
  GT_TRY(rows < total ? growing_cut_rows(path, file, rows) : GT_OK);
  GT_TRY(growing_find_end(path, file, "step", &rows, &last));
  GT_TRY(h5_read_attributes(path, file, &attributes));
  JournalWalk walk = journal_walk_begin(&attributes, last, limit);
  walk.take = append_rows;
  walk.context = &target;
  GT_TRY(journal_walk(journal, &walk));
  *state = walk.state;
  return GT_OK;
}

/* Replaces file and journal by one file with the rows of both up to the step `limit`. */
static Status merge_journal(const char *path, const char *journal, int64_t limit) {
  hid_t file = H5I_INVALID_HID;
  JournalState state = JOURNAL_ABSENT;
  GT_TRY(h5_file_edit(&file, path));
  GT_TRY(h5_file_finish(file, path, merge_into_open_file(path, file, journal, limit, &state)));
  return remove_journal(journal, state);
}

/* The journal of a file that is gone, or set aside, does not belong to a new file. */
static Status set_journal_aside(const char *journal) {
  char aside[GT_PATH_MAX];
  GT_TRY(file_set_aside(aside, journal));
  log_warn("%s exists without its metrics.h5; it is kept as %s, and a new one is begun", journal, aside);
  return GT_OK;
}

Status metrics_merge(const char *path) {
  char journal[GT_PATH_MAX];
  bool there = false, file_there = false;
  GT_TRY(metrics_journal_path(journal, path));
  GT_TRY(file_find(&there, journal));
  GT_TRY(file_find(&file_there, path));
  return !there ? GT_OK : file_there ? merge_journal(path, journal, INT64_MAX) : set_journal_aside(journal);
}

/* *last = the last step of the file. *complete: it has all the series. */
static Status read_end(const char *path, const MetricsRows *added, int64_t *last, bool *complete) {
  hid_t file = H5I_INVALID_HID;
  size_t rows = 0;
  GT_TRY(h5_file_open_own(&file, path));
  Status status = growing_check_format(path, file, FORMAT);
  status = status == GT_OK ? check_series(path, file, added->names, added->series) : status;
  status = status == GT_OK ? growing_find_end(path, file, "step", &rows, last) : status;
  *complete = true;
  for (int s = 0; s < added->series && status == GT_OK; s++) {
    *complete = *complete && h5_exists(file, added->names[s]);
  }
  h5_close(file);
  return status;
}

/* *last = the step after which rows are to be appended. A journal without a good end is merged into the file
 * first. The file itself is read only where there is no journal. */
static Status find_end(const char *path, const char *journal, const MetricsRows *rows, int64_t *last,
                       uint64_t *bytes, bool *complete) {
  bool whole = false;
  *bytes = file_identity(journal).size;
  *complete = true;
  if (*bytes > 0) {
    GT_TRY(journal_end(journal, last, bytes, &whole));
    if (whole) {
      return GT_OK;
    }
    GT_TRY(metrics_merge(path));
    *bytes = 0;
  }
  return read_end(path, rows, last, complete);
}

/* Appends the rows to the journal of a large file. *appended = false where the file is small or lacks series:
 * it has no journal then, and the rows go into the file. */
static Status append_to_journal(const char *path, const Attributes *recipe, const MetricsRows *rows,
                                bool *appended) {
  char journal[GT_PATH_MAX];
  JournalHead head;
  int64_t last = 0;
  uint64_t before = 0, size = file_identity(path).size, part = size / PARTS;
  bool complete = false;
  *appended = size > h5_in_memory_most();
  if (!*appended) { /* a journal may be there where the file's size could not be read: its rows come first */
    return metrics_merge(path);
  }
  GT_TRY(metrics_journal_path(journal, path));
  GT_TRY(find_end(path, journal, rows, &last, &before, &complete));
  *appended = complete;
  if (!complete) {
    return GT_OK;
  }
  GT_TRY(check_steps(path, rows->steps, rows->count, last));
  GT_TRY(journal_head(&head, path, recipe, rows->names, rows->series));
  GT_TRY(journal_append(journal, &head, last, rows->steps, rows->values, rows->count));
  /* Where merging fails, the rows are on the disk already, and the next quarter tries it again. */
  if (file_identity(journal).size / part > before / part && metrics_merge(path) != GT_OK) {
    log_warn("%s; new rows stay in %s", status_message(), journal);
  }
  return GT_OK;
}

Status metrics_append(const char *path, const Attributes *recipe, const MetricsRows *rows) {
  hid_t file = H5I_INVALID_HID;
  Status status = GT_OK;
  GT_CHECK(rows->series > 0 && rows->series <= GT_SERIES_MAX, "%d series", rows->series);
  bool there = false, appended = false;
  GT_TRY(file_find(&there, path));
  if (there) {
    if (rows->count == 0) {
      return GT_OK;
    }
    GT_TRY(append_to_journal(path, recipe, rows, &appended));
    if (appended) {
      return GT_OK;
    }
    GT_TRY(h5_file_edit(&file, path));
  } else {
    GT_TRY(metrics_merge(path));
    GT_TRY(h5_file_create(&file, path));
    status = create_file(path, file, recipe);
  }
  if (status == GT_OK) {
    status = append(path, file, rows);
  }
  return h5_file_finish(file, path, status);
}

Status metrics_inspect(const char *path, Attributes *attributes, int64_t *last) {
  char journal[GT_PATH_MAX];
  GT_TRY(metrics_journal_path(journal, path));
  GT_TRY(growing_inspect(path, FORMAT, "step", attributes, last));
  JournalWalk walk = journal_walk_begin(attributes, *last, INT64_MAX);
  GT_TRY(journal_walk(journal, &walk));
  *last = walk.last;
  return GT_OK;
}

Status metrics_check_own(const char *path, const char *const *names, int series) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(h5_file_open_own(&file, path));
  Status status = growing_check_own(path, file);
  if (status == GT_OK) {
    status = check_series(path, file, names, series);
  }
  h5_close(file);
  return status;
}

Status metrics_cut(const char *path, int64_t step) {
  char journal[GT_PATH_MAX];
  int64_t last = 0;
  uint64_t bytes = 0;
  bool there = false, beside = false, whole = false;
  GT_TRY(metrics_journal_path(journal, path));
  GT_TRY(file_find(&there, path));
  GT_TRY(file_find(&beside, journal));
  if (!there || !beside) {
    return growing_cut(path, FORMAT, "step", step);
  }
  GT_TRY(journal_end(journal, &last, &bytes, &whole));
  return whole && last <= step ? GT_OK : merge_journal(path, journal, step);
}
