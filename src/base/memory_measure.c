#include "gantrain/base/memory_measure.h"

#include <stdint.h>
#include <sys/mman.h>

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"

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

bool memory_is_measuring(void) {
  return measured.on;
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

bool memory_measure_block(void **block, size_t bytes) {
  measured.bytes = bytes < SIZE_MAX - measured.bytes ? measured.bytes + bytes : SIZE_MAX;
  if (bytes < MEASURED_LEAST || measured.count == MEASURED_MAX) {
    return false;
  }
  *block = reserve(bytes);
  measured.bytes -= *block == NULL ? bytes : 0;
  return true;
}

bool memory_measure_has(const void *block) {
  for (int i = 0; i < measured.count; i++) {
    if (measured.list[i].block == block) {
      return true;
    }
  }
  return false;
}
