/* IDX files: plain, compressed, cut off at every byte, and wrong in every other way. */
#include <zlib.h>

#include "gantrain/io/dataset.h"
#include "gantrain/io/import.h"
#include "temp_folder.h"

#define H 3
#define W 5
#define TRAIN 53
#define TEST 31

/* One set of files, as bytes. */
typedef struct Bytes {
  uint8_t data[16 + TRAIN * H * W + 1]; /* room for a byte too many */
  size_t size;
} Bytes;

typedef enum Kind { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, KINDS } Kind;

static const char *const names[KINDS] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

static void put_u32(Bytes *bytes, size_t place, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    bytes->data[place + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
  }
}

/* The first pixel of a row is its number, so that all rows differ. */
static uint8_t pixel(Kind kind, size_t i) {
  return (uint8_t)(i % (H * W) == 0 ? i / (H * W) : i * 31 + i / 256 + (size_t)kind);
}

static uint8_t label(Kind kind, size_t row) {
  return (uint8_t)((row * 7 + (size_t)kind) % 10);
}

static void make_images(Bytes *bytes, Kind kind, uint32_t rows) {
  put_u32(bytes, 0, 2051);
  put_u32(bytes, 4, rows);
  put_u32(bytes, 8, H);
  put_u32(bytes, 12, W);
  bytes->size = 16 + (size_t)rows * H * W;
  for (size_t i = 16; i < bytes->size; i++) {
    bytes->data[i] = pixel(kind, i - 16);
  }
}

static void make_labels(Bytes *bytes, Kind kind, uint32_t rows) {
  put_u32(bytes, 0, 2049);
  put_u32(bytes, 4, rows);
  bytes->size = 8 + rows;
  for (size_t i = 0; i < rows; i++) {
    bytes->data[8 + i] = label(kind, i);
  }
}

static void make_set(Bytes set[KINDS]) {
  memset(set, 0, KINDS * sizeof *set);
  make_images(&set[TRAIN_IMAGES], TRAIN_IMAGES, TRAIN);
  make_labels(&set[TRAIN_LABELS], TRAIN_LABELS, TRAIN);
  make_images(&set[TEST_IMAGES], TEST_IMAGES, TEST);
  make_labels(&set[TEST_LABELS], TEST_LABELS, TEST);
}

static void write_file(const char *name, const uint8_t *data, size_t size) {
  char path[GT_PATH_MAX];
  FILE *stream = fopen(temp_path(path, name), "wb");
  assert_non_null(stream);
  assert_int_equal(fwrite(data, 1, size, stream), size);
  assert_int_equal(fclose(stream), 0);
}

static void write_gz(const char *name, const Bytes *bytes) {
  char path[GT_PATH_MAX];
  gzFile stream = gzopen(temp_path(path, name), "wb");
  assert_non_null(stream);
  assert_int_equal(gzwrite(stream, bytes->data, (unsigned)bytes->size), bytes->size);
  assert_int_equal(gzclose(stream), Z_OK);
}

static void write_set(const Bytes set[KINDS]) {
  temp_folder_empty(temp_folder);
  for (int i = 0; i < KINDS; i++) {
    write_file(names[i], set[i].data, set[i].size);
  }
}

static Status import_to(char out[GT_PATH_MAX], size_t validation) {
  return import_idx(temp_folder, temp_path(out, "out.h5"), validation);
}

/* The import fails with this text in its message, and leaves no file. */
static void refuse(const char *text) {
  char out[GT_PATH_MAX], temporary[GT_PATH_MAX];
  assert_int_equal(import_to(out, 5), GT_FAILED);
  assert_message(text, NULL);
  assert_int_equal(file_temporary(temporary, out), GT_OK);
  assert_false(file_exists(out) || file_exists(temporary));
}

static void check_part(Dataset *dataset, DatasetPart part, Kind images, size_t skipped, size_t rows) {
  uint8_t pixels[TRAIN * H * W], labels[TRAIN];
  bool present;
  assert_int_equal(dataset_read(dataset, part, 0, rows, pixels), GT_OK);
  assert_int_equal(dataset_read_labels(dataset, part, 0, rows, labels, &present), GT_OK);
  assert_int_equal(present, rows > 0);
  for (size_t i = 0; i < rows * H * W; i++) {
    assert_int_equal(pixels[i], pixel(images, i + skipped * H * W));
  }
  for (size_t i = 0; i < rows; i++) {
    assert_int_equal(labels[i], label((Kind)(images + 1), i + skipped));
  }
}

static void check_import(size_t validation) {
  char out[GT_PATH_MAX];
  Dataset *dataset;
  DatasetInfo info;
  assert_int_equal(import_to(out, validation), GT_OK);
  assert_int_equal(dataset_open(&dataset, out, &info), GT_OK);
  assert_true(info.image.h == H && info.image.w == W && info.image.c == 1);
  assert_int_equal(info.rows[DATASET_TRAIN], TRAIN - validation);
  assert_int_equal(info.rows[DATASET_VALIDATION], validation);
  assert_int_equal(info.rows[DATASET_TEST], TEST);
  check_part(dataset, DATASET_TRAIN, TRAIN_IMAGES, 0, TRAIN - validation);
  check_part(dataset, DATASET_VALIDATION, TRAIN_IMAGES, TRAIN - validation, validation);
  check_part(dataset, DATASET_TEST, TEST_IMAGES, 0, TEST);
  dataset_close(dataset);
}

static void test_plain_and_names(void **state) {
  (void)state;
  Bytes set[KINDS];
  char name[64], out[GT_PATH_MAX];
  make_set(set);
  write_set(set);
  check_import(0);
  check_import(5);
  check_import(TRAIN - 1);
  assert_int_equal(import_to(out, TRAIN), GT_USAGE);
  assert_message("--validation 53", "at least one must stay", NULL);
  assert_int_equal(import_to(out, (size_t)-1), GT_USAGE);
  /* Every other way of writing the names. */
  static const char *const endings[] = {"", ".gz"};
  for (int dot = 0; dot < 2; dot++) {
    for (int gz = 0; gz < 2; gz++) {
      temp_folder_empty(temp_folder);
      for (int i = 0; i < KINDS; i++) {
        snprintf(name, sizeof name, "%s%s", names[i], endings[gz]);
        if (dot) {
          *(strstr(name, "-idx")) = '.';
        }
        gz ? write_gz(name, &set[i]) : write_file(name, set[i].data, set[i].size);
      }
      check_import(7);
    }
  }
}

/* The text that the message for a file cut off after `size` bytes must have. */
static void check_cut(Kind kind, size_t size, size_t header, size_t whole) {
  char expected[128];
  if (size < header) {
    snprintf(expected, sizeof expected, "%s: truncated: the header alone has %zu bytes, the file holds %zu",
             names[kind], header, size);
  } else {
    snprintf(expected, sizeof expected, "%s: truncated: the header says %zu bytes, the file holds %zu",
             names[kind], whole, size);
  }
  refuse(expected);
}

static void test_truncations(void **state) {
  (void)state;
  Bytes set[KINDS];
  make_set(set);
  for (int kind = 0; kind < KINDS; kind++) {
    size_t header = kind == TRAIN_IMAGES || kind == TEST_IMAGES ? 16 : 8;
    write_set(set);
    for (size_t size = 0; size <= header; size++) {
      write_file(names[kind], set[kind].data, size);
      check_cut((Kind)kind, size, header, set[kind].size);
    }
    write_file(names[kind], set[kind].data, set[kind].size - 1);
    check_cut((Kind)kind, set[kind].size - 1, header, set[kind].size);
    write_file(names[kind], set[kind].data, set[kind].size + 1);
    refuse("has bytes after its end");
  }
}

static void test_compressed_damage(void **state) {
  (void)state;
  Bytes set[KINDS];
  uint8_t packed[4096];
  char path[GT_PATH_MAX];
  make_set(set);
  write_set(set);
  write_gz("packed", &set[TRAIN_IMAGES]);
  FILE *stream = fopen(temp_path(path, "packed"), "rb");
  size_t size = fread(packed, 1, sizeof packed, stream);
  fclose(stream);
  /* The compressed file may end anywhere, within its checksum as well. */
  for (size_t cut = 0; cut < size; cut++) {
    write_file(names[TRAIN_IMAGES], packed, cut);
    refuse(cut < 2 ? "truncated: the header alone" : "truncated: ");
  }
  packed[size / 2] ^= 0x55;
  write_file(names[TRAIN_IMAGES], packed, size);
  refuse(names[TRAIN_IMAGES]);
}

static void test_wrong_headers(void **state) {
  (void)state;
  const struct {
    Kind kind;
    size_t place;
    uint32_t value;
    const char *message;
  } cases[] = {
      {TRAIN_IMAGES, 0, 2049, "the magic number is 2049, an IDX file of images starts with 2051"},
      {TEST_LABELS, 0, 2051, "the magic number is 2051, an IDX file of labels starts with 2049"},
      {TRAIN_IMAGES, 0, 0, "the magic number is 0"},
      {TRAIN_IMAGES, 4, 0, "gives dimension 1 as 0"},
      {TRAIN_IMAGES, 8, 0, "gives dimension 2 as 0"},
      {TRAIN_IMAGES, 12, 0, "gives dimension 3 as 0"},
      {TEST_LABELS, 4, 0, "gives dimension 1 as 0"},
      {TRAIN_IMAGES, 4, TRAIN + 1, "truncated: the header says 826 bytes, the file holds 811"},
      {TRAIN_IMAGES, 4, TRAIN - 1, "has bytes after its end: the header says 796 bytes"},
      {TRAIN_IMAGES, 4, UINT32_MAX, "truncated: the header says 64424509441 bytes, the file holds 811"},
      {TRAIN_IMAGES, 8, UINT32_MAX, "which cannot be"},
      {TRAIN_IMAGES, 12, UINT32_MAX, "which cannot be"},
      {TRAIN_LABELS, 4, TRAIN - 1, "has bytes after its end"},
  };
  Bytes set[KINDS];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    make_set(set);
    put_u32(&set[cases[i].kind], cases[i].place, cases[i].value);
    write_set(set);
    refuse(cases[i].message);
    assert_message(names[cases[i].kind], NULL);
  }
  /* All dimensions at their largest: the product does not fit. */
  for (size_t place = 4; place <= 12; place += 4) {
    put_u32(&set[TRAIN_IMAGES], place, UINT32_MAX);
  }
  write_set(set);
  refuse("which cannot be");
}

static void test_wrong_content(void **state) {
  (void)state;
  Bytes set[KINDS];
  char path[GT_PATH_MAX];
  make_set(set);
  make_labels(&set[TRAIN_LABELS], TRAIN_LABELS, TRAIN - 1);
  write_set(set);
  refuse("holds 52 labels, but");
  make_set(set);
  put_u32(&set[TEST_IMAGES], 8, W);
  put_u32(&set[TEST_IMAGES], 12, H);
  write_set(set);
  refuse("holds images of 5 x 3, but");
  make_set(set);
  write_set(set);
  unlink(temp_path(path, names[TRAIN_IMAGES]));
  refuse("holds no train-images-idx3-ubyte, plain or .gz; data/fetch-mnist.sh");
  assert_int_equal(import_idx("/no/such/folder", "/tmp/never.h5", 5), GT_FAILED);
  assert_message("/no/such/folder: cannot be opened (No such file or directory)", NULL);
  assert_int_equal(import_idx(temp_path(path, names[TRAIN_LABELS]), "/tmp/never.h5", 5), GT_FAILED);
  assert_message("is not a folder", NULL);
}

/* The four files by other names, each in a folder of its name where `folders`. */
static void write_as(const Bytes set[KINDS], const char *const as[KINDS], bool folders) {
  char name[128], path[GT_PATH_MAX];
  temp_folder_empty(temp_folder);
  for (int i = 0; i < KINDS; i++) {
    if (as[i] != NULL && folders) {
      assert_int_equal(mkdir(temp_path(path, as[i]), 0700), 0);
    }
    if (as[i] != NULL) {
      snprintf(name, sizeof name, "%s%s%s", as[i], folders ? "/" : "", folders ? as[i] : "");
      write_file(name, set[i].data, set[i].size);
    }
  }
}

static DatasetInfo import_all(Dataset **dataset) {
  char out[GT_PATH_MAX];
  DatasetInfo info;
  Status status = import_to(out, 5);
  assert_string_equal(status == GT_OK ? "" : status_message(), "");
  assert_int_equal(dataset_open(dataset, out, &info), GT_OK);
  assert_int_equal(info.rows[DATASET_TRAIN], TRAIN - 5);
  return info;
}

/* Folders of the files' names (as unpacked from zip archives), "test", dots, and a set's name before. */
static void test_unpacked(void **state) {
  (void)state;
  static const char *const others[3][KINDS] = {
      {"train.images.idx3-ubyte", "train.labels.idx1-ubyte", "t10k.images.idx3-ubyte",
       "t10k.labels.idx1-ubyte"},
      {"kmnist-train-images-idx3-ubyte", "kmnist-train-labels-idx1-ubyte", "kmnist-test-images-idx3-ubyte",
       "kmnist-test-labels-idx1-ubyte"},
      {"Train-Images.idx3-ubyte", "Train-Labels.idx1-ubyte", "Test-Images.idx3-ubyte",
       "Test-Labels.idx1-ubyte"}};
  Bytes set[KINDS];
  make_set(set);
  write_as(set, names, true);
  check_import(7);
  for (int i = 0; i < KINDS; i++) { /* what temp_folder_empty does not look into */
    char path[GT_PATH_MAX];
    temp_folder_empty(temp_path(path, names[i]));
  }
  for (int i = 0; i < 3; i++) {
    write_as(set, others[i], false);
    check_import(7);
  }
  /* Two sets: one is to be named. */
  char out[GT_PATH_MAX], dir[GT_PATH_MAX];
  unlink(temp_path(out, "out.h5"));
  for (int i = 0; i < KINDS; i++) {
    write_file(others[1][i], set[i].data, set[i].size);
  }
  refuse("holds several sets of IDX files: one without a name, kmnist; name one of them, as ");
  assert_int_equal(import_idx(temp_path(dir, "kmnist"), temp_path(out, "out.h5"), 5), GT_OK);
}

/* Two sets of one name in two folders: images of one must not get the labels of the other. */
static void test_two_folders(void **state) {
  (void)state;
  static const char *const folders[] = {"fashion", "mnist"};
  Bytes set[KINDS];
  char name[128], path[GT_PATH_MAX];
  make_set(set);
  temp_folder_empty(temp_folder);
  for (int f = 0; f < 2; f++) {
    assert_int_equal(mkdir(temp_path(path, folders[f]), 0700), 0);
    for (int i = 0; i < KINDS; i++) {
      snprintf(name, sizeof name, "%s/%s%s", folders[f], names[i], f == 0 ? ".gz" : "");
      f == 0 ? write_gz(name, &set[i]) : write_file(name, set[i].data, set[i].size);
    }
    f == 0 ? check_import(7) : refuse("several sets of IDX files, ");
    char out[GT_PATH_MAX];
    remove(temp_path(out, "out.h5"));
  }
  assert_message("/fashion/t10k-images-idx3-ubyte.gz and ", "/mnist/t10k-images-idx3-ubyte; name the folder",
                 NULL);
  for (int f = 0; f < 2; f++) {
    temp_folder_empty(temp_path(path, folders[f]));
  }
}

/* Files of EMNIST hold images by columns. */
static void test_emnist(void **state) {
  (void)state;
  static const char *const as[KINDS] = {"emnist-letters-train-images-idx3-ubyte",
                                        "emnist-letters-train-labels-idx1-ubyte"};
  Bytes set[KINDS];
  Dataset *dataset;
  uint8_t image[W * H];
  make_set(set);
  write_as(set, as, false);
  DatasetInfo info = import_all(&dataset);
  assert_true(info.image.h == W && info.image.w == H && info.rows[DATASET_TEST] == 0);
  assert_int_equal(dataset_read(dataset, DATASET_TRAIN, 3, 1, image), GT_OK);
  for (size_t h = 0; h < H; h++) {
    for (size_t w = 0; w < W; w++) {
      assert_int_equal(image[w * H + h], pixel(TRAIN_IMAGES, (3 * H + h) * W + w));
    }
  }
  dataset_close(dataset);
}

/* Labels above 9, wide ones with the class first, and none at all. */
static void test_labels(void **state) {
  (void)state;
  static const char *const without[KINDS] = {"train-images-idx3-ubyte"};
  static const char *const wide[KINDS] = {"qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int"};
  Bytes set[KINDS];
  Dataset *dataset;
  uint8_t label_read;
  bool present;
  make_set(set);
  set[TRAIN_LABELS].data[8 + 13] = 61;
  write_set(set);
  import_all(&dataset);
  assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 13, 1, &label_read, &present), GT_OK);
  assert_true(present && label_read == 61);
  dataset_close(dataset);
  char out[GT_PATH_MAX];
  assert_int_equal(import_idx_small(temp_folder, temp_path(out, "small.h5"), 23, 11, 12), GT_FAILED);
  assert_message("train-labels-idx1-ubyte: label 61 in row 13, with --small labels are 0 to 9", NULL);

  Bytes *labels = &set[TRAIN_LABELS];
  put_u32(labels, 0, 0x0c02);
  put_u32(labels, 8, 3);
  for (uint32_t row = 0; row < TRAIN; row++) {
    put_u32(labels, 12 + 12 * row, 200 + row);
    put_u32(labels, 16 + 12 * row, 77777);
    put_u32(labels, 20 + 12 * row, 0);
  }
  labels->size = 12 + 12 * TRAIN;
  write_as(set, wide, false);
  import_all(&dataset);
  assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 47, 1, &label_read, &present), GT_OK);
  assert_true(present && label_read == 247);
  dataset_close(dataset);
  put_u32(labels, 12 + 12 * 9, 300);
  write_as(set, wide, false);
  refuse("label 300 in row 9, labels are 0 to 255");

  write_as(set, without, false);
  import_all(&dataset);
  assert_int_equal(dataset_read_labels(dataset, DATASET_TRAIN, 0, 1, &label_read, &present), GT_OK);
  assert_false(present);
  dataset_close(dataset);
}

/* The message for a file that is no IDX file says what kind of file it is. */
static void test_other_files(void **state) {
  (void)state;
  static const char *const contents[][2] = {
      {"<html><body>404</body></html>", "is an HTML page"},
      {"version https://git-lfs.github.com/spec/v1", "is a pointer of Git LFS"},
      {"\x93NUMPY and more", "is a NumPy file"}};
  Bytes set[KINDS];
  uint8_t packed[4096];
  char path[GT_PATH_MAX];
  make_set(set);
  write_set(set);
  for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
    write_file(names[TRAIN_IMAGES], (const uint8_t *)contents[i][0], strlen(contents[i][0]));
    refuse(contents[i][1]);
  }
  write_gz("packed", &set[TRAIN_IMAGES]);
  FILE *stream = fopen(temp_path(path, "packed"), "rb");
  size_t size = fread(packed, 1, sizeof packed, stream);
  fclose(stream);
  unlink(temp_path(path, names[TRAIN_IMAGES]));
  assert_int_equal(mkfifo(path, 0600), 0);
  alarm(20); /* nobody writes into the FIFO */
  refuse("is a FIFO, a regular file was expected");
  alarm(0);
  unlink(path);
  gzFile twice = gzopen(temp_path(path, "train-images-idx3-ubyte.gz"), "wb");
  assert_int_equal(gzwrite(twice, packed, (unsigned)size), size);
  gzclose(twice);
  refuse("train-images-idx3-ubyte.gz: is compressed twice: unpack it with gunzip once");
}

static void test_write_fails(void **state) {
  (void)state;
  Bytes set[KINDS];
  char out[GT_PATH_MAX];
  make_set(set);
  write_set(set);
  setenv("GT_FAULT", "write:0", 1);
  refuse("out.h5");
  setenv("GT_FAULT", "memory:0", 1);
  refuse("out of memory");
  unsetenv("GT_FAULT");
  assert_int_equal(import_idx(temp_folder, temp_path(out, "none/out.h5"), 5), GT_FAILED);
  assert_message("cannot be created", NULL);
}

/* Which row of the training files each small row is, by its pixels; rows are all different. */
static size_t find_row(const Bytes *images, size_t rows, const uint8_t *image) {
  for (size_t row = 0; row < rows; row++) {
    if (memcmp(images->data + 16 + row * H * W, image, (size_t)H * W) == 0) {
      return row;
    }
  }
  fail();
  return 0;
}

static void test_small(void **state) {
  (void)state;
  const size_t counts[DATASET_PARTS] = {23, 11, 12};
  Bytes set[KINDS];
  Dataset *dataset;
  DatasetInfo info;
  char out[GT_PATH_MAX];
  bool used[TRAIN] = {false};
  make_set(set);
  write_set(set);
  assert_int_equal(import_idx_small(temp_folder, temp_path(out, "small.h5"), 23, 11, 12), GT_OK);
  assert_int_equal(dataset_open(&dataset, out, &info), GT_OK);
  for (int part = 0; part < DATASET_PARTS; part++) {
    uint8_t image[H * W], value;
    size_t classes[10] = {0}, last = 0;
    Kind kind = part == DATASET_TEST ? TEST_IMAGES : TRAIN_IMAGES;
    bool present;
    assert_int_equal(info.rows[part], counts[part]);
    for (size_t i = 0; i < counts[part]; i++) {
      assert_int_equal(dataset_read(dataset, (DatasetPart)part, i, 1, image), GT_OK);
      assert_int_equal(dataset_read_labels(dataset, (DatasetPart)part, i, 1, &value, &present), GT_OK);
      size_t row = find_row(&set[kind], kind == TEST_IMAGES ? TEST : TRAIN, image);
      assert_int_equal(value, label((Kind)(kind + 1), row));
      assert_true(i == 0 || row > last); /* in file order */
      last = row;
      classes[value]++;
      if (part != DATASET_TEST) {
        assert_false(used[row]); /* training and validation share no row */
        used[row] = true;
      }
    }
    for (size_t class = 0; class < 10; class ++) {
      assert_int_equal(classes[class], counts[part] / 10 + (class < counts[part] % 10));
    }
  }
  dataset_close(dataset);
  assert_int_equal(import_idx_small(temp_folder, out, 50, 10, 10), GT_FAILED);
  assert_message("train-labels-idx1-ubyte: class", "has 5 rows, 6 are needed", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_and_names),
      cmocka_unit_test(test_truncations),
      cmocka_unit_test(test_compressed_damage),
      cmocka_unit_test(test_wrong_headers),
      cmocka_unit_test(test_wrong_content),
      cmocka_unit_test(test_unpacked),
      cmocka_unit_test(test_two_folders),
      cmocka_unit_test(test_emnist),
      cmocka_unit_test(test_labels),
      cmocka_unit_test(test_other_files),
      cmocka_unit_test(test_write_fails),
      cmocka_unit_test(test_small),
  };
  return cmocka_run_group_tests_name("import", tests, temp_folder_make, temp_folder_remove);
}
