/* What file_describe says about each kind of file. Internal to src/io. All print to standard output; `file`
 * is open. */
#ifndef GANTRAIN_DESCRIBE_H
#define GANTRAIN_DESCRIBE_H

#include "h5/h5.h"

Status describe_checkpoint(const char *path, hid_t file);
Status describe_samples(const char *path, hid_t file);
Status describe_metrics(const char *path, hid_t file);
Status describe_classifier(const char *path, hid_t file);
Status describe_eval(const char *path, hid_t file);
Status describe_dataset(const char *path, hid_t file);
/* An HDF5 file of somebody else. */
Status describe_foreign(const char *path, hid_t file);

#endif
