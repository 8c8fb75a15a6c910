/* Names in dataset files that the reader and the writer share. Internal to src/io. */
#ifndef GANTRAIN_DATASET_PARTS_H
#define GANTRAIN_DATASET_PARTS_H

#define GT_DATASET_FORMAT "gantrain-dataset"
#define GT_DATASET_VERSION 1
#define GT_VALUE_RANGE "value_range" /* attribute of images: the pixel values that become -1 and 1 */
#define GT_CLASSES "classes"         /* attribute of labels, where they are more than readers take */
#define GT_LABELS_MAX 256            /* classes that readers take */
#define GT_STACKED "stacked_from"    /* attribute of a file whose channels are images of their own */

/* Group names, in the order of DatasetPart. */
static const char *const gt_dataset_parts[] = {"train", "validation", "test"};

#endif
