/* The file of a classifier: its parameters by name, what it scored, and how it was made. Not collective: rank
 * 0.
 *
 *   attributes   format gantrain-classifier, format_version, fingerprint (XXH3-64 of the parameters),
 * accuracy, ... /classifier/parameters/conv2d/kernel, ...      float32 /confusion int64 [class, answer]: the
 * test images */
#ifndef GANTRAIN_CLASSIFIER_FILE_H
#define GANTRAIN_CLASSIFIER_FILE_H

#include "gantrain/base/attributes.h"
#include "gantrain/nn/arena.h"

/* `about` gets the format's own attributes beside it. confusion[classes,classes]. */
Status classifier_write(const char *path, const Attributes *about, const Arena *arena, const float *params,
                        const int64_t *confusion, size_t classes);

/* The attributes alone. `path` NULL: the embedded one. GT_FAILED where it is no whole classifier of a version
 * that we know. */
Status classifier_read_about(const char *path, Attributes *about);

/* The parameters, which must have the arena's names and shapes, and the fingerprint that the file states. */
Status classifier_read(const char *path, const Arena *arena, float *params);

#endif
