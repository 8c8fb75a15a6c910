/* Shared by the files of the judge. Private to src/quality. */
#ifndef GANTRAIN_JUDGE_PARTS_H
#define GANTRAIN_JUDGE_PARTS_H

#include "gantrain/quality/judge.h"

/* The network and its blocks, at their initial values. Not collective. */
Status judge_create(Judge *judge, Shape image, size_t classes, uint64_t seed);

/* Where the accuracy is measured. */
static inline DatasetPart judge_test_part(const Images *images) {
  return images->info.rows[DATASET_TEST] > 0 ? DATASET_TEST : DATASET_VALIDATION;
}

#endif
