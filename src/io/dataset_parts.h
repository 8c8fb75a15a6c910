/* Names in dataset files that the reader and the writer share. Internal to src/io. */
#ifndef GANTRAIN_DATASET_PARTS_H
#define GANTRAIN_DATASET_PARTS_H

#define GT_DATASET_FORMAT "gantrain-dataset"
#define GT_DATASET_VERSION 1
#define GT_VALUE_RANGE "value_range" /* attribute of images: the pixel values that become -1 and 1 */

/* Group names, in the order of DatasetPart. */
static const char *const gt_dataset_parts[] = {"train", "validation", "test"};

#endif
