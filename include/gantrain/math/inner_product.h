/* Inner product of two arrays. */
#ifndef GANTRAIN_INNER_PRODUCT_H
#define GANTRAIN_INNER_PRODUCT_H

#include <stddef.h>

/* The sum of a[n] b in double, in an order that depends on n alone. */
double inner_product(const float *a, const float *b, size_t n);

#endif
