/* Functions for both kinds of files of samples: samples.h5, which grows with a run, and single files.
 * Internal to src/io. */
#ifndef GANTRAIN_SAMPLES_PARTS_H
#define GANTRAIN_SAMPLES_PARTS_H

#include "gantrain/io/outputs.h"
#include "h5/h5.h"

#define SAMPLES_FORMAT "gantrain-samples"

/* The arrays of a file. Only a single file with a condition has labels. */
typedef struct SampleArrays {
  hid_t samples, latent, condition, labels;
} SampleArrays;

typedef enum SampleFile { SAMPLES_SINGLE, SAMPLES_GROWING } SampleFile;

/* Creates the arrays, empty, and their dimension scales but for the time. To be closed by
 * sample_arrays_close, also after a failure. */
Status sample_arrays_create(SampleArrays *arrays, const char *path, hid_t file, SampleFile kind,
                            const SampleSet *set);
void sample_arrays_close(SampleArrays *arrays);

/* Writes the latents and conditions of the set's images, from row `first` of the file on. */
Status sample_arrays_write_inputs(const SampleArrays *arrays, const char *path, size_t first,
                                  const SampleSet *set);

#endif
