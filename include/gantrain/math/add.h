/* Sums of two arrays. */
#ifndef GANTRAIN_ADD_H
#define GANTRAIN_ADD_H

#include <stddef.h>

/* out[n] = a + b; out may be a. */
void arrays_add(float *out, const float *a, const float *b, size_t n);

#endif
