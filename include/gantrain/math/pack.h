/* Packs: several images as the channels of one (Lin, Khetan, Fanti and Oh, "PacGAN: the power of two samples
 * in generative adversarial networks", 2018).
 *
 * Letters: N packs, M images a pack, P pixels of an image, C its channels. Arrays do not overlap. */
#ifndef GANTRAIN_PACK_H
#define GANTRAIN_PACK_H

#include <stddef.h>

/* y[N,P,M C]: the channels of image m of pack n of x[N M,P,C] are channels m C .. m C + C - 1 there. */
void pack_forward(float *y, const float *x, size_t N, size_t M, size_t P, size_t C);
/* dx[N M,P,C] = the adjoint, which is the way back, of dy[N,P,M C]; overwrites. */
void pack_backward(float *dx, const float *dy, size_t N, size_t M, size_t P, size_t C);

#endif
