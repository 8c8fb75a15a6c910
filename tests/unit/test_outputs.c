/* samples.h5 and metrics.h5: appends, cuts, and that both end as those of a run that was never disturbed.
 *
 * With a folder as its only argument the program instead leaves example files there, for check_outputs.py. */
#include <dirent.h>
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gantrain/base/files.h"
#include "gantrain/base/memory.h"
#include "gantrain/h5/trial.h"
#include "gantrain/io/checkpoint.h"
#include "gantrain/io/dataset.h"
#include "gantrain/io/outputs.h"

#define N 6
#define LATENT 5
#define VALUES 500

static const char *const series_names[] = {"epoch", "d_loss", "g_loss"};
static const Shape grey = {4, 3, 1}, colour = {2, 4, 3};

static char folder[64];
static Attributes recipe;
static char samples[GT_PATH_MAX], metrics[GT_PATH_MAX];

static void fill_images(uint8_t images[VALUES], int64_t step) {
  for (int i = 0; i < VALUES; i++) {
    images[i] = (uint8_t)(step * 7 + i * 3);
  }
}

/* In pieces of 2, 2 and 2 images; with labels where there is a condition. */
static Status write_single(const char *path, const uint8_t *images, const uint8_t *labels,
                           const SampleSet *set) {
  SampleWriter *writer;
  Status status = GT_OK;
  GT_TRY(sample_writer_open(&writer, path, &recipe, set));
  for (size_t first = 0; first < set->n && status == GT_OK; first += 2) {
    SampleSet rows = *set;
    rows.n = 2;
    rows.latents += first * set->latent;
    rows.conditions = set->condition > 0 ? set->conditions + first * set->condition : NULL;
    status = sample_writer_write(writer, images + first * shape_count(set->image),
                                 labels != NULL ? labels + first : NULL, &rows);
  }
  return sample_writer_close(writer, status);
}

static Status append_samples(const char *path, int64_t step, Shape image) {
  uint8_t images[VALUES];
  float latent[N * LATENT];
  fill_images(images, step);
  for (int i = 0; i < N * LATENT; i++) {
    latent[i] = (float)i / 8;
  }
  const SampleSet set = {.image = image, .n = N, .latent = LATENT, .latents = latent};
  return samples_append(path, &recipe, step, (double)step / 10, images, &set);
}

/* Rows first+1 .. first+rows; d_loss is measured at odd steps only. */
static Status append_metrics(const char *path, int64_t first, size_t rows) {
  int64_t *steps = malloc((rows + 1) * sizeof *steps);
  double *values = malloc((rows + 1) * 3 * sizeof *values);
  for (size_t r = 0; r < rows; r++) {
    int64_t step = first + 1 + (int64_t)r;
    steps[r] = step;
    values[3 * r] = (double)step / 10;
    values[3 * r + 1] = step % 2 == 0 ? NAN : (double)step * 1.5;
    values[3 * r + 2] = (double)-step;
  }
  Status status = metrics_append(path, &recipe, &(MetricsRows){series_names, 3, rows, steps, values});
  free(steps);
  free(values);
  return status;
}

static void assert_message(const char *part) {
  if (strstr(status_message(), part) == NULL) {
    fail_msg("\"%s\" is not in the message: %s", part, status_message());
  }
}

static void set_recipe(void) {
  memset(&recipe, 0, sizeof recipe);
  attributes_set_text(&recipe, "arch", "mlp");
  attributes_set_int(&recipe, "seed", 7);
  attributes_set_real(&recipe, "g_lr", 2e-4);
}

static int setup(void **unused) {
  (void)unused;
  snprintf(folder, sizeof folder, "/tmp/gantrain-outputs-XXXXXX");
  set_recipe();
  if (mkdtemp(folder) == NULL) {
    return 1;
  }
  snprintf(samples, sizeof samples, "%s/samples.h5", folder);
  snprintf(metrics, sizeof metrics, "%s/metrics.h5", folder);
  return 0;
}

static int count_files(void) {
  int count = 0;
  DIR *dir = opendir(folder);
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    count += entry->d_name[0] != '.';
  }
  closedir(dir);
  return count;
}

static int teardown(void **unused) {
  (void)unused;
  DIR *dir = opendir(folder);
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    char path[GT_PATH_MAX];
    snprintf(path, sizeof path, "%s/%.200s", folder, entry->d_name);
    unlink(path);
  }
  closedir(dir);
  return rmdir(folder);
}

/* All of a dataset as bytes; *rows = its first dimension. */
static void *load(const char *path, const char *name, hid_t type, hsize_t *rows, size_t *bytes) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  assert_true(file >= 0);
  hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  assert_true(dataset >= 0);
  hid_t space = H5Dget_space(dataset);
  hsize_t dims[8] = {0};
  H5Sget_simple_extent_dims(space, dims, NULL);
  *rows = dims[0];
  *bytes = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
  void *data = calloc(*bytes + 1, 1);
  assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
  H5Sclose(space);
  H5Dclose(dataset);
  H5Fclose(file);
  return data;
}

static hsize_t count_rows(const char *path, const char *name) {
  hsize_t rows;
  size_t bytes;
  free(load(path, name, H5T_NATIVE_DOUBLE, &rows, &bytes));
  return rows;
}

static void assert_same(const char *a, const char *b, const char *name, hid_t type) {
  hsize_t rows_a, rows_b;
  size_t bytes_a, bytes_b;
  void *data_a = load(a, name, type, &rows_a, &bytes_a), *data_b = load(b, name, type, &rows_b, &bytes_b);
  assert_int_equal(rows_a, rows_b);
  assert_int_equal(bytes_a, bytes_b);
  assert_memory_equal(data_a, data_b, bytes_a);
  free(data_a);
  free(data_b);
}

static void test_samples_round_trip(void **unused) {
  (void)unused;
  uint8_t images[VALUES];
  hsize_t rows;
  size_t bytes, one = N * shape_count(grey);
  for (int64_t step = 0; step < 4; step++) {
    assert_int_equal(append_samples(samples, 100 * step, grey), GT_OK);
  }
  uint8_t *found = load(samples, "/samples", H5T_NATIVE_UINT8, &rows, &bytes);
  assert_int_equal(rows, 4);
  assert_int_equal(bytes, 4 * one);
  for (int64_t step = 0; step < 4; step++) {
    fill_images(images, 100 * step);
    assert_memory_equal(found + (size_t)step * one, images, one);
  }
  free(found);
  double *epoch = load(samples, "/epoch", H5T_NATIVE_DOUBLE, &rows, &bytes);
  assert_true(rows == 4 && epoch[3] == 30.0);
  free(epoch);
  float *latent = load(samples, "/latent", H5T_NATIVE_FLOAT, &rows, &bytes);
  assert_true(rows == N && bytes == N * LATENT * sizeof(float) && latent[9] == 9.0f / 8);
  free(latent);
  assert_int_equal(count_files(), 1);
}

static void test_samples_refused(void **unused) {
  (void)unused;
  assert_int_equal(append_samples(samples, 100, grey), GT_OK);
  assert_int_equal(append_samples(samples, 100, grey), GT_FAILED);
  assert_message("cannot follow");
  assert_int_equal(append_samples(samples, 200, colour), GT_FAILED);
  assert_message("[1,6,2,4,3] was expected");
  assert_int_equal(append_metrics(samples, 0, 1), GT_FAILED);
  assert_message("gantrain-metrics");
  assert_int_equal(count_rows(samples, "/samples"), 1);
  assert_int_equal(count_files(), 1);
}

static void test_samples_cut(void **unused) {
  (void)unused;
  char other[GT_PATH_MAX];
  snprintf(other, sizeof other, "%s/other.h5", folder);
  assert_int_equal(samples_cut(samples, 5), GT_OK); /* absent: nothing to do */
  assert_int_equal(count_files(), 0);
  for (int64_t step = 1; step <= 9; step++) {
    assert_int_equal(append_samples(other, step, colour), GT_OK);
  }
  for (int64_t step = 1; step <= 7; step++) {
    assert_int_equal(append_samples(samples, step, colour), GT_OK);
  }
  assert_int_equal(samples_cut(samples, 7), GT_OK); /* nothing beyond */
  assert_int_equal(count_rows(samples, "/samples"), 7);
  assert_int_equal(samples_cut(samples, 4), GT_OK);
  assert_int_equal(count_rows(samples, "/samples"), 4);
  assert_int_equal(count_rows(samples, "/time"), 4);
  assert_int_equal(count_rows(samples, "/latent"), N);
  for (int64_t step = 5; step <= 9; step++) {
    assert_int_equal(append_samples(samples, step, colour), GT_OK);
  }
  assert_same(samples, other, "/samples", H5T_NATIVE_UINT8);
  assert_same(samples, other, "/time", H5T_NATIVE_INT64);
  assert_same(samples, other, "/step", H5T_NATIVE_INT64);
  assert_same(samples, other, "/epoch", H5T_NATIVE_DOUBLE);
  assert_same(samples, other, "/latent", H5T_NATIVE_FLOAT);
  assert_int_equal(samples_cut(samples, 0), GT_OK); /* an empty file that can go on */
  assert_int_equal(count_rows(samples, "/samples"), 0);
  assert_int_equal(append_samples(samples, 1, colour), GT_OK);
  assert_int_equal(count_rows(samples, "/samples"), 1);
}

static void test_metrics_cut(void **unused) {
  (void)unused;
  char other[GT_PATH_MAX];
  snprintf(other, sizeof other, "%s/other.h5", folder);
  assert_int_equal(append_metrics(other, 0, 3000), GT_OK);
  for (int64_t first = 0; first < 2400; first += 400) {
    assert_int_equal(append_metrics(metrics, first, 400), GT_OK);
  }
  assert_int_equal(metrics_cut(metrics, 1100), GT_OK); /* into the middle of a chunk */
  assert_int_equal(count_rows(metrics, "/step"), 1100);
  assert_int_equal(metrics_cut(metrics, 900), GT_OK);
  assert_int_equal(append_metrics(metrics, 900, 1), GT_OK);
  assert_int_equal(append_metrics(metrics, 901, 0), GT_OK);
  assert_int_equal(append_metrics(metrics, 901, 2099), GT_OK);
  assert_same(metrics, other, "/step", H5T_NATIVE_INT64);
  for (int s = 0; s < 3; s++) {
    assert_same(metrics, other, series_names[s], H5T_NATIVE_DOUBLE); /* NaN included, bit for bit */
  }
  assert_int_equal(metrics_cut(metrics, 0), GT_OK);
  assert_int_equal(count_rows(metrics, "/step"), 0);
  assert_int_equal(append_metrics(metrics, 0, 10), GT_OK);
  assert_int_equal(count_rows(metrics, "/d_loss"), 10);
}

/* A file of a version that had fewer series goes on with all of them. */
static void test_metrics_more_series(void **unused) {
  (void)unused;
  const char *const more[] = {"epoch", "d_loss", "g_loss", "sharpness"};
  const int64_t steps[] = {50};
  const double values[] = {1, 2, 3, 4};
  hsize_t rows;
  size_t bytes;
  assert_int_equal(append_metrics(metrics, 0, 10), GT_OK);
  assert_int_equal(metrics_append(metrics, &recipe, &(MetricsRows){more, 4, 1, steps, values}), GT_OK);
  assert_int_equal(count_rows(metrics, "/epoch"), 11);
  double *found = load(metrics, "/sharpness", H5T_NATIVE_DOUBLE, &rows, &bytes);
  assert_int_equal(rows, 11);
  for (int i = 0; i < 10; i++) {
    assert_true(isnan(found[i]));
  }
  assert_true(found[10] == 4.0);
  free(found);
}

static void test_metrics_refused(void **unused) {
  (void)unused;
  const char *const others[] = {"epoch", "d_loss", "sharpness"};
  const int64_t steps[] = {50};
  const double values[] = {1, 2, 3};
  assert_int_equal(append_metrics(metrics, 0, 10), GT_OK);
  assert_int_equal(append_metrics(metrics, 9, 2), GT_FAILED);
  assert_message("step 10 already");
  assert_int_equal(metrics_append(metrics, &recipe, &(MetricsRows){others, 3, 1, steps, values}), GT_FAILED);
  assert_message("holds 3 series over /step, of which this run has 2");
  assert_int_equal(metrics_append(metrics, &recipe, &(MetricsRows){others, 2, 1, steps, values}), GT_FAILED);
  assert_message("holds 3 series");
  assert_int_equal(samples_cut(metrics, 1), GT_FAILED);
  assert_int_equal(count_rows(metrics, "/epoch"), 10);
  assert_int_equal(count_files(), 1);
}

static void test_metrics_stay_small(void **unused) {
  (void)unused;
  struct stat info;
  for (int64_t step = 0; step < 300; step++) {
    assert_int_equal(append_metrics(metrics, step, 1), GT_OK);
  }
  assert_int_equal(stat(metrics, &info), 0);
  assert_true(info.st_size < 100000); /* four chunks of 8 KiB: no holes were left by the appends */
}

static void test_failing_write(void **unused) {
  (void)unused;
  const char *const sites[] = {"write:0", "hdf5:0"};
  for (int i = 0; i < 2; i++) {
    setenv("GT_FAULT", sites[i], 1);
    assert_int_equal(append_samples(samples, 1, grey), GT_FAILED);
    assert_int_equal(append_metrics(metrics, 0, 1), GT_FAILED);
    unsetenv("GT_FAULT");
    assert_int_equal(count_files(), 0);
  }
  assert_int_equal(append_samples(samples, 1, grey), GT_OK);
  assert_int_equal(append_metrics(metrics, 0, 5), GT_OK);
  for (int i = 0; i < 2; i++) {
    setenv("GT_FAULT", sites[i], 1);
    assert_int_equal(append_samples(samples, 2, grey), GT_FAILED);
    assert_int_equal(append_metrics(metrics, 5, 1), GT_FAILED);
    assert_int_equal(samples_cut(samples, 0), GT_FAILED);
    assert_int_equal(metrics_cut(metrics, 2), GT_FAILED);
    unsetenv("GT_FAULT");
    assert_int_equal(count_files(), 2);
  }
  assert_int_equal(count_rows(samples, "/samples"), 1);
  assert_int_equal(count_rows(metrics, "/step"), 5);
}

/* Cutting is what the writing thread does after a failure, while training goes on: no process looks through
 * the file then, which would fork in the middle of that. With this fault it would never end. */
static void test_cut_without_fork(void **unused) {
  (void)unused;
  assert_int_equal(append_samples(samples, 1, grey), GT_OK);
  assert_int_equal(append_metrics(metrics, 0, 5), GT_OK);
  setenv("GT_FAULT", "trial-loop:0", 1);
  assert_int_equal(samples_cut(samples, 0), GT_OK);
  assert_int_equal(metrics_cut(metrics, 2), GT_OK);
  unsetenv("GT_FAULT");
  assert_int_equal(count_rows(metrics, "/step"), 2);
}

static void test_single_file(void **unused) {
  (void)unused;
  uint8_t images[VALUES];
  float latent[N * LATENT] = {0};
  hsize_t rows;
  size_t bytes;
  fill_images(images, 3);
  const SampleSet set = {.image = colour, .n = N, .latent = LATENT, .latents = latent};
  assert_int_equal(write_single(samples, images, NULL, &set), GT_OK);
  uint8_t *found = load(samples, "/samples", H5T_NATIVE_UINT8, &rows, &bytes);
  assert_int_equal(rows, N);
  assert_memory_equal(found, images, N * shape_count(colour));
  free(found);
}

/* With a condition the file is a data set as well. */
static void test_single_file_with_labels(void **unused) {
  (void)unused;
  uint8_t images[VALUES], found[VALUES], labels[N] = {1, 0, 2, 1, 0, 2}, read[N];
  float latent[N * LATENT] = {0}, conditions[N * 3];
  bool present;
  Dataset *dataset;
  static DatasetInfo info;
  hsize_t rows;
  size_t bytes;
  fill_images(images, 3);
  for (int i = 0; i < N * 3; i++) {
    conditions[i] = i % 3 == labels[i / 3] ? 1.0F : 0.0F;
  }
  const SampleSet set = {
      .image = colour, .n = N, .latent = LATENT, .condition = 3, .latents = latent, .conditions = conditions};
  assert_int_equal(write_single(samples, images, labels, &set), GT_OK);
  float *condition = load(samples, "/condition", H5T_NATIVE_FLOAT, &rows, &bytes);
  assert_int_equal(rows, N);
  assert_memory_equal(condition, conditions, sizeof conditions);
  free(condition);
  assert_int_equal(dataset_open(&dataset, samples, &info), GT_OK);
  assert_string_equal(info.notes, "");
  assert_int_equal(info.rows[DATASET_TRAIN], N);
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, 0, N, found), GT_OK);
  assert_memory_equal(found, images, N * shape_count(colour));
  assert_int_equal(dataset_check_labels(dataset, DATASET_TRAIN), GT_OK);
  assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 0, N, read, &present), GT_OK);
  assert_true(present);
  assert_memory_equal(read, labels, N);
  dataset_close(dataset);
}

/* --- file_describe --- */

/* out[size] = what file_describe prints. */
static Status describe(const char *path, char *out, size_t size) {
  char capture[GT_PATH_MAX];
  snprintf(capture, sizeof capture, "%s/capture", folder);
  fflush(stdout);
  int saved = dup(STDOUT_FILENO);
  assert_non_null(freopen(capture, "w", stdout));
  Status status = file_describe(path);
  fflush(stdout);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  FILE *file = fopen(capture, "r");
  size_t length = fread(out, 1, size - 1, file);
  out[length] = '\0';
  fclose(file);
  unlink(capture);
  return status;
}

static void assert_described(const char *path, const char *const *parts) {
  char text[8192];
  if (describe(path, text, sizeof text) != GT_OK) {
    fail_msg("not described: %s", status_message());
  }
  for (; *parts != NULL; parts++) {
    if (strstr(text, *parts) == NULL) {
      fail_msg("\"%s\" is not in: %s", *parts, text);
    }
  }
}

static void write_checkpoint(const char *dir) {
  Arena arena = {0};
  int index;
  CheckpointInfo info = {1200, 5.5, 0x0123456789abcdef};
  assert_int_equal(arena_add(&arena, "dense", "kernel", 2, (int[]){3, 5}, &index), GT_OK);
  assert_int_equal(arena_add(&arena, "dense", "bias", 1, (int[]){5}, &index), GT_OK);
  float *data = arena_block(&arena);
  for (size_t i = 0; i < arena.count; i++) {
    data[i] = (float)i;
  }
  const Block blocks[] = {{"/generator/parameters", &arena, data},
                          {"/generator/adam_m", &arena, data},
                          {"/discriminator/parameters", &arena, data}};
  assert_int_equal(checkpoint_write(dir, &info, &recipe, blocks, 3), GT_OK);
  memory_free(data);
}

static void test_describe(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX], text[8192];
  assert_int_equal(append_samples(samples, 100, grey), GT_OK);
  assert_described(samples, (const char *const[]){"samples", "6 images", "4 x 3", "step 100", "seed", NULL});
  assert_int_equal(append_metrics(metrics, 0, 10), GT_OK);
  assert_described(metrics, (const char *const[]){"metrics", "d_loss", "13.5", "at step 9", "-10", NULL});
  write_checkpoint(folder);
  snprintf(path, sizeof path, "%s/step-00001200.h5", folder);
  assert_described(path, (const char *const[]){"checkpoint", "step 1200", "epoch 5.5", "0123456789abcdef",
                                               "generator: 20 parameters", "discriminator: 20 parameters",
                                               "checksum holds", "mlp", NULL});
  assert_int_equal(truncate(path, 5000), 0);
  assert_int_equal(describe(path, text, sizeof text), GT_FAILED);
  assert_message(path);
  FILE *file = fopen(path, "w");
  fputs("plain text", file);
  fclose(file);
  assert_int_equal(describe(path, text, sizeof text), GT_FAILED);
  assert_message("not an HDF5 file");
  unlink(path);
}

static void test_describe_foreign(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX];
  snprintf(path, sizeof path, "%s/foreign.h5", folder);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t group = H5Gcreate2(file, "scan", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t dims[] = {50, 8, 9};
  hid_t space = H5Screate_simple(3, dims, NULL);
  H5Dclose(H5Dcreate2(group, "frames", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Dclose(H5Dcreate2(group, "counts", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Sclose(space);
  H5Gclose(group);
  H5Fclose(file);
  assert_described(path, (const char *const[]){"not written by gantrain", "/scan/frames", "50 images",
                                               "--data", "foreign.h5:/scan/frames", NULL});
}

static void test_describe_run(void **unused) {
  (void)unused;
  char dir[GT_PATH_MAX], path[GT_PATH_MAX];
  snprintf(dir, sizeof dir, "%s/checkpoints", folder);
  assert_int_equal(directory_create(dir), GT_OK);
  write_checkpoint(dir);
  assert_int_equal(append_metrics(metrics, 0, 10), GT_OK);
  assert_described(folder, (const char *const[]){"run", "1 checkpoint", "step 1200", "d_loss", NULL});
  assert_int_equal(path_format(path, "%s/step-00001200.h5", dir), GT_OK);
  unlink(path);
  rmdir(dir);
}

/* --- example files for other programs --- */

static int write_examples(const char *dir) {
  char path[GT_PATH_MAX];
  uint8_t images[VALUES];
  float latent[N * LATENT];
  snprintf(path, sizeof path, "%s/samples.h5", dir);
  for (int64_t step = 1; step <= 3; step++) {
    assert_int_equal(append_samples(path, 100 * step, grey), GT_OK);
  }
  snprintf(path, sizeof path, "%s/colour.h5", dir);
  assert_int_equal(append_samples(path, 100, colour), GT_OK);
  snprintf(path, sizeof path, "%s/single.h5", dir);
  fill_images(images, 3);
  for (int i = 0; i < N * LATENT; i++) {
    latent[i] = (float)i / 8;
  }
  const SampleSet set = {.image = colour, .n = N, .latent = LATENT, .latents = latent};
  assert_int_equal(write_single(path, images, NULL, &set), GT_OK);
  snprintf(path, sizeof path, "%s/metrics.h5", dir);
  assert_int_equal(append_metrics(path, 0, 6), GT_OK);
  assert_int_equal(append_metrics(path, 6, 4), GT_OK);
  write_checkpoint(dir);
  return 0;
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_samples_round_trip, setup, teardown),
      cmocka_unit_test_setup_teardown(test_samples_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(test_samples_cut, setup, teardown),
      cmocka_unit_test_setup_teardown(test_metrics_cut, setup, teardown),
      cmocka_unit_test_setup_teardown(test_cut_without_fork, setup, teardown),
      cmocka_unit_test_setup_teardown(test_metrics_more_series, setup, teardown),
      cmocka_unit_test_setup_teardown(test_metrics_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(test_metrics_stay_small, setup, teardown),
      cmocka_unit_test_setup_teardown(test_failing_write, setup, teardown),
      cmocka_unit_test_setup_teardown(test_single_file, setup, teardown),
      cmocka_unit_test_setup_teardown(test_single_file_with_labels, setup, teardown),
      cmocka_unit_test_setup_teardown(test_describe, setup, teardown),
      cmocka_unit_test_setup_teardown(test_describe_foreign, setup, teardown),
      cmocka_unit_test_setup_teardown(test_describe_run, setup, teardown),
  };
  if (argc == 2) {
    set_recipe();
    return write_examples(argv[1]);
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
