/* The labels that D learns: 1 real and 0 fake, but for smoothing and flips. */
#ifndef GANTRAIN_LABELS_H
#define GANTRAIN_LABELS_H

#include "gantrain/gan/players.h"

/* Their buffer where they are not just 1 and 0, else nothing; after gan->packs. GT_USAGE for a loss without
 * labels; GT_FAILED: memory. */
Status labels_create(Gan *gan);
void labels_free(Gan *gan);

/* D's labels of that side's images (a pack has one) in the pass, until the next call: settings.real_label for
 * real ones and 0 for fakes, and the other one where it is flipped; NULL: all are 1, or 0. */
const float *labels_of(Gan *gan, int side, const Pass *pass);

#endif
