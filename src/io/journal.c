#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "gantrain/base/fault.h"
#include "gantrain/base/memory.h"

#define MARK "gantrain-metrics-rows 1\n"

/* A record: this, steps[rows], values[rows, series], RecordEnd. */
typedef struct RecordHead {
  int64_t after; /* the step of the row before */
  uint64_t rows;
} RecordHead;

typedef struct RecordEnd {
  uint64_t bytes; /* of the whole record: to find its beginning */
  uint64_t hash;  /* of all that precedes it in the record */
} RecordEnd;

typedef struct Record {
  RecordHead head;
  unsigned char *bytes; /* (JOURNAL_ROWS rows): the whole of it */
  size_t size;
} Record;

static size_t record_size(uint64_t rows, int64_t series) {
  return sizeof(RecordHead) + (size_t)rows * (size_t)(series + 1) * sizeof(double) + sizeof(RecordEnd);
}

static Status failure(const char *journal, const char *what) {
  return status_set(GT_FAILED, "%s: cannot be %s (%s)", journal, what, strerror(errno));
}

static void copy_run_id(char out[24], const Attributes *attributes) {
  const Attribute *id = attributes_find(attributes, "run_id");
  snprintf(out, 24, "%.23s", id != NULL && id->type == ATTRIBUTE_TEXT ? id->text : "");
}

static uint64_t head_hash(const JournalHead *head) {
  return XXH3_64bits(head, offsetof(JournalHead, hash));
}

Status journal_head(JournalHead *head, const char *path, const Attributes *attributes,
                    const char *const *names, int series) {
  memset(head, 0, sizeof *head);
  memcpy(head->mark, MARK, sizeof head->mark);
  copy_run_id(head->run_id, attributes);
  head->series = series;
  for (int s = 0; s < series; s++) {
    if (snprintf(head->names[s], JOURNAL_NAME_MAX, "%s", names[s]) >= JOURNAL_NAME_MAX) {
      return status_set(GT_FAILED, "%s: the name of the series %s is too long", path, names[s]);
    }
  }
  head->hash = head_hash(head);
  return GT_OK;
}

static bool head_is_good(const JournalHead *head) {
  bool good = memcmp(head->mark, MARK, sizeof head->mark) == 0 && head->hash == head_hash(head) &&
              head->series > 0 && head->series <= GT_SERIES_MAX &&
              memchr(head->run_id, 0, sizeof head->run_id);
  for (int64_t s = 0; good && s < head->series; s++) {
    good = memchr(head->names[s], 0, JOURNAL_NAME_MAX) != NULL;
  }
  return good;
}

/* --- writing --- */

static void make_record(Record *record, int64_t after, const int64_t *steps, const double *values,
                        size_t rows, int64_t series) {
  record->head = (RecordHead){after, rows};
  record->size = record_size(rows, series);
  unsigned char *steps_at = record->bytes + sizeof record->head;
  unsigned char *values_at = steps_at + rows * sizeof *steps;
  memcpy(record->bytes, &record->head, sizeof record->head);
  memcpy(steps_at, steps, rows * sizeof *steps);
  memcpy(values_at, values, rows * (size_t)series * sizeof *values);
  RecordEnd end = {record->size, 0};
  size_t covered = record->size - sizeof end.hash;
  memcpy(record->bytes + record->size - sizeof end, &end, sizeof end);
  end.hash = XXH3_64bits(record->bytes, covered);
  memcpy(record->bytes + covered, &end.hash, sizeof end.hash);
}

static Status write_records(const char *journal, FILE *stream, const JournalHead *head, int64_t after,
                            const int64_t *steps, const double *values, size_t rows) {
  size_t series = (size_t)head->series, most = rows < JOURNAL_ROWS ? rows : JOURNAL_ROWS;
  Record record = {.bytes = memory_alloc(record_size(most, head->series), 1)};
  Status status = record.bytes == NULL ? GT_FAILED : GT_OK;
  for (size_t first = 0; first < rows && status == GT_OK; first += most) {
    size_t count = rows - first < most ? rows - first : most;
    make_record(&record, first == 0 ? after : steps[first - 1], steps + first, values + first * series, count,
                head->series);
    if (fault_here("die-in-write")) { /* a part of the bytes has reached the file */
      fwrite(record.bytes, 1, record.size / 2, stream);
      fflush(stream);
      raise(SIGKILL);
    }
    if (fwrite(record.bytes, 1, record.size, stream) != record.size) {
      status = failure(journal, "written");
    }
  }
  memory_free(record.bytes);
  return status;
}

/* The head is that of the rows that are there, or it is written. *before: bytes. */
static Status begin(const char *journal, FILE *stream, const JournalHead *head, off_t *before) {
  JournalHead found;
  struct stat info;
  if (fstat(fileno(stream), &info) != 0) {
    return failure(journal, "looked at");
  }
  *before = info.st_size;
  if (*before == 0) {
    return fwrite(head, sizeof *head, 1, stream) == 1 ? GT_OK : failure(journal, "written");
  }
  if (pread(fileno(stream), &found, sizeof found, 0) != (ssize_t)sizeof found) {
    return failure(journal, "read");
  }
  return memcmp(&found, head, sizeof found) == 0
             ? GT_OK
             : status_set(GT_FAILED, "%s: is of another run or version: move it away", journal);
}

Status journal_append(const char *journal, const JournalHead *head, int64_t after, const int64_t *steps,
                      const double *values, size_t rows) {
  FILE *stream = NULL;
  off_t before = 0;
  if (fault_here("journal")) {
    return status_set(GT_FAILED, "%s: cannot be written (injected fault)", journal);
  }
  GT_TRY(file_open_stream(&stream, journal, O_RDWR | O_APPEND | O_CREAT, "a+b"));
  Status status = begin(journal, stream, head, &before);
  bool begun = status == GT_OK;
  status = begun ? write_records(journal, stream, head, after, steps, values, rows) : status;
  if (status == GT_OK && (fflush(stream) != 0 || fsync(fileno(stream)) != 0)) {
    status = failure(journal, "written");
  }
  if (fclose(stream) != 0 && status == GT_OK) {
    status = failure(journal, "written");
  }
  if (status == GT_OK && before == 0) {
    status = file_sync_folder(journal);
  }
  if (status != GT_OK && begun && truncate(journal, before) != 0) {
    return status; /* journal_end will see it */
  }
  return status;
}

/* --- reading --- */

/* *there = false where the file ends before: not a failure. */
static Status read_all(const char *journal, FILE *stream, void *out, size_t size, bool *there) {
  *there = fread(out, 1, size, stream) == size;
  return *there || !ferror(stream) ? GT_OK : failure(journal, "read");
}

/* At the stream's place, where `left` bytes follow. */
static Status read_record(const char *journal, FILE *stream, int64_t series, uint64_t left, Record *record,
                          JournalState *state) {
  bool there = false;
  RecordEnd end;
  *state = JOURNAL_TORN;
  if (left < sizeof record->head) {
    return GT_OK;
  }
  GT_TRY(read_all(journal, stream, &record->head, sizeof record->head, &there));
  if (!there || record->head.rows == 0 || record->head.rows > JOURNAL_ROWS) {
    *state = there ? JOURNAL_DAMAGED : JOURNAL_TORN;
    return GT_OK;
  }
  record->size = record_size(record->head.rows, series);
  if (record->size > left) {
    return GT_OK;
  }
  memcpy(record->bytes, &record->head, sizeof record->head);
  GT_TRY(read_all(journal, stream, record->bytes + sizeof record->head, record->size - sizeof record->head,
                  &there));
  memcpy(&end, record->bytes + record->size - sizeof end, sizeof end);
  bool good = there && end.bytes == record->size &&
              end.hash == XXH3_64bits(record->bytes, record->size - sizeof end.hash);
  *state = good ? JOURNAL_WHOLE : JOURNAL_DAMAGED;
  return GT_OK;
}

static Status read_end(const char *journal, FILE *stream, Record *record, uint64_t bytes, int64_t *last,
                       bool *whole) {
  JournalHead head;
  RecordEnd end;
  bool there = false;
  JournalState state;
  GT_TRY(read_all(journal, stream, &head, sizeof head, &there));
  if (!there || !head_is_good(&head) || bytes < sizeof head + sizeof end) {
    return GT_OK;
  }
  if (fseeko(stream, -(off_t)sizeof end, SEEK_END) != 0) {
    return failure(journal, "read");
  }
  GT_TRY(read_all(journal, stream, &end, sizeof end, &there));
  if (!there || end.bytes > bytes - sizeof head) {
    return GT_OK;
  }
  if (fseeko(stream, (off_t)(bytes - end.bytes), SEEK_SET) != 0) {
    return failure(journal, "read");
  }
  GT_TRY(read_record(journal, stream, head.series, end.bytes, record, &state));
  *whole = state == JOURNAL_WHOLE && record->size == end.bytes;
  if (*whole) {
    memcpy(last, record->bytes + sizeof record->head + (record->head.rows - 1) * sizeof *last, sizeof *last);
  }
  return GT_OK;
}

/* Open for reading, with its size and room for a record. */
static Status open_journal(FILE **stream, const char *journal, Record *record, uint64_t *bytes) {
  struct stat info;
  GT_TRY(file_open_stream(stream, journal, O_RDONLY, "rb"));
  Status status = fstat(fileno(*stream), &info) == 0 ? GT_OK : failure(journal, "read");
  *record = (Record){.bytes = memory_alloc(record_size(JOURNAL_ROWS, GT_SERIES_MAX), 1)};
  if (record->bytes == NULL || status != GT_OK) {
    memory_free(record->bytes);
    fclose(*stream);
    return GT_FAILED;
  }
  *bytes = (uint64_t)info.st_size;
  return GT_OK;
}

Status journal_end(const char *journal, int64_t *last, uint64_t *bytes, bool *whole) {
  FILE *stream = NULL;
  Record record;
  *whole = false;
  if (!file_is_regular(journal)) {
    return GT_OK;
  }
  GT_TRY(open_journal(&stream, journal, &record, bytes));
  Status status = read_end(journal, stream, &record, *bytes, last, whole);
  memory_free(record.bytes);
  fclose(stream);
  return status;
}

/* Rows on their way to `take`. */
typedef struct Heap {
  int64_t *steps;
  double *values;
  size_t rows;
} Heap;

static Status hand_over(JournalWalk *walk, const JournalHead *head, Heap *heap) {
  JournalRows rows = {head, heap->steps, heap->values, heap->rows};
  heap->rows = 0;
  return rows.rows == 0 || walk->take == NULL ? GT_OK : walk->take(walk->context, &rows);
}

static Status take_record(JournalWalk *walk, const JournalHead *head, const Record *record, Heap *heap) {
  size_t rows = (size_t)record->head.rows, row = (size_t)head->series * sizeof(double);
  const unsigned char *steps = record->bytes + sizeof record->head, *values = steps + rows * sizeof(int64_t);
  for (size_t r = 0; r < rows; r++) {
    int64_t step;
    memcpy(&step, steps + r * sizeof step, sizeof step);
    if (step <= walk->last || step > walk->limit) {
      continue;
    }
    heap->steps[heap->rows] = step;
    memcpy(heap->values + heap->rows * (size_t)head->series, values + r * row, row);
    heap->rows++;
    walk->rows++;
    walk->last = step;
    if (heap->rows == JOURNAL_ROWS) {
      GT_TRY(hand_over(walk, head, heap));
    }
  }
  return GT_OK;
}

static Status walk_stream(const char *journal, FILE *stream, uint64_t left, Record *record, Heap *heap,
                          JournalWalk *walk) {
  JournalHead head = {0};
  bool there = false;
  GT_TRY(read_all(journal, stream, &head, sizeof head, &there));
  if (!there || !head_is_good(&head) || strcmp(head.run_id, walk->run_id) != 0) {
    bool begins = memcmp(head.mark, MARK, left < sizeof head.mark ? left : sizeof head.mark) == 0;
    walk->state = there || !begins ? JOURNAL_DAMAGED : JOURNAL_TORN;
    return GT_OK;
  }
  int64_t reached = walk->last; /* with the rows beyond the limit */
  walk->state = JOURNAL_WHOLE;
  for (left -= sizeof head; left > 0 && walk->state == JOURNAL_WHOLE; left -= record->size) {
    GT_TRY(read_record(journal, stream, head.series, left, record, &walk->state));
    if (walk->state == JOURNAL_WHOLE && record->head.after > reached && record->head.after < walk->limit) {
      walk->state = JOURNAL_DAMAGED;
    }
    if (walk->state != JOURNAL_WHOLE) {
      break;
    }
    int64_t last;
    memcpy(&last, record->bytes + sizeof record->head + (record->head.rows - 1) * sizeof last, sizeof last);
    reached = last > reached ? last : reached;
    GT_TRY(take_record(walk, &head, record, heap));
  }
  return hand_over(walk, &head, heap);
}

JournalWalk journal_walk_begin(const Attributes *attributes, int64_t last, int64_t limit) {
  JournalWalk walk = {.last = last, .limit = limit};
  copy_run_id(walk.run_id, attributes);
  return walk;
}

Status journal_walk(const char *journal, JournalWalk *walk) {
  FILE *stream = NULL;
  Record record;
  uint64_t bytes = 0;
  struct stat info;
  walk->state = JOURNAL_ABSENT;
  if (stat(journal, &info) != 0) {
    return errno == ENOENT || errno == ENOTDIR ? GT_OK : failure(journal, "looked at");
  }
  if (!S_ISREG(info.st_mode)) {
    walk->state = JOURNAL_DAMAGED;
    return GT_OK;
  }
  GT_TRY(open_journal(&stream, journal, &record, &bytes));
  Heap heap = {memory_alloc(JOURNAL_ROWS, sizeof *heap.steps),
               memory_alloc((size_t)JOURNAL_ROWS * GT_SERIES_MAX, sizeof *heap.values), 0};
  Status status = heap.steps == NULL || heap.values == NULL
                      ? GT_FAILED
                      : walk_stream(journal, stream, bytes, &record, &heap, walk);
  memory_free(heap.steps);
  memory_free(heap.values);
  memory_free(record.bytes);
  fclose(stream);
  return status;
}
