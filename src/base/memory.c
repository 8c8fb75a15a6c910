#include "gantrain/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "gantrain/base/status.h"

void *memory_alloc(size_t count, size_t size) {
  void *block = NULL;
  if (size != 0 && count > (SIZE_MAX - GT_ALIGNMENT) / size) {
    status_set(GT_FAILED, "out of memory: %zu elements of %zu bytes were asked for", count, size);
    return NULL;
  }
  size_t bytes = (count * size + GT_ALIGNMENT - 1) / GT_ALIGNMENT * GT_ALIGNMENT;
  if (bytes == 0) {
    bytes = GT_ALIGNMENT;
  }
  if (fault_here("memory") || posix_memalign(&block, GT_ALIGNMENT, bytes) != 0) {
    status_set(GT_FAILED, "out of memory: %zu bytes were asked for; use a smaller batch or more machines",
               bytes);
    return NULL;
  }
  memset(block, 0, bytes);
  return block;
}

void memory_free(void *block) {
  free(block);
}

size_t memory_peak_bytes(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}
