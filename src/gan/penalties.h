/* D's penalties of a recipe on their sides. */
#ifndef GANTRAIN_PENALTIES_H
#define GANTRAIN_PENALTIES_H

#include "gantrain/gan/players.h"

/* Gives every side its penalty, after gan->settings. GT_USAGE where two want the same side, or none is there
 * and one is needed. */
Status penalties_choose(Gan *gan);

#endif
