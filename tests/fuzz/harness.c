#include "harness.h"

#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "gantrain/base/memory.h"
#include "gantrain/h5/trial.h"
#include "gantrain/io/checkpoint.h"
#include "gantrain/io/dataset.h"
#include "gantrain/options/option_table.h"
#include "io/idx.h"

#define ROWS 12

const char *const target_names[TARGETS] = {"idx", "dataset", "checkpoint", "config"};

static char folder[256];

static const char *inside(const char *name) {
  static char path[2][GT_PATH_MAX];
  static int turn;
  turn ^= 1;
  snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
  return path[turn];
}

static void store(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}

static uint8_t *load(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t *data = malloc(*size + 1);
  if (data == NULL || fread(data, 1, *size, file) != *size) {
    exit(1);
  }
  fclose(file);
  return data;
}

/* Labels or images of 12 rows of 3 x 2. */
static size_t make_idx(uint8_t *out, int images) {
  static const uint8_t heads[2][16] = {{0, 0, 8, 1, 0, 0, 0, ROWS},
                                       {0, 0, 8, 3, 0, 0, 0, ROWS, 0, 0, 0, 3, 0, 0, 0, 2}};
  size_t head = images ? 16 : 8, values = images ? 6 * ROWS : ROWS;
  memcpy(out, heads[images], head);
  for (size_t i = 0; i < values; i++) {
    out[head + i] = (uint8_t)(i % 10);
  }
  return head + values;
}

void harness_begin(void) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const char *parents[] = {getenv("FUZZ_MEMORY"), "/dev/shm", "/tmp"};
  for (size_t i = 0; i < 3; i++) {
    snprintf(folder, sizeof folder, "%s/gantrain-fuzz-XXXXXX", parents[i] == NULL ? "" : parents[i]);
    if (parents[i] != NULL && mkdtemp(folder) != NULL) {
      return;
    }
  }
  perror(folder);
  exit(1);
}

static const char *const names[] = {"train-images-idx3-ubyte",
                                    "train-images-idx3-ubyte.gz",
                                    "train-labels-idx1-ubyte",
                                    "train-labels-idx1-ubyte.gz",
                                    "file.h5",
                                    "seed.h5",
                                    "run.conf"};

static void sweep(void) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    unlink(inside(names[i]));
  }
}

void harness_end(void) {
  sweep();
  rmdir(folder);
}

/* The first byte says which of the two files is hostile, and whether it is called .gz. */
static Status run_idx(const uint8_t *data, size_t size) {
  uint8_t good[128];
  IdxPair pair = {0};
  if (size < 1) {
    return GT_OK;
  }
  int labels = data[0] & 1, packed = data[0] >> 1 & 1;
  sweep();
  store(inside(names[2 * (1 - labels)]), good, make_idx(good, labels));
  store(inside(names[2 * labels + packed]), data + 1, size - 1);
  IdxNames files[2];
  Status status = idx_find(files, folder);
  status = status == GT_OK ? idx_read_pair(&pair, &files[0]) : status;
  idx_free(&pair);
  return status;
}

bool harness_inside;

/* The file, whatever it is, counts as looked through. Only one that did not change lately can, and no two may
 * look alike. */
static void store_hdf5(const char *path, const void *data, size_t size) {
  static long turn;
  store(path, data, size);
  if (harness_inside) {
    const struct timespec long_ago = {.tv_sec = 1000000 + ++turn}, times[2] = {long_ago, long_ago};
    utimensat(AT_FDCWD, path, times, 0);
    FileIdentity identity = file_identity(path);
    trial_trust(&identity);
  }
}

static Status run_dataset(const uint8_t *data, size_t size) {
  Dataset *dataset = NULL;
  DatasetInfo info = {0};
  static double values[1 << 14];
  store_hdf5(inside("file.h5"), data, size);
  Status status = dataset_open(&dataset, inside("file.h5"), &info);
  if (status != GT_OK) {
    return status;
  }
  size_t row = shape_count(info.image) * (info.is_float ? 4 : 1);
  for (int part = 0; part < DATASET_PARTS && status == GT_OK; part++) {
    for (size_t r = 0; r < info.rows[part] && r < 64 && row <= sizeof values && status == GT_OK; r++) {
      bool present;
      status = dataset_read(dataset, (DatasetPart)part, r, 1, values);
      if (status == GT_OK) {
        status = dataset_read_labels(dataset, (DatasetPart)part, r, 1, (uint8_t *)values, &present);
      }
    }
  }
  dataset_close(dataset);
  return status;
}

static Status run_checkpoint(const uint8_t *data, size_t size) {
  CheckpointInfo info;
  Attributes *recipe = calloc(1, sizeof *recipe);
  if (recipe == NULL) {
    exit(1);
  }
  store_hdf5(inside("file.h5"), data, size);
  Status status = checkpoint_verify(inside("file.h5"));
  Status head = checkpoint_read_info(inside("file.h5"), &info, recipe);
  free(recipe);
  return status == GT_OK ? head : status;
}

static Status run_config(const uint8_t *data, size_t size) {
  static Options options;
  const char *path = inside("run.conf");
  char *words[] = {"gantrain", "train", "--config", (char *)path, NULL};
  store(path, data, size);
  return options_parse(&options, 4, words, false);
}

Status harness_run(Target target, const uint8_t *data, size_t size) {
  static Status (*const run[TARGETS])(const uint8_t *, size_t) = {run_idx, run_dataset, run_checkpoint,
                                                                  run_config};
  return run[target](data, size);
}

static uint8_t *seed_dataset(size_t *size) {
  DatasetWriter *writer = NULL;
  uint8_t images[6 * ROWS] = {1, 2, 3}, labels[ROWS] = {0, 1, 2};
  Status status = dataset_writer_open(&writer, inside("seed.h5"), (Shape){3, 2, 1});
  for (int part = 0; part < DATASET_PARTS && status == GT_OK; part++) {
    status = dataset_writer_part(writer, (DatasetPart)part, images, labels, ROWS);
  }
  if (dataset_writer_close(writer, status) != GT_OK) {
    fprintf(stderr, "%s\n", status_message());
    exit(1);
  }
  return load(inside("seed.h5"), size);
}

static uint8_t *seed_checkpoint(size_t *size) {
  static Arena arena;
  static Attributes recipe;
  int index, shape[2] = {3, 2};
  float *block = NULL;
  memset(&arena, 0, sizeof arena);
  memset(&recipe, 0, sizeof recipe);
  attributes_set_text(&recipe, "arch", "mlp");
  attributes_set_int(&recipe, "batch", 16);
  Status status = arena_add(&arena, "dense", "kernel", 2, shape, &index);
  block = arena_block(&arena);
  CheckpointInfo info = {.step = 1, .epoch = 0.5};
  Block blocks = {"/generator/parameters", &arena, block};
  if (status != GT_OK || block == NULL || checkpoint_write(folder, &info, &recipe, &blocks, 1) != GT_OK) {
    fprintf(stderr, "%s\n", status_message());
    exit(1);
  }
  memory_free(block);
  uint8_t *data = load(inside("step-00000001.h5"), size);
  unlink(inside("step-00000001.h5"));
  return data;
}

uint8_t *harness_seed(Target target, size_t *size) {
  static const char config[] =
      "# a run\nbatch = 32\ng-lr = 1e-3 ; rate\narch = dcgan\nexact = yes\nmax-time = 1:30:00\n";
  if (target == TARGET_DATASET) {
    return seed_dataset(size);
  }
  if (target == TARGET_CHECKPOINT) {
    return seed_checkpoint(size);
  }
  uint8_t *data = malloc(256);
  if (data == NULL) {
    exit(1);
  }
  if (target == TARGET_IDX) {
    data[0] = 0;
    *size = 1 + make_idx(data + 1, 1);
  } else {
    *size = sizeof config - 1;
    memcpy(data, config, *size);
  }
  return data;
}
