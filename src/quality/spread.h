/* How work on rows is divided among the ranks: in runs whose borders do not depend on the number of ranks.
 * Private to src/quality. */
#ifndef GANTRAIN_SPREAD_H
#define GANTRAIN_SPREAD_H

#include "gantrain/base/shard.h"
#include "gantrain/comm/comm.h"

#define SPREAD_CHUNK 64 /* rows */

/* This rank's run of `chunks` equal pieces of work. */
static inline Range spread_of(const World *world, size_t chunks) {
  return range_part(chunks, (size_t)world->size, (size_t)world->rank);
}

/* The number of chunks of `chunk` rows in n rows; the last may be shorter. */
static inline size_t spread_chunks(size_t n, size_t chunk) {
  return (n + chunk - 1) / chunk;
}

/* This rank's rows when n rows are divided in chunks of `chunk`. */
static inline Range spread_rows(const World *world, size_t n, size_t chunk) {
  Range chunks = spread_of(world, spread_chunks(n, chunk));
  size_t first = chunks.first * chunk, end = (chunks.first + chunks.count) * chunk;
  first = first < n ? first : n;
  end = end < n ? end : n;
  return (Range){.first = first, .count = end - first};
}

/* values[n]: each is computed by one rank and is zero on the others. Collective. */
static inline void spread_collect(double *values, size_t n) {
  comm_sum(values, n);
}

#endif
