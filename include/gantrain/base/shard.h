/* Shards: S fixed, contiguous row ranges of the training part, each a virtual worker.
 *
 * The row ranges depend on the data and S only; which rank owns a shard depends on the number of ranks.
 * Every random stream is keyed by the position in the batch over all shards, so moving a shard to another
 * rank changes only where it is computed. */
#ifndef GANTRAIN_SHARD_H
#define GANTRAIN_SHARD_H

#include <stddef.h>

typedef struct Range {
  size_t first, count;
} Range;

/* Part `index` of `total` items cut into `parts` contiguous parts whose lengths differ by at most one.
 * Used for the rows of a shard (total = rows, parts = S), the shards of a rank (total = S, parts = size)
 * and the validation rows of a rank. */
Range range_part(size_t total, size_t parts, size_t index);

#endif
