/* The shape of one image, or of one row of any layer's output: H x W x C, channels last.
 * A flat vector of n features is 1 x 1 x n. */
#ifndef GANTRAIN_SHAPE_H
#define GANTRAIN_SHAPE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Shape {
  int h, w, c;
} Shape;

static inline size_t shape_count(Shape shape) {
  return (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
}

/* Are these the sides of an image: above 0, and all its values can be counted by an int? */
static inline bool shape_is_possible(unsigned long long h, unsigned long long w, unsigned long long c) {
  return h > 0 && w > 0 && c > 0 && h <= INT_MAX && w <= INT_MAX / h && c <= INT_MAX / (h * w);
}

#endif
