/* A training run, from its options to its last checkpoint. */
#ifndef GANTRAIN_TRAIN_H
#define GANTRAIN_TRAIN_H

#include "gantrain/comm/comm.h"
#include "gantrain/options/options.h"

/* Collective; the same outcome on all ranks. GT_MORE_WORK where the run stopped early, after a checkpoint. */
Status train_run(const World *world, const Options *options);

#endif
