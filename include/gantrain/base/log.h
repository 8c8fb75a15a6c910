/* Messages for people. Rank 0 prints for all ranks, except errors that only one rank knows.
 *
 * Information goes to standard output, warnings and errors to standard error. All of them also go, with
 * the time and time zone, to the run's log.txt after log_open(). Safe from any thread. */
#ifndef GANTRAIN_LOG_H
#define GANTRAIN_LOG_H

#include <stdio.h>

/* The rank of this process; 0 before world_begin(). */
void log_set_rank(int rank);
int log_rank(void);

/* From now on to this stream as well, which log_close closes. Rank 0 only. */
void log_open(FILE *stream);
void log_close(void);

/* Printed by rank 0 only. One line; the format does not end in a newline. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Printed by any rank, as "gantrain: error: ...". */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* To log.txt only. */
void log_file(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
