/* What D sees of images: changed at random (augment.h) and in packs (pack.h), where the recipe wants it; else
 * the images as they are. */
#ifndef GANTRAIN_VIEW_H
#define GANTRAIN_VIEW_H

#include "gantrain/gan/players.h"

/* The share of a batch in what D sees of it, from gan->settings and gan->share. GT_USAGE: it cannot be
 * cut into packs. */
Status view_share(Share *share, const Gan *gan);

/* The size of what D sees. */
Shape view_shape(const Gan *gan);

/* Buffers, after gan->image, settings and share. GT_FAILED: memory. */
Status view_create(Gan *gan);
void view_free(Gan *gan);

/* What D sees in that pass over packs of its images x, (rows of the pass times images a pack, image), until
 * the side's next view; x itself where it sees images as they are. Only in training are they changed. */
const float *view_forward(Gan *gan, int side, const float *x, const Pass *pass);

/* The way back: the gradient at this rank's images (rows, image) from that at the side's last view, whose
 * place it may take. */
const float *view_backward(Gan *gan, int side, const float *dview);

#endif
