/* What a run says about itself before its first step. */
#ifndef GANTRAIN_ANNOUNCE_H
#define GANTRAIN_ANNOUNCE_H

#include "gantrain/options/options.h"
#include "run.h"

/* Printed and logged. Called by all ranks; the log speaks on rank 0 only. */
void announce_run(const Run *run, const Options *options);

#endif
