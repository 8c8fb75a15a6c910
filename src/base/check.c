#include "gantrain/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gantrain/base/log.h"

static void (*abort_hook)(void);

void check_set_abort(void (*abort_all)(void)) {
  abort_hook = abort_all;
}

void check_failed(const char *file, int line, const char *condition, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fprintf(stderr, "gantrain: bug on rank %d at %s:%d: %s is false: %s\n", log_rank(), file, line, condition,
          text);
  if (abort_hook != NULL) {
    abort_hook();
  }
  abort();
}
