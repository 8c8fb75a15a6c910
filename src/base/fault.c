#include "gantrain/base/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/log.h"

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
