/* What the two kinds of files of samples share: those that grow with a run, and single ones. Internal to
 * src/io. */
#ifndef GANTRAIN_SAMPLES_PARTS_H
#define GANTRAIN_SAMPLES_PARTS_H

#include "gantrain/io/outputs.h"
#include "h5/h5.h"

#define SAMPLES_FORMAT "gantrain-samples"

/* The arrays of a file, still empty; labels only in a single file with a condition. */
typedef struct SampleArrays {
  hid_t samples, latent, condition, labels;
} SampleArrays;

typedef enum SampleFile { SAMPLES_SINGLE, SAMPLES_GROWING } SampleFile;

/* Create them with dimension scales, on /samples of all but the time. Close with sample_arrays_close in any
 * case. */
Status sample_arrays_create(SampleArrays *arrays, const char *path, hid_t file, SampleFile kind,
                            const SampleSet *set);
void sample_arrays_close(SampleArrays *arrays);

/* What the set's images, from row `first` of the file on, are made of. */
Status sample_arrays_write_inputs(const SampleArrays *arrays, const char *path, size_t first,
                                  const SampleSet *set);

#endif
