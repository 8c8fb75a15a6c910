/* Batch statistics of shards (--batch-statistics shard): batch normalisation takes those of each shard alone,
 * so that no pass waits for other ranks. The moments of which running statistics are made are summed over all
 * ranks meanwhile: they travel until the player's next pass, and the running statistics then become what they
 * are with statistics of the whole batch. */
#ifndef GANTRAIN_STATISTICS_H
#define GANTRAIN_STATISTICS_H

#include "gantrain/gan/players.h"

/* The architecture with statistics of shards, where the settings want them. GT_USAGE where it has none. */
Status statistics_choose(Architecture *architecture, const GanSettings *settings);

/* The players' blocks of moments, where networks have statistics of shards. GT_USAGE: a shard has a single
 * value to normalise. GT_FAILED: memory. */
Status statistics_create(Gan *gan);
void statistics_free(Gan *gan);

/* network_forward of a player. Collective in training. */
const float *statistics_forward(Gan *gan, int player, Tape *tape, const float *x, const Pass *pass);

/* Complete the running statistics. Collective. */
void statistics_finish(Gan *gan, int player);

#endif
