#include "gantrain/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[GT_MESSAGE_MAX];

Status status_set(Status code, const char *format, ...) {
  char text[GT_MESSAGE_MAX]; /* an argument may be status_message() itself */
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  memcpy(message, text, sizeof message);
  return code;
}

const char *status_message(void) {
  return message;
}
