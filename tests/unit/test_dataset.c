/* Image stacks: files of the writer are read back, and every wrong file is refused with its own message. */
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "gantrain/io/dataset.h"
#include "temp_folder.h"

/* A pixel value that depends on all indices, so that a shifted row is noticed. */
static uint8_t pixel(size_t i) {
  return (uint8_t)(i * 7 + i / 251);
}

static uint8_t *make_pixels(size_t n) {
  uint8_t *pixels = malloc(n + 1);
  assert_non_null(pixels);
  for (size_t i = 0; i < n; i++) {
    pixels[i] = pixel(i);
  }
  return pixels;
}

/* --- an independent writer of any stack, by plain HDF5 --- */

typedef struct Wrong {
  const char *name;
  hid_t type;
  int dims_count;
  hsize_t dims[5];
  hsize_t chunk_rows; /* 0: contiguous */
  double range[2];    /* written where they differ */
} Wrong;

static hid_t make_file(const char *path) {
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(file >= 0);
  return file;
}

static hid_t add_stack(hid_t file, const Wrong *wrong) {
  hid_t links = H5Pcreate(H5P_LINK_CREATE), storage = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  if (wrong->chunk_rows > 0) {
    hsize_t chunk[5];
    memcpy(chunk, wrong->dims, sizeof chunk);
    chunk[0] = wrong->chunk_rows;
    H5Pset_chunk(storage, wrong->dims_count, chunk);
    H5Pset_deflate(storage, 1);
    H5Pset_fletcher32(storage);
  }
  hid_t space = H5Screate_simple(wrong->dims_count, wrong->dims, NULL);
  hid_t dataset = H5Dcreate2(file, wrong->name, wrong->type, space, links, storage, H5P_DEFAULT);
  assert_true(dataset >= 0);
  if (wrong->range[0] != wrong->range[1] || isnan(wrong->range[0])) {
    hsize_t two = 2;
    hid_t pair = H5Screate_simple(1, &two, NULL);
    hid_t attribute = H5Acreate2(dataset, "value_range", H5T_IEEE_F64LE, pair, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_DOUBLE, wrong->range) >= 0);
    H5Aclose(attribute);
    H5Sclose(pair);
  }
  H5Sclose(space);
  H5Pclose(storage);
  H5Pclose(links);
  return dataset;
}

/* A file with up to three stacks; returns its path. */
static const char *make_stacks(const Wrong *stacks, int count) {
  static char path[GT_PATH_MAX];
  hid_t file = make_file(temp_path(path, "stacks.h5"));
  for (int i = 0; i < count; i++) {
    H5Dclose(add_stack(file, &stacks[i]));
  }
  H5Fclose(file);
  return path;
}

static void refuse(const char *spec) {
  Dataset *dataset = (Dataset *)&dataset;
  DatasetInfo info;
  assert_int_equal(dataset_open(&dataset, spec, &info), GT_FAILED);
  assert_null(dataset);
}

/* --- round trips --- */

static void round_trip(size_t rows, Shape image, bool with_labels) {
  char path[GT_PATH_MAX], temporary[GT_PATH_MAX];
  DatasetWriter *writer;
  size_t size = shape_count(image);
  uint8_t *pixels = make_pixels(rows * size), *labels = make_pixels(rows), *back = make_pixels(rows * size);
  temp_path(path, "round.h5");
  assert_int_equal(dataset_writer_open(&writer, path, image), GT_OK);
  assert_int_equal(dataset_writer_part(writer, DATASET_TRAIN, pixels, with_labels ? labels : NULL, rows),
                   GT_OK);
  assert_int_equal(dataset_writer_part(writer, DATASET_VALIDATION, NULL, NULL, 0), GT_OK);
  assert_int_equal(dataset_writer_part(writer, DATASET_TEST, pixels, NULL, 1), GT_OK);
  unlink(path);
  assert_int_equal(dataset_writer_close(writer, GT_OK), GT_OK);
  assert_int_equal(file_temporary(temporary, path), GT_OK);
  assert_false(file_exists(temporary));

  Dataset *dataset;
  DatasetInfo info;
  assert_int_equal(dataset_open(&dataset, path, &info), GT_OK);
  assert_memory_equal(&info.image, &image, sizeof image);
  assert_int_equal(info.rows[DATASET_TRAIN], rows);
  assert_int_equal(info.rows[DATASET_VALIDATION], 0);
  assert_int_equal(info.rows[DATASET_TEST], 1);
  assert_false(info.is_float);
  assert_true(info.has_range && info.range[0] == 0 && info.range[1] == 255);
  /* Ranges that begin and end anywhere, across chunks, and one beyond the end. */
  const size_t starts[] = {0, rows / 3, rows / 2, rows - 1};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    size_t first = starts[i], count = rows - first - (rows - first) / 5;
    memset(back, 0, rows * size);
    assert_int_equal(dataset_read(dataset, DATASET_TRAIN, first, count, back), GT_OK);
    assert_memory_equal(back, pixels + first * size, count * size);
  }
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, rows, 0, back), GT_OK);
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, rows, 1, back), GT_FAILED);
  assert_int_equal(dataset_read(dataset, DATASET_VALIDATION, 0, 1, back), GT_FAILED);
  assert_message("validation", NULL);
  bool present = !with_labels;
  uint8_t *read = malloc(rows * sizeof *read);
  assert_non_null(read);
  assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 0, rows, read, &present), GT_OK);
  assert_int_equal(present, with_labels);
  for (size_t i = 0; i < rows && with_labels; i++) {
    assert_int_equal(read[i], labels[i]);
  }
  assert_int_equal(dataset_read_labels(dataset, DATASET_TEST, 0, 1, read, &present), GT_OK);
  free(read);
  assert_false(present);
  dataset_close(dataset);
  free(pixels);
  free(labels);
  free(back);
}

static void test_round_trips(void **state) {
  (void)state;
  round_trip(1, (Shape){1, 1, 1}, true);
  round_trip(1000, (Shape){28, 28, 1}, true); /* several chunks of 167 rows */
  round_trip(701, (Shape){17, 23, 3}, false);
  round_trip(3, (Shape){301, 499, 1}, true); /* a row larger than a chunk wants to be */
  round_trip(5, (Shape){2, 1, 4}, true);
}

static void test_embedded(void **state) {
  (void)state;
  Dataset *dataset, *second;
  DatasetInfo info;
  uint8_t image[784];
  uint8_t labels[2000];
  bool present = false;
  size_t counts[10] = {0}, sum = 0;
  assert_int_equal(dataset_open(&dataset, NULL, &info), GT_OK);
  assert_int_equal(dataset_open(&second, NULL, &info), GT_OK);
  assert_true(info.image.h == 28 && info.image.w == 28 && info.image.c == 1 && !info.is_float);
  assert_int_equal(info.rows[DATASET_TRAIN], 2000);
  assert_int_equal(info.rows[DATASET_VALIDATION], 500);
  assert_int_equal(info.rows[DATASET_TEST], 500);
  assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 0, 2000, labels, &present), GT_OK);
  assert_true(present);
  for (size_t i = 0; i < 2000; i++) {
    assert_in_range(labels[i], 0, 9);
    counts[labels[i]]++;
  }
  for (size_t i = 0; i < 10; i++) {
    assert_int_equal(counts[i], 200);
  }
  /* The first training image of MNIST is a 5, and its pixels sum up to 27525. */
  assert_int_equal(labels[0], 5);
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, 0, 1, image), GT_OK);
  for (size_t i = 0; i < 784; i++) {
    sum += image[i];
  }
  assert_int_equal(sum, 27525);
  dataset_close(second);
  dataset_close(dataset);
  dataset_close(NULL);
}

/* --- stacks of others --- */

static void test_float_and_ranges(void **state) {
  (void)state;
  char path[GT_PATH_MAX], spec[GT_PATH_MAX];
  float values[7 * 3 * 2], back[4 * 3 * 2];
  const Wrong stack = {"/deep/er/stack", H5T_IEEE_F32BE, 3, {7, 3, 2}, 2, {-1.5, 3}};
  hid_t file = make_file(temp_path(path, "with:colon.h5"));
  hid_t dataset_id = add_stack(file, &stack);
  for (int i = 0; i < 42; i++) {
    values[i] = (float)i / 3;
  }
  assert_true(H5Dwrite(dataset_id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(dataset_id);
  H5Fclose(file);
  Dataset *dataset;
  DatasetInfo info;
  bool present = true;
  uint8_t label;
  assert_int_equal(path_format(spec, "%s:/deep/er/stack", path), GT_OK);
  assert_int_equal(dataset_open(&dataset, spec, &info), GT_OK);
  assert_true(info.is_float && info.has_range && info.range[0] == -1.5 && info.range[1] == 3);
  assert_int_equal(info.rows[DATASET_TRAIN], 7);
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, 1, 4, back), GT_OK);
  assert_memory_equal(back, values + 6, sizeof back);
  assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 0, 1, &label, &present), GT_OK);
  assert_false(present);
  dataset_close(dataset);

  const Wrong plain = {"/x", H5T_IEEE_F32LE, 4, {2, 3, 2, 5}, 0, {0, 0}};
  assert_int_equal(path_format(spec, "%s:/x", make_stacks(&plain, 1)), GT_OK);
  assert_int_equal(dataset_open(&dataset, spec, &info), GT_OK);
  assert_true(info.is_float && !info.has_range && info.image.c == 5);
  dataset_close(dataset);
}

static void test_wrong_stacks(void **state) {
  (void)state;
  const struct {
    Wrong wrong;
    const char *message;
  } cases[] = {
      {{"/train/images", H5T_C_S1, 3, {2, 3, 3}, 0, {0, 0}}, "holds text, numbers were expected"},
      {{"/train/images", H5T_STD_U8LE, 1, {4}, 0, {0, 0}}, "has 1 dimension, [n,H,W] or [n,H,W,C]"},
      {{"/train/images", H5T_STD_U8LE, 2, {4, 3}, 0, {0, 0}}, "has 2 dimensions"},
      {{"/train/images", H5T_STD_U8LE, 5, {4, 3, 3, 3, 1}, 0, {0, 0}}, "has 5 dimensions"},
      {{"/train/images", H5T_STD_U8LE, 3, {0, 3, 3}, 0, {0, 0}}, "has no rows"},
      {{"/train/images", H5T_STD_U8LE, 3, {2, 0, 3}, 0, {0, 0}}, "2 x 0 x 3"},
      {{"/train/images", H5T_STD_U8LE, 3, {2, 3, 0}, 0, {0, 0}}, "3 x 0 x 1, which have no pixels"},
      {{"/train/images", H5T_STD_U8LE, 4, {2, 3, 3, 0}, 0, {0, 0}}, "3 x 3 x 0, which have no pixels"},
      {{"/train/images", H5T_STD_U8LE, 3, {1, 70000, 70000}, 0, {0, 0}}, "too large"},
      {{"/train/images", H5T_IEEE_F32LE, 3, {2, 3, 3}, 0, {1, -1}},
       "/train/images has the attribute value_range 1, -1"},
      {{"/train/images", H5T_IEEE_F32LE, 3, {2, 3, 3}, 0, {NAN, 1}}, "value_range"},
      {{"/other", H5T_STD_U8LE, 3, {2, 3, 3}, 0, {0, 0}},
       "the stack /other [2,3,3] uint8; name one as FILE:/path"},
      {{"/other", H5T_STD_U8LE, 4, {2, 3, 3, 3}, 0, {0, 0}}, "/other [2,3,3,3] uint8"},
      {{"/table", H5T_STD_U8LE, 2, {2, 3}, 0, {0, 0}}, "holds no images"},
      {{"/train/images/inner", H5T_STD_U8LE, 2, {2, 3}, 0, {0, 0}}, "/train/images is a group, a dataset"},
      {{"/table", H5T_STD_U8LE, 2, {2, 3}, 0, {0, 0}}, "/table [2,3] uint8 has 2 dimensions"},
      {{"/train/images", H5T_STD_U8LE, 4, {9, 3, 8, 8}, 0, {0, 0}}, "images.transpose(0, 2, 3, 1)"},
      {{"/train/images", H5T_STD_U8LE, 4, {8, 8, 3, 99}, 0, {0, 0}}, "images.transpose(3, 0, 1, 2)"},
      {{"/train/images", H5T_STD_U8LE, 3, {8, 8, 99}, 0, {0, 0}}, "images.transpose(2, 0, 1)"},
      {{"/train/images", H5T_STD_U8LE, 3, {32, 32, 3}, 0, {0, 0}}, "looks like one picture [H,W,C]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *path = make_stacks(&cases[i].wrong, 1);
    refuse(path);
    if (i == 5) {
      assert_message("0 x 3 x 1, which have no pixels", NULL);
    } else {
      assert_message(path, cases[i].message, NULL);
    }
  }
}

static void test_wrong_parts(void **state) {
  (void)state;
  const Wrong train = {"/train/images", H5T_STD_U8LE, 3, {4, 3, 3}, 0, {0, 0}};
  const struct {
    Wrong wrong;
    const char *message;
  } cases[] = {
      {{"/validation/images", H5T_STD_U8LE, 3, {2, 3, 4}, 0, {0, 0}},
       "/validation/images holds images of 3 x 4 x 1"},
      {{"/validation/images", H5T_IEEE_F32LE, 3, {2, 3, 3}, 0, {0, 0}},
       "holds float32, but the training part uint8"},
      {{"/validation/images", H5T_STD_U8LE, 3, {2, 3, 3}, 0, {0, 1}}, "value_range of /validation/images"},
      {{"/validation/images", H5T_STD_U8LE, 3, {0, 3, 3}, 0, {0, 0}}, "/validation/images has no rows"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const Wrong both[2] = {train, cases[i].wrong};
    refuse(make_stacks(both, 2));
    assert_message(cases[i].message, NULL);
  }
}

/* Parts of a file that training does not read cannot stop it. */
static void test_needless_parts(void **state) {
  (void)state;
  const Wrong train = {"/train/images", H5T_STD_U8LE, 3, {4, 3, 3}, 0, {0, 0}};
  const struct {
    Wrong wrong;
    const char *note;
  } cases[] = {
      {{"/test/images", H5T_STD_U8LE, 4, {2, 3, 3, 3}, 0, {0, 0}}, "the test part is passed over"},
      {{"/test/images", H5T_C_S1, 3, {2, 3, 3}, 0, {0, 0}}, "the test part is passed over"},
      {{"/train/labels", H5T_STD_U8LE, 1, {3}, 0, {0, 0}}, "one label for each of the 4 images"},
      {{"/train/labels", H5T_C_S1, 1, {4}, 0, {0, 0}}, "/train/labels holds text"},
      {{"/train/labels", H5T_IEEE_F32LE, 1, {4}, 0, {0, 0}}, "/train/labels holds float32"},
      {{"/train/labels/inner", H5T_STD_U8LE, 1, {4}, 0, {0, 0}}, "/train/labels is a group"},
      {{"/val/images", H5T_STD_U8LE, 3, {2, 3, 3}, 0, {0, 0}}, "val is taken as the validation part"},
  };
  Dataset *dataset;
  DatasetInfo info;
  uint8_t label;
  bool present = true;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const Wrong both[2] = {train, cases[i].wrong};
    assert_int_equal(dataset_open(&dataset, make_stacks(both, 2), &info), GT_OK);
    assert_non_null(strstr(info.notes, cases[i].note));
    assert_int_equal(info.rows[DATASET_TEST], 0);
    assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 0, 1, &label, &present), GT_OK);
    assert_false(present);
    dataset_close(dataset);
  }
  assert_int_equal(info.rows[DATASET_VALIDATION], 2);
}

/* Labels of every form, and images of every type of number. */
static void test_all_numbers(void **state) {
  (void)state;
  const hid_t types[] = {H5T_STD_U8LE,  H5T_STD_I8LE,   H5T_STD_U16BE, H5T_STD_I32BE,
                         H5T_STD_U64LE, H5T_IEEE_F64BE, H5T_IEEE_F32BE};
  const float values[2 * 3 * 3] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 100};
  Dataset *dataset;
  DatasetInfo info;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char path[GT_PATH_MAX];
    const Wrong images = {"/train/images", types[i], 3, {2, 3, 3}, 0, {0, 0}};
    const Wrong labels = {"/train/labels", types[i], 2, {2, i % 2 == 0 ? 3 : 1}, 0, {0, 0}};
    const float one_hot[6] = {0, 0, 1, 0, 1, 0}, column[2] = {2, 1};
    hid_t file = make_file(temp_path(path, "numbers.h5")), id = add_stack(file, &images);
    assert_true(H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(id);
    id = add_stack(file, &labels);
    const float *written = i % 2 == 0 ? one_hot : column;
    assert_true(H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, written) >= 0);
    H5Dclose(id);
    H5Fclose(file);
    float read[9];
    uint8_t bytes[9];
    uint8_t classes[2];
    bool present = false;
    assert_int_equal(dataset_open(&dataset, path, &info), GT_OK);
    assert_int_equal(info.is_float, i > 0);
    assert_int_equal(info.has_range, i == 0);
    assert_int_equal(dataset_read(dataset, DATASET_TRAIN, 1, 1, i > 0 ? (void *)read : bytes), GT_OK);
    for (int k = 0; k < 9; k++) {
      assert_true((i > 0 ? (int)read[k] : bytes[k]) == (int)values[9 + k]);
    }
    if (i != 5) { /* float64 [n,1] is no label */
      assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 0, 2, classes, &present), GT_OK);
      assert_true(present && classes[0] == 2 && classes[1] == 1);
    }
    dataset_close(dataset);
  }
}

static void test_wrong_files(void **state) {
  (void)state;
  char path[GT_PATH_MAX], spec[GT_PATH_MAX];
  const Wrong stack = {"/images", H5T_STD_U8LE, 3, {40, 30, 30}, 4, {0, 0}};
  refuse(temp_path(path, "missing.h5"));
  assert_message("missing.h5: cannot be opened (No such file", NULL);
  assert_int_equal(path_format(spec, "%s:/images", path), GT_OK);
  refuse(spec);
  assert_message("missing.h5: cannot be opened (No such file", NULL);
  refuse(temp_folder);
  assert_message("is a folder", NULL);
  refuse("");
  assert_message("cannot be opened", NULL);
  FILE *stream = fopen(temp_path(path, "text.h5"), "w");
  fclose(stream);
  refuse(path);
  assert_message("is empty", NULL);
  stream = fopen(path, "w");
  fprintf(stream, "no HDF5 at all, whatever the name says");
  fclose(stream);
  refuse(path);
  assert_message("is not an HDF5 file (38 bytes)", NULL);

  const char *good = make_stacks(&stack, 1);
  assert_int_equal(path_format(spec, "%s:/nothing", good), GT_OK);
  refuse(spec);
  assert_message("holds no dataset /nothing; image stacks in it: /images [40,30,30] uint8", NULL);
  struct stat info;
  assert_int_equal(stat(good, &info), 0);
  assert_int_equal(truncate(good, info.st_size / 2), 0);
  refuse(good);
  assert_message("damaged or cut short", NULL);
}

static void test_many_stacks(void **state) {
  (void)state;
  char path[GT_PATH_MAX], name[80];
  hid_t file = make_file(temp_path(path, "many.h5"));
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "/a-rather-long-group-name/stack-%02d", i);
    const Wrong stack = {name, H5T_STD_U8LE, 3, {2, 3, 3}, 0, {0, 0}};
    H5Dclose(add_stack(file, &stack));
  }
  H5Fclose(file);
  refuse(path);
  assert_message("the stacks /a-rather-long-group-name/stack-00", "; ...; name one as FILE:/path", NULL);
}

static void test_damaged_chunk(void **state) {
  (void)state;
  Dataset *dataset;
  DatasetInfo info;
  char spec[GT_PATH_MAX];
  uint8_t rows[8 * 900];
  haddr_t address;
  hsize_t size, offset[3];
  unsigned mask;
  const Wrong stack = {"/images", H5T_STD_U8LE, 3, {8, 30, 30}, 4, {0, 0}};
  hid_t file = make_file(temp_path(spec, "chunks.h5")), id = add_stack(file, &stack);
  memset(rows, 3, sizeof rows);
  assert_true(H5Dwrite(id, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
  assert_true(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0);
  hid_t space = H5Dget_space(id);
  assert_true(H5Dget_chunk_info(id, space, 1, offset, &mask, &address, &size) >= 0);
  H5Sclose(space);
  H5Dclose(id);
  H5Fclose(file);
  FILE *stream = fopen(spec, "r+b");
  fseek(stream, (long)(address + size / 2), SEEK_SET);
  int byte = fgetc(stream);
  fseek(stream, -1, SEEK_CUR);
  fputc(byte ^ 0x10, stream);
  fclose(stream);
  strncat(spec, ":/images", sizeof spec - strlen(spec) - 1);
  assert_int_equal(dataset_open(&dataset, spec, &info), GT_OK);
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, 0, 4, rows), GT_OK);
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, 2, 5, rows), GT_FAILED);
  assert_message("chunks.h5: cannot read rows 2 to 6", "Fletcher32", NULL);
  dataset_close(dataset);
}

/* --- damaged files --- */

/* A small file of ours, in memory; free() it. */
static unsigned char *make_ours(char path[GT_PATH_MAX], size_t *size) {
  DatasetWriter *writer;
  struct stat info;
  uint8_t *pixels = make_pixels(40 * 6);
  assert_int_equal(dataset_writer_open(&writer, temp_path(path, "ours.h5"), (Shape){3, 2, 1}), GT_OK);
  assert_int_equal(dataset_writer_part(writer, DATASET_TRAIN, pixels, pixels, 40), GT_OK);
  assert_int_equal(dataset_writer_close(writer, GT_OK), GT_OK);
  free(pixels);
  assert_int_equal(stat(path, &info), 0);
  *size = (size_t)info.st_size;
  unsigned char *bytes = malloc(*size);
  FILE *file = fopen(path, "rb");
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  fclose(file);
  return bytes;
}

/* A change of any byte, also of the seal, is found before HDF5 opens the file. */
static void test_every_byte(void **state) {
  (void)state;
  char path[GT_PATH_MAX];
  size_t size;
  unsigned char *bytes = make_ours(path, &size);
  FILE *file = fopen(path, "r+b");
  setvbuf(file, NULL, _IONBF, 0);
  for (size_t i = 0; i < size; i++) {
    fseek(file, (long)i, SEEK_SET);
    fputc(bytes[i] ^ 1 << i % 8, file);
    refuse(path);
    assert_message("ours.h5: its",
                   "the file was damaged after it was written; take another copy, or make it again", NULL);
    fseek(file, (long)i, SEEK_SET);
    fputc(bytes[i], file);
  }
  fclose(file);
  Dataset *dataset;
  DatasetInfo info;
  assert_int_equal(dataset_open(&dataset, path, &info), GT_OK);
  dataset_close(dataset);
  free(bytes);
}

static void test_every_truncation(void **state) {
  (void)state;
  char path[GT_PATH_MAX];
  size_t size, seal = 32;
  free(make_ours(path, &size));
  for (size_t length = size; length > 0; length -= length > size - 2 * seal ? 1 : 1 + length / 64) {
    assert_int_equal(truncate(path, (off_t)length), 0);
    if (length == size) {
      continue;
    }
    if (length == size - seal) { /* exactly the HDF5 part: whole, as files of others are */
      Dataset *dataset;
      DatasetInfo info;
      assert_int_equal(dataset_open(&dataset, path, &info), GT_OK);
      dataset_close(dataset);
    } else {
      refuse(path);
      assert_message("ours.h5", NULL);
    }
  }
}

/* No memory is allocated for rows that cannot be in the file. */
static void test_claims(void **state) {
  (void)state;
  const Wrong stack = {"/train/images", H5T_STD_U8LE, 3, {(hsize_t)1 << 40, 28, 28}, 4, {0, 0}};
  refuse(make_stacks(&stack, 1));
  assert_message("/train/images claims to hold 1099511627776 images of 784 bytes", NULL);
}

/* --- failing writes --- */

static Status write_one(const char *path, Status outcome) {
  DatasetWriter *writer;
  uint8_t *pixels = make_pixels(400 * 784);
  for (size_t i = 0; i < 400 * 784; i++) {
    pixels[i] = (uint8_t)rand(); /* nothing to compress */
  }
  Status status = dataset_writer_open(&writer, path, (Shape){28, 28, 1});
  if (status == GT_OK) {
    Status part = dataset_writer_part(writer, DATASET_TRAIN, pixels, NULL, 400);
    status = dataset_writer_close(writer, outcome != GT_OK ? outcome : part);
  }
  free(pixels);
  return status;
}

static void test_write_failures(void **state) {
  (void)state;
  char path[GT_PATH_MAX], temporary[GT_PATH_MAX];
  struct rlimit limit, small;
  temp_path(path, "failing.h5");
  assert_int_equal(file_temporary(temporary, path), GT_OK);
  static const char *const sites[] = {"write:0", "hdf5:0"};
  for (int i = 0; i < 2; i++) {
    setenv("GT_FAULT", sites[i], 1);
    assert_int_equal(write_one(path, GT_OK), GT_FAILED);
    unsetenv("GT_FAULT");
    assert_message("failing.h5", NULL);
    assert_false(file_exists(path) || file_exists(temporary));
  }
  assert_int_equal(write_one(path, GT_USAGE), GT_USAGE);
  assert_false(file_exists(path) || file_exists(temporary));
  /* A disk that is full after 100,000 bytes. */
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  small = limit;
  small.rlim_cur = 100000;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  Status status = write_one(path, GT_OK);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  assert_int_equal(status, GT_FAILED);
  assert_message("failing.h5: cannot be written (File too large)", NULL);
  assert_false(file_exists(path) || file_exists(temporary));

  assert_int_equal(write_one(temp_path(path, "no/such/folder.h5"), GT_OK), GT_FAILED);
  assert_message("cannot be created (No such file or directory)", NULL);
}

static void test_files(void **state) {
  (void)state;
  char path[GT_PATH_MAX], long_path[GT_PATH_MAX + 8];
  memset(long_path, 'x', sizeof long_path);
  long_path[GT_PATH_MAX - 4] = '\0';
  assert_int_equal(file_temporary(path, long_path), GT_FAILED);
  assert_message("longer than", NULL);
  assert_int_equal(directory_create(temp_path(path, "a/b//c")), GT_OK);
  assert_int_equal(directory_create(path), GT_OK);
  assert_true(file_exists(path));
  FILE *stream = fopen(temp_path(path, "a/file"), "w");
  fclose(stream);
  assert_int_equal(directory_create(temp_path(path, "a/file")), GT_FAILED);
  assert_message("but a folder of that name is needed", NULL);
  assert_int_equal(directory_create(temp_path(path, "a/file/b")), GT_FAILED);
  assert_int_equal(directory_create(""), GT_FAILED);
  assert_int_equal(file_commit(temp_path(path, "never-written")), GT_FAILED);
  assert_int_equal(unlink(temp_path(path, "a/file")), 0);
  assert_int_equal(rmdir(temp_path(path, "a/b/c")), 0);
  assert_int_equal(rmdir(temp_path(path, "a/b")), 0);
}

/* Rows that gzip cannot compress. */
static Status make_noise(void *context, size_t first, size_t count, uint8_t *images, uint16_t *labels) {
  uint32_t word = (uint32_t)first + 1;
  (void)context;
  memset(labels, 0, count * sizeof *labels);
  for (size_t i = 0; i < count * 1024; i++) {
    word = word * 1664525 + 1013904223;
    images[i] = (uint8_t)(word >> 24);
  }
  return GT_OK;
}

/* 32 MB are written by a process that may take 20 MB more for its data. */
static void write_large(const char *path) {
  const DatasetRows rows = {.fill = make_noise, .count = 1 << 15, .classes = 10};
  unsigned long pages = 0;
  DatasetWriter *writer;
  FILE *stream = fopen("/proc/self/statm", "r");
  if (stream == NULL || fscanf(stream, "%*u %*u %*u %*u %*u %lu", &pages) != 1) {
    _exit(2);
  }
  fclose(stream);
  rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (20 << 20);
  const struct rlimit limit = {most, most};
  setrlimit(RLIMIT_DATA, &limit);
  Status status = dataset_writer_open(&writer, path, (Shape){32, 32, 1});
  if (status == GT_OK) {
    status = dataset_writer_close(writer, dataset_writer_rows(writer, DATASET_TRAIN, &rows));
  }
  _exit(status == GT_OK ? 0 : 1);
}

static void test_memory(void **state) {
  (void)state;
  char path[GT_PATH_MAX];
  int ending = 0;
#ifdef GANTRAIN_SANITIZE
  skip(); /* the sanitizer's own memory counts */
#endif
  temp_path(path, "large.h5");
  pid_t child = fork();
  if (child == 0) {
    write_large(path);
  }
  assert_int_equal(waitpid(child, &ending, 0), child);
  assert_true(WIFEXITED(ending) && WEXITSTATUS(ending) == 0);
  assert_true(file_identity(path).size > (uint64_t)30 << 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trips),      cmocka_unit_test(test_memory),
      cmocka_unit_test(test_embedded),         cmocka_unit_test(test_float_and_ranges),
      cmocka_unit_test(test_wrong_stacks),     cmocka_unit_test(test_wrong_parts),
      cmocka_unit_test(test_wrong_files),      cmocka_unit_test(test_needless_parts),
      cmocka_unit_test(test_all_numbers),      cmocka_unit_test(test_many_stacks),
      cmocka_unit_test(test_damaged_chunk),    cmocka_unit_test(test_every_byte),
      cmocka_unit_test(test_every_truncation), cmocka_unit_test(test_claims),
      cmocka_unit_test(test_write_failures),   cmocka_unit_test(test_files),
  };
  return cmocka_run_group_tests_name("dataset", tests, temp_folder_make, temp_folder_remove);
}
