/* Outcomes of operations that can fail, with a message.
 *
 * A function that can fail returns a Status. The code that detects the failure records the message with
 * status_set(); its callers return the code (GT_TRY). The message is per thread and is replaced by the
 * next failure. The codes are the program's exit codes. */
#ifndef GANTRAIN_STATUS_H
#define GANTRAIN_STATUS_H

typedef enum Status {
  GT_OK = 0,
  GT_FAILED = 1, /* local to one rank: file, disk, memory. All ranks call comm_agree() before they branch */
  GT_USAGE = 2,  /* the same on all ranks: a bad option, an unknown name, a wrong file named by the user */
  GT_MORE_WORK = 75 /* stopped early on purpose, after a checkpoint (EX_TEMPFAIL): start again to continue */
} Status;

#define GT_MESSAGE_MAX 1024

/* Messages of failures that say nothing about a file's content have these words, by which patience_read knows
 * them. */
#define STATUS_NO_MEMORY "out of memory"
#define STATUS_NO_TRIAL "the process that looks through it first" /* h5/trial.c: died or did not start */

/* Record a message (as printf: what was found, what was expected, what to do) and return `code`. */
Status status_set(Status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last message of the calling thread, "" if there is none. Valid until the thread's next status_set. */
const char *status_message(void);

#define GT_TRY(expression)                \
  do {                                    \
    Status gt_try_status_ = (expression); \
    if (gt_try_status_ != GT_OK) {        \
      return gt_try_status_;              \
    }                                     \
  } while (0)

#endif
