/* What feed.c is made of. Internal to src/train. */
#ifndef GANTRAIN_FEED_PARTS_H
#define GANTRAIN_FEED_PARTS_H

#include "gantrain/train/feed.h"

/* Check that batch and shards fit the training rows and the ranks; where they may change, and the data set is
 * smaller than a batch, choose others, which do not depend on the ranks up to the number of default shards.
 * GT_USAGE with options that would fit. Not collective. */
Status feed_choose_sizes(FeedSizes *sizes, size_t rows, size_t ranks);

/* The training rows of this rank's run of shards. */
Range feed_own_rows(const Feed *feed);

/* Look at the rows that were read (`rows`: this rank's of the training part). Sets info.range where the file
 * has none, and notes what is odd; GT_FAILED for values that are not finite, GT_USAGE where there is nothing
 * to learn. `name` is the data's. Collective; the same outcome on all ranks. */
Status feed_inspect(Feed *feed, Range rows, const char *name);

#endif
