#include "gantrain/base/status.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/log.h"

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
  static atomic_long hits;
  const char *fault = getenv("GT_FAULT");
  char *rest;
  if (fault == NULL) {
    return 0;
  }
  size_t length = strlen(site);
  if (strncmp(fault, site, length) != 0 || fault[length] != ':' ||
      strtol(fault + length + 1, &rest, 10) != log_rank()) {
    return 0;
  }
  return *rest != ':' || ++hits == strtol(rest + 1, NULL, 10);
}

void fault_die(const char *site) {
  if (fault_here(site)) {
    raise(SIGKILL);
  }
}
