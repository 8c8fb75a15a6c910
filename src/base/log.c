#include "gantrain/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gantrain/base/status.h"

static int rank;
static FILE *log_stream;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void log_set_rank(int new_rank) {
  rank = new_rank;
}

int log_rank(void) {
  return rank;
}

void log_open(FILE *stream) {
  pthread_mutex_lock(&lock);
  log_stream = stream;
  pthread_mutex_unlock(&lock);
}

void log_close(void) {
  pthread_mutex_lock(&lock);
  if (log_stream != NULL) {
    fclose(log_stream);
    log_stream = NULL;
  }
  pthread_mutex_unlock(&lock);
}

/* Writes one line to `screen` (NULL: none) and, with the time, to log.txt. */
static void write_line(FILE *screen, const char *prefix, const char *format, va_list arguments) {
  char text[2 * GT_MESSAGE_MAX];
  vsnprintf(text, sizeof text, format, arguments);
  pthread_mutex_lock(&lock);
  if (screen != NULL) {
    fprintf(screen, "%s%s\n", prefix, text);
    fflush(screen);
  }
  if (log_stream != NULL) {
    char stamp[40];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S%z", &local);
    fprintf(log_stream, "%s %s%s\n", stamp, prefix, text);
    fflush(log_stream);
  }
  pthread_mutex_unlock(&lock);
}

void log_info(const char *format, ...) {
  if (rank == 0) {
    va_list arguments;
    va_start(arguments, format);
    write_line(stdout, "", format, arguments);
    va_end(arguments);
  }
}

void log_warn(const char *format, ...) {
  if (rank == 0) {
    va_list arguments;
    va_start(arguments, format);
    write_line(stderr, "gantrain: warning: ", format, arguments);
    va_end(arguments);
  }
}

void log_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(stderr, "gantrain: error: ", format, arguments);
  va_end(arguments);
}

void log_file(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(NULL, "", format, arguments);
  va_end(arguments);
}
