/* The function of that name that a preloaded library stands in front of. Define _GNU_SOURCE before. */
#ifndef GANTRAIN_NEXT_OF_H
#define GANTRAIN_NEXT_OF_H

#include <dlfcn.h>
#include <stdlib.h>

static inline void *next_of(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (function == NULL) {
    abort();
  }
  return function;
}

#endif
