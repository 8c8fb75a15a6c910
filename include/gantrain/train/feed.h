/* Feed: the images of this rank's shards and the order in which they are shown. */
#ifndef GANTRAIN_FEED_H
#define GANTRAIN_FEED_H

#include "gantrain/base/shard.h"
#include "gantrain/comm/comm.h"
#include "gantrain/gan/condition.h"
#include "gantrain/io/dataset.h"

/* How many images a step, from how many shards. */
typedef struct FeedSizes {
  size_t batch, shards;
  size_t pack;     /* images that stay together: on one shard, and of validation on one rank; 0: 1 */
  size_t batches;  /* a step takes so many; 0: 1 */
  bool may_change; /* nobody asked for these: smaller data sets get others, */
  bool changed;    /* as they did */
} FeedSizes;

typedef struct Feed {
  DatasetInfo info; /* with the range that was found, where the file has none */
  bool range_found;
  FeedSizes sizes;
  uint64_t seed;
  Range shards;        /* this rank's */
  size_t shards_total; /* S */
  size_t per_shard;    /* images a batch from one shard */
  size_t steps_per_epoch;
  float scale, shift; /* pixel to [-1, 1] */
  void *pixels;       /* this rank's training rows, as they are in the file */
  size_t rows;
  uint32_t *order;                 /* this rank's rows in the order of `epoch`, shard after shard */
  int64_t epoch;                   /* that `order` stands for; -1: none yet */
  void *validation;                /* this rank's part of the validation rows */
  Range validation_rows;           /* which of them */
  uint64_t fingerprint;            /* of the training rows over all ranks; depends on data and S only */
  uint64_t validation_fingerprint; /* the same of the validation rows; 0: there are none */
  Dataset *dataset;                /* between feed_open and feed_read */
  /* With a condition, else empty: */
  Condition condition;
  uint8_t *labels, *validation_labels; /* of the rows in `pixels` and in `validation` */
  bool validation_labelled;            /* every validation image has a label that training images have */
  uint64_t labels_fingerprint;         /* of all of them */
} Feed;

/* Open the data (spec as in dataset_open), and choose batch and shards or check them: which rows are this
 * rank's. Collective; the same outcome on all ranks. */
Status feed_open(Feed *feed, const World *world, const char *spec, FeedSizes sizes, uint64_t seed);

/* After it, for --condition labels: read the labels of this rank's rows, and count those of all ranks into
 * feed->condition. GT_USAGE where there is not one for every training image, or one for all; what is odd is
 * in info.notes. Collective; the same outcome on all ranks. */
Status feed_read_labels(Feed *feed, const char *spec);

/* After them: read this rank's rows and look at them; what is odd is in info.notes. Collective; the same
 * outcome on all ranks. */
Status feed_read(Feed *feed, const char *spec);

/* Bytes that this rank's rows and what belongs to them take, also while they are read. */
size_t feed_bytes(const Feed *feed);

void feed_free(Feed *feed);

/* This rank's images of step `step`, (sizes.batches, shards.count * per_shard, image), scaled to [-1, 1], and
 * where there is a condition theirs, (sizes.batches, shards.count * per_shard, condition.length). Steps come
 * in any order, but a new epoch costs a new shuffle. */
void feed_batch(Feed *feed, float *out, float *conditions, int64_t step);

/* Rows [first, first + count) of this rank's validation rows, scaled; with a condition only where they are
 * labelled. */
void feed_validation(const Feed *feed, float *out, float *conditions, size_t first, size_t count);

#endif
