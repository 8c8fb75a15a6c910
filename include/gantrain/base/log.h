/* Messages for people. Rank 0 speaks for all, except for errors that only one rank knows.
 *
 * Information goes to standard output, warnings and errors to standard error; all of them also, with the
 * time and its zone, to the run's log.txt once log_open() has named it. Safe from any thread. */
#ifndef GANTRAIN_LOG_H
#define GANTRAIN_LOG_H

#include "gantrain/base/status.h"

/* Which rank this process is; before world_begin() it is 0. */
void log_set_rank(int rank);
int log_rank(void);

/* Append to the file `path` from now on. Rank 0 only. GT_FAILED if it cannot be opened. */
Status log_open(const char *path);
void log_close(void);

/* Rank 0 prints, other ranks are silent. One line; no newline at the end of format. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Any rank prints, as "gantrain: error: ...". */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Only to log.txt. */
void log_file(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
