/* Shared by the files of the judge. Private to src/quality. */
#ifndef GANTRAIN_JUDGE_PARTS_H
#define GANTRAIN_JUDGE_PARTS_H

#include "gantrain/quality/judge.h"

/* The network and its blocks, at their initial values. Not collective. */
Status judge_create(Judge *judge, Shape image, size_t classes, uint64_t seed);

/* GT_USAGE where the part is empty, or its images are not of the classifier's size. */
Status judge_check_test(const Images *images, Shape classifier, DatasetPart part);

/* Where the accuracy is measured. */
static inline DatasetPart judge_test_part(const Images *images) {
  return images->info.rows[DATASET_TEST] > 0 ? DATASET_TEST : DATASET_VALIDATION;
}

#endif
