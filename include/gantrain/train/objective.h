/* Objective: what the two players learn from and minimise, of the options of a recipe. */
#ifndef GANTRAIN_OBJECTIVE_H
#define GANTRAIN_OBJECTIVE_H

#include "gantrain/gan/gan.h"
#include "gantrain/options/options.h"

/* The loss, D's penalties and norms and what both are shown, of train's options or of bench's, which are the
 * same; the rest of the settings stays. GT_USAGE: images of that shape do not allow it. */
Status objective_read(GanSettings *settings, const Options *options, Shape image);

#endif
