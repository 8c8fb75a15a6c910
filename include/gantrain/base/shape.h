/* The shape of one image, or of one row of any layer's output: H x W x C, channels last.
 * A flat vector of n features is 1 x 1 x n. */
#ifndef GANTRAIN_SHAPE_H
#define GANTRAIN_SHAPE_H

#include <stddef.h>

typedef struct Shape {
  int h, w, c;
} Shape;

static inline size_t shape_count(Shape shape) {
  return (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
}

#endif
