/* How much memory would be taken, found out without taking it. */
#ifndef GANTRAIN_MEMORY_MEASURE_H
#define GANTRAIN_MEMORY_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

/* What would so many calls of memory_alloc take? From begin to end they get zeroed memory that takes no room
 * until it is touched, and their bytes are counted. Until the end all of it must be freed. */
void memory_measure_begin(void);
size_t memory_measured(void); /* bytes since the beginning; 0 after the end */
void memory_measure_end(void);

/* For memory_alloc and memory_free alone. */
bool memory_is_measuring(void);
/* Count the bytes of a block; true: it was also reserved, as *block, NULL where address space is limited. */
bool memory_measure_block(void **block, size_t bytes);
bool memory_measure_has(const void *block);

#endif
