#include "gantrain/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/log.h"

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

int fault_here(const char *site) {
  const char *fault = getenv("GT_FAULT");
  if (fault == NULL) {
    return 0;
  }
  size_t length = strlen(site);
  return strncmp(fault, site, length) == 0 && fault[length] == ':' && atoi(fault + length + 1) == log_rank();
}
