/* What makes an HDF5 dataset an image stack that can be trained on. Private to src/io. */
#ifndef GANTRAIN_DATASET_STACK_H
#define GANTRAIN_DATASET_STACK_H

#include "gantrain/base/shape.h"
#include "h5/h5.h"

#define STACK_REASON_MAX 400

typedef struct Stack {
  char type[24];      /* of number in the file, as "int16" */
  size_t value_bytes; /* of one there */
  int dims_count;
  hsize_t dims[H5_DIMS_MAX];
  size_t rows;
  Shape image;
  bool is_float, has_range; /* is_float: read as float32, else as uint8 */
  double range[2];
} Stack;

/* Reads type, dimensions, rows and value_range of the open dataset. Returns false where it is not a stack
 * of images, with a reason that continues a sentence begun by its name. Type and dimensions are set where
 * they could be read. */
bool stack_fits(Stack *stack, char reason[STACK_REASON_MAX], const char *path, hid_t dataset);

/* The same with a message: GT_FAILED. */
Status stack_check(Stack *stack, const char *path, hid_t dataset, const char *name);

/* Are these labels: whole numbers [rows] or [rows,1], or one column per class (*columns > 1)? If not,
 * false with the reason. */
bool labels_fit(size_t *columns, char reason[STACK_REASON_MAX], const char *path, hid_t dataset, size_t rows);

/* "[100,28,28] uint8" into out[room]; returns out. */
const char *stack_format(char *out, size_t room, const Stack *stack);

/* Call visit for every dataset of the file, with why it does not fit, or NULL where it does, until it returns
 * false. */
typedef bool (*StackVisit)(void *context, const char *name, const Stack *stack, const char *reason);
Status stack_visit_all(const char *path, hid_t file, StackVisit visit, void *context);

/* "/a [100,28,28] uint8; /b ..." of every usable stack in the file, cut with "..." where out[room] is full;
 * where there is none, every other dataset with why it does not fit, and *usable = false. */
Status stack_list(char *out, size_t room, bool *usable, const char *path, hid_t file);

#endif
