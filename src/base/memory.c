#include "gantrain/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "gantrain/base/fault.h"
#include "gantrain/base/status.h"

/* MPI and HDF5 do not survive a failing malloc everywhere: they hang or crash. So the least that a start
 * takes, libraries, stacks and the allocator's reserves included (about 340 MiB were seen), must be there at
 * once. */
#define ADDRESS_SPACE_LEAST ((size_t)400 << 20)

Status memory_check_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= ADDRESS_SPACE_LEAST) {
    return GT_OK;
  }
  return status_set(
      GT_FAILED,
      "out of memory: the limit of virtual memory is %zu KiB here, and at least %zu KiB are needed "
      "(ulimit -v; batch systems set it from the memory that a job asks for)",
      (size_t)limit.rlim_cur >> 10, ADDRESS_SPACE_LEAST >> 10);
}

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
