/* The journal beside a metrics.h5 that is too large to be written anew at every save: new rows are appended
 * to metrics.h5.new until they are put into the file. Internal to src/io.
 *
 * A head says whose rows they are; each record has its own checksum, so that one that was cut off when the
 * program died is recognised. Rows with a step that the file has already count as put into it: the journal
 * may outlive that. Not collective. */
#ifndef GANTRAIN_JOURNAL_H
#define GANTRAIN_JOURNAL_H

#include "gantrain/base/files.h"
#include "gantrain/io/outputs.h"

#define JOURNAL_NAME_MAX 40
#define JOURNAL_ROWS 4096 /* at most in a record */

typedef struct JournalHead {
  char mark[24];
  char run_id[24]; /* "" where the file has none */
  int64_t series;
  char names[GT_SERIES_MAX][JOURNAL_NAME_MAX];
  uint64_t hash; /* of what precedes it */
} JournalHead;

/* GT_FAILED where a name does not fit. */
Status journal_head(JournalHead *head, const char *path, const Attributes *attributes,
                    const char *const *names, int series);

/* Add rows at the end; the file is made with `head` where it is absent. `after` is the step of the row before
 * them. On the disk when this returns; after a failure the journal is as it was, as far as the disk allows.
 */
Status journal_append(const char *journal, const JournalHead *head, int64_t after, const int64_t *steps,
                      const double *values, size_t rows);

/* The last step and the size, from the last record alone; *whole = false where that is not a good one, or
 * the journal no regular file. */
Status journal_end(const char *journal, int64_t *last, uint64_t *bytes, bool *whole);

typedef enum JournalState {
  JOURNAL_ABSENT,
  JOURNAL_WHOLE,
  JOURNAL_TORN,   /* its last record was cut off: the program died while it wrote */
  JOURNAL_DAMAGED /* or of another run, or what comes before its rows is missing */
} JournalState;

typedef struct JournalRows {
  const JournalHead *head;
  const int64_t *steps;
  const double *values; /* (rows, series) */
  size_t rows;
} JournalRows;

/* What is wanted of a journal, and what it had. */
typedef struct JournalWalk {
  char run_id[24]; /* of the file that it lies beside */
  int64_t last;    /* in: rows up to this step are passed over; out: the last step that was found */
  int64_t limit;   /* rows beyond this step are passed over */
  Status (*take)(void *context, const JournalRows *rows); /* called with many rows at once; may be NULL */
  void *context;
  size_t rows; /* out: how many were wanted */
  JournalState state;
} JournalWalk;

/* For a file with these attributes (run_id), whose last step is `last`. */
JournalWalk journal_walk_begin(const Attributes *attributes, int64_t last, int64_t limit);

/* GT_FAILED where it cannot be read now, or `take` fails. */
Status journal_walk(const char *journal, JournalWalk *walk);

#endif
