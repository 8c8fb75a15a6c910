/* What makes an HDF5 dataset an image stack that can be trained on. Internal to src/io. */
#ifndef GANTRAIN_DATASET_STACK_H
#define GANTRAIN_DATASET_STACK_H

#include "gantrain/base/shape.h"
#include "h5/h5.h"

typedef struct Stack {
  size_t rows;
  Shape image;
  bool is_float, has_range;
  double range[2];
} Stack;

/* Type, dimensions, rows and value_range of the open dataset `name`; GT_FAILED with what is wrong with it. */
Status stack_check(Stack *stack, const char *path, hid_t dataset, const char *name);

/* Labels are uint8 [rows]. */
Status labels_check(const char *path, hid_t dataset, const char *name, size_t rows);

/* "/a [100,28,28] uint8; /b ..." of every usable stack in the file, cut with "..." where out[size] is full;
 * "" where there is none. */
Status stack_list(char *out, size_t size, const char *path, hid_t file);

#endif
