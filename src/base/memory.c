#include "gantrain/base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef GANTRAIN_SANITIZE
#include <sanitizer/asan_interface.h>
#endif

#include "gantrain/base/check.h"
#include "gantrain/base/fault.h"

#define LARGE ((size_t)64 << 20) /* bytes: looked for before they are taken */

/* While memory is only measured, large blocks are address space that takes no memory until it is touched. */
#define MEASURED_MAX 256
#define MEASURED_LEAST ((size_t)1 << 16) /* bytes; smaller blocks are taken as ever */

static struct {
  bool on;
  size_t bytes;
  int count;
  struct {
    void *block;
    size_t bytes;
  } list[MEASURED_MAX];
} measured;

void memory_measure_begin(void) {
  GT_CHECK(!measured.on, "memory is measured already, %zu bytes", measured.bytes);
  measured.on = true;
  measured.bytes = 0;
}

size_t memory_measured(void) {
  return measured.bytes;
}

void memory_measure_end(void) {
  for (int i = 0; i < measured.count; i++) {
    memory_allow(measured.list[i].block, measured.list[i].bytes);
    munmap(measured.list[i].block, measured.list[i].bytes);
  }
  measured.count = 0;
  measured.bytes = 0;
  measured.on = false;
}

/* NULL where address space is limited. */
static void *reserve(size_t bytes) {
  void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED) {
    return NULL;
  }
  measured.list[measured.count].block = block;
  measured.list[measured.count++].bytes = bytes;
  return block;
}

static bool is_reserved(const void *block) {
  for (int i = 0; i < measured.count; i++) {
    if (measured.list[i].block == block) {
      return true;
    }
  }
  return false;
}

/* A zeroed block; NULL where there is no memory. */
static void *allocate_zeroed(size_t bytes) {
  void *block = NULL;
  if (measured.on) {
    measured.bytes = bytes < SIZE_MAX - measured.bytes ? measured.bytes + bytes : SIZE_MAX;
    if (bytes >= MEASURED_LEAST && measured.count < MEASURED_MAX) {
      return reserve(bytes);
    }
  }
  if (posix_memalign(&block, GT_ALIGNMENT, bytes) != 0) {
    return NULL;
  }
  return memset(block, 0, bytes);
}

void *memory_alloc(size_t count, size_t size) {
  if (size != 0 && count > (SIZE_MAX - GT_ALIGNMENT) / size) {
    status_set(GT_FAILED, STATUS_NO_MEMORY ": %zu elements of %zu bytes were asked for", count, size);
    return NULL;
  }
  size_t bytes = (count * size + GT_ALIGNMENT - 1) / GT_ALIGNMENT * GT_ALIGNMENT;
  if (bytes == 0) {
    bytes = GT_ALIGNMENT;
  }
  /* Linux grants more memory than there is, and kills the process that uses it. */
  if (bytes >= LARGE && !measured.on && memory_check(bytes, "one block of numbers") != GT_OK) {
    return NULL;
  }
  void *block = fault_here("memory") ? NULL : allocate_zeroed(bytes);
  if (block == NULL) {
    status_set(GT_FAILED, STATUS_NO_MEMORY ": %zu bytes were asked for; use a smaller batch or more machines",
               bytes);
    if (measured.on) { /* there may not be so much address space: say so with the figures so far */
      size_t so_far = measured.bytes;
      measured.bytes -= bytes; /* it was not even reserved */
      memory_check(so_far, "a part of this alone");
    }
    return NULL;
  }
  memory_poison((char *)block + count * size, bytes - count * size);
  return block;
}

#ifdef GANTRAIN_SANITIZE
void memory_poison(const void *from, size_t bytes) {
  __asan_poison_memory_region(from, bytes);
}

void memory_allow(const void *from, size_t bytes) {
  __asan_unpoison_memory_region(from, bytes);
}
#else
void memory_poison(const void *from, size_t bytes) {
  (void)from;
  (void)bytes;
}

void memory_allow(const void *from, size_t bytes) {
  (void)from;
  (void)bytes;
}
#endif

void memory_free(void *block) {
  if (!is_reserved(block)) { /* memory_measure_end frees those */
    free(block);
  }
}

size_t memory_peak_bytes(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}
