/* Aligned memory, allocated once at start-up. A step never allocates. */
#ifndef GANTRAIN_MEMORY_H
#define GANTRAIN_MEMORY_H

#include <stddef.h>
#ifdef GANTRAIN_SANITIZE
#include <sanitizer/asan_interface.h>
#endif

#define GT_ALIGNMENT 64 /* bytes: one cache line, one AVX-512 register */

/* `count` elements of `size` bytes, zeroed, on a GT_ALIGNMENT border. NULL with a recorded message when
 * the memory is not there or count * size overflows; count 0 gives a valid pointer. Free with memory_free. */
void *memory_alloc(size_t count, size_t size);

/* NULL is allowed. */
void memory_free(void *block);

/* Bytes behind each buffer of a block that must not be accessed, in sanitizer builds. */
#ifdef GANTRAIN_SANITIZE
#define GT_RED_ZONE GT_ALIGNMENT
#else
#define GT_RED_ZONE 0
#endif

/* In sanitizer builds, access to these bytes ends the program with a report until they are allowed again
 * or freed. In other builds nothing happens. */
static inline void memory_poison(const void *from, size_t bytes) {
#ifdef GANTRAIN_SANITIZE
  __asan_poison_memory_region(from, bytes);
#endif
  (void)from;
  (void)bytes;
}

static inline void memory_allow(const void *from, size_t bytes) {
#ifdef GANTRAIN_SANITIZE
  __asan_unpoison_memory_region(from, bytes);
#endif
  (void)from;
  (void)bytes;
}

/* Largest resident set of this process so far, in bytes. */
size_t memory_peak_bytes(void);

#endif
