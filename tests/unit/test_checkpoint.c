/* Checkpoints: round trips, everything that can be wrong with a file, and the folder of checkpoints. */
#include <dirent.h>
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "gantrain/base/memory.h"
#include "gantrain/io/checkpoint.h"

#define BLOCKS 3
#define SEAL_BYTES 32 /* h5/seal.h */

typedef struct State {
  Arena net, running;
  Block blocks[BLOCKS];
  Attributes recipe;
  CheckpointInfo info;
} State;

static char folder[64];

static void add(Arena *arena, const char *layer, const char *part, int rank, const int *shape) {
  int index;
  assert_int_equal(arena_add(arena, layer, part, rank, shape, &index), GT_OK);
}

/* Odd shapes, tensors of one element, a block of one tensor. `salt` makes the values. */
static State *state_create(int salt) {
  State *state = calloc(1, sizeof *state);
  add(&state->net, "dense", "kernel", 2, (int[]){3, 5});
  add(&state->net, "dense", "bias", 1, (int[]){5});
  add(&state->net, "dense_1", "kernel", 2, (int[]){7, 1});
  add(&state->net, "conv2d", "kernel", 4, (int[]){1, 3, 1, 2});
  add(&state->net, "scalar", "value", 1, (int[]){1});
  add(&state->running, "batch_normalization", "moving_mean", 1, (int[]){1});
  const char *const groups[BLOCKS] = {"/generator/parameters", "/generator/adam_m", "/generator/running"};
  for (int b = 0; b < BLOCKS; b++) {
    const Arena *arena = b == 2 ? &state->running : &state->net;
    float *data = arena_block(arena);
    for (int t = 0; t < arena->tensors_count; t++) {
      for (size_t i = 0; i < arena->tensors[t].count; i++) {
        data[arena->tensors[t].first + i] = (float)sin(salt + 100 * b + 10 * t + (double)i);
      }
    }
    state->blocks[b] = (Block){groups[b], arena, data};
  }
  attributes_set_text(&state->recipe, "arch", "mlp");
  attributes_set_text(&state->recipe, "data", "");
  attributes_set_int(&state->recipe, "batch", 256);
  attributes_set_int(&state->recipe, "seed", INT64_MIN);
  attributes_set_real(&state->recipe, "g_lr", 2e-4);
  state->info = (CheckpointInfo){1200, 1.0 / 3, 0xfedcba9876543210};
  return state;
}

static void state_free(State *state) {
  for (int b = 0; b < BLOCKS; b++) {
    memory_free(state->blocks[b].data);
  }
  free(state);
}

static Status write_step(State *state, int64_t step, int keep) {
  state->info.step = step;
  Status status = checkpoint_write(folder, &state->info, &state->recipe, state->blocks, BLOCKS);
  if (status == GT_OK) {
    checkpoint_prune(folder, keep, -1, &(BestList){0});
  }
  return status;
}

static bool same_blocks(const State *a, const State *b) {
  for (int i = 0; i < BLOCKS; i++) {
    if (memcmp(a->blocks[i].data, b->blocks[i].data, a->blocks[i].arena->count * sizeof(float)) != 0) {
      return false;
    }
  }
  return true;
}

static bool same_info(const State *state, const CheckpointInfo *info, const Attributes *recipe) {
  if (info->step != state->info.step || info->epoch != state->info.epoch ||
      info->fingerprint != state->info.fingerprint || recipe->count != state->recipe.count) {
    return false;
  }
  for (int i = 0; i < recipe->count; i++) {
    const Attribute *a = &state->recipe.list[i], *b = attributes_find(recipe, a->name);
    if (b == NULL || a->type != b->type || a->integer != b->integer || a->real != b->real ||
        strcmp(a->text, b->text) != 0) {
      return false;
    }
  }
  return true;
}

static void file_name(char path[GT_PATH_MAX], const char *name) {
  assert_int_equal(path_format(path, "%s/%s", folder, name), GT_OK);
}

static unsigned char *load(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*size);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  fclose(file);
  return bytes;
}

static void store(const char *path, const unsigned char *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static void assert_message(const char *part) {
  if (strstr(status_message(), part) == NULL) {
    fail_msg("\"%s\" is not in the message: %s", part, status_message());
  }
}

static int setup(void **unused) {
  (void)unused;
  snprintf(folder, sizeof folder, "/tmp/gantrain-checkpoint-XXXXXX");
  return mkdtemp(folder) == NULL;
}

static int teardown(void **unused) {
  (void)unused;
  DIR *dir = opendir(folder);
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    char path[GT_PATH_MAX];
    file_name(path, entry->d_name);
    unlink(path);
  }
  closedir(dir);
  return rmdir(folder);
}

static void test_round_trip(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX];
  State *written = state_create(1), *read = state_create(2);
  written->blocks[0].data[0] = NAN; /* a diverged run is saved as it is */
  written->blocks[0].data[1] = -0.0f;
  assert_int_equal(write_step(written, 1200, 0), GT_OK);
  file_name(path, "step-00001200.h5");
  assert_int_equal(checkpoint_verify(path), GT_OK);
  read->blocks[0].data[15] = 3; /* a gap: becomes zero */
  assert_int_equal(checkpoint_read(path, read->blocks, BLOCKS), GT_OK);
  assert_true(same_blocks(written, read));
  CheckpointInfo info;
  Attributes *recipe = calloc(1, sizeof *recipe);
  assert_int_equal(checkpoint_read_info(path, &info, recipe), GT_OK);
  assert_true(same_info(written, &info, recipe));
  /* One block alone: the others are verified and passed over. */
  written->blocks[2].data[0] = 42;
  assert_int_equal(checkpoint_read(path, &written->blocks[2], 1), GT_OK);
  assert_true(same_blocks(written, read));
  free(recipe);
  state_free(written);
  state_free(read);
}

static void test_same_bytes(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX];
  State *state = state_create(1);
  size_t size = 0, again = 0;
  file_name(path, "step-00001200.h5");
  assert_int_equal(write_step(state, 1200, 0), GT_OK);
  unsigned char *first = load(path, &size);
  assert_int_equal(write_step(state, 1200, 0), GT_OK);
  unsigned char *second = load(path, &again);
  assert_int_equal(size, again);
  assert_memory_equal(first, second, size);
  free(first);
  free(second);
  state_free(state);
}

/* Checks that the file is refused, or read exactly as it was written. */
static bool detected_or_harmless(const char *path, const State *written, State *read, Attributes *recipe) {
  CheckpointInfo info;
  if (checkpoint_read(path, read->blocks, BLOCKS) != GT_OK) {
    return strncmp(status_message(), path, strlen(path)) == 0;
  }
  return same_blocks(written, read) && checkpoint_read_info(path, &info, recipe) == GT_OK &&
         same_info(written, &info, recipe) && checkpoint_verify(path) == GT_OK;
}

static void test_every_byte(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX], damaged[GT_PATH_MAX];
  State *written = state_create(1), *read = state_create(2);
  Attributes *recipe = calloc(1, sizeof *recipe);
  size_t size = 0, harmless = 0;
  assert_int_equal(write_step(written, 1200, 0), GT_OK);
  file_name(path, "step-00001200.h5");
  file_name(damaged, "damaged.h5");
  unsigned char *bytes = load(path, &size);
  store(damaged, bytes, size);
  FILE *file = fopen(damaged, "r+b");
  setvbuf(file, NULL, _IONBF, 0);
  const unsigned char changes[] = {0x01, 0x80, 0xff};
  for (size_t i = 0; i < size; i++) {
    /* each byte by one of the changes */
    unsigned char changed = bytes[i] ^ changes[i % sizeof changes];
    fseek(file, (long)i, SEEK_SET);
    fputc(changed, file);
    if (!detected_or_harmless(damaged, written, read, recipe)) {
      fail_msg("byte %zu of %zu, %02x made %02x, goes unnoticed: %s", i, size, bytes[i], changed,
               status_message());
    }
    harmless += checkpoint_verify(damaged) == GT_OK;
    fseek(file, (long)i, SEEK_SET);
    fputc(bytes[i], file);
  }
  fclose(file);
  print_message("%zu bytes: %zu changes were detected, %zu made no difference\n", size, size - harmless,
                harmless);
  assert_int_equal(checkpoint_verify(damaged), GT_OK);
  free(bytes);
  free(recipe);
  state_free(written);
  state_free(read);
}

static void test_every_truncation(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX], damaged[GT_PATH_MAX];
  State *state = state_create(1);
  size_t size = 0;
  assert_int_equal(write_step(state, 1200, 0), GT_OK);
  file_name(path, "step-00001200.h5");
  file_name(damaged, "damaged.h5");
  unsigned char *bytes = load(path, &size);
  store(damaged, bytes, size);
  for (size_t length = size; length-- > 0;) {
    assert_int_equal(truncate(damaged, (off_t)length), 0);
    if (length == size - SEAL_BYTES) {
      assert_int_equal(checkpoint_verify(damaged), GT_OK); /* exactly the HDF5 part: whole */
      continue;
    }
    if (checkpoint_verify(damaged) != GT_FAILED) {
      fail_msg("cut to %zu of %zu bytes: not noticed", length, size);
    }
    assert_message(damaged);
  }
  free(bytes);
  state_free(state);
}

/* What a power failure leaves on some file systems: the right length, but zeros from some block on. */
static void test_zero_tail(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX];
  State *state = state_create(1);
  size_t size = 0;
  assert_int_equal(write_step(state, 1200, 0), GT_OK);
  file_name(path, "step-00001200.h5");
  unsigned char *bytes = load(path, &size);
  for (size_t length = 0; length < size; length += 64) {
    store(path, bytes, length);
    assert_int_equal(truncate(path, (off_t)size), 0);
    assert_int_equal(checkpoint_verify(path), GT_FAILED);
    assert_message(path);
  }
  free(bytes);
  state_free(state);
}

/* Open the newest checkpoint as any HDF5 program would, to change something in it. */
static hid_t change(State *state, char path[GT_PATH_MAX]) {
  assert_int_equal(write_step(state, 1200, 0), GT_OK);
  file_name(path, "step-00001200.h5");
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  assert_true(file >= 0);
  return file;
}

static void add_dataset(hid_t file, const char *name, hid_t type, hsize_t n) {
  hid_t space = H5Screate_simple(1, &n, NULL);
  hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(dataset >= 0);
  H5Dclose(dataset);
  H5Sclose(space);
}

static void write_version(hid_t file, int64_t version) {
  hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
  assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, &version) >= 0);
  H5Aclose(attribute);
}

static void assert_refused(const char *path, const State *state, const char *part) {
  assert_int_equal(checkpoint_read(path, state->blocks, BLOCKS), GT_FAILED);
  assert_message(path);
  assert_message(part);
}

static void test_wrong_files(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX];
  State *state = state_create(1);
  file_name(path, "absent.h5");
  assert_refused(path, state, "No such file");
  store(path, (const unsigned char *)"not HDF5 at all", 15);
  assert_refused(path, state, "not an HDF5 file");
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  assert_refused(path, state, "not one of gantrain's");

  file = change(state, path);
  write_version(file, 2);
  H5Fclose(file);
  assert_refused(path, state, "format version 2");

  file = change(state, path);
  assert_true(H5Ldelete(file, "/generator/adam_m/dense/bias", H5P_DEFAULT) >= 0);
  H5Fclose(file);
  assert_refused(path, state, "/generator/adam_m/dense/bias is missing");
  assert_int_equal(checkpoint_verify(path), GT_FAILED);
  assert_message("checksum");

  file = change(state, path);
  add_dataset(file, "/generator/adam_m/dense/extra", H5T_IEEE_F32LE, 2);
  H5Fclose(file);
  assert_refused(path, state, "/generator/adam_m/dense/extra that the network does not have");
  assert_int_equal(checkpoint_verify(path), GT_FAILED);
  assert_message("checksum");

  file = change(state, path);
  assert_true(H5Ldelete(file, "/generator/adam_m/dense/bias", H5P_DEFAULT) >= 0);
  add_dataset(file, "/generator/adam_m/dense/bias", H5T_IEEE_F32LE, 6);
  H5Fclose(file);
  assert_refused(path, state, "shape [6], [5] was expected");
  state_free(state);
}

static void test_hostile_files(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX];
  State *state = state_create(1);
  hid_t file = change(state, path);
  add_dataset(file, "/huge", H5T_IEEE_F32LE, (hsize_t)1 << 50); /* without storage: the file is tiny */
  H5Fclose(file);
  assert_refused(path, state, "/huge claims to be larger than the whole file");

  file = change(state, path);
  add_dataset(file, "/wide", H5T_IEEE_F64LE, 2);
  H5Fclose(file);
  assert_refused(path, state, "/wide is not of type float32");

  file = change(state, path);
  assert_true(H5Lcreate_soft("/generator", file, "alias", H5P_DEFAULT, H5P_DEFAULT) >= 0);
  H5Fclose(file);
  assert_refused(path, state, "/alias is a link");

  file = change(state, path);
  assert_true(H5Lcreate_hard(file, "/generator", file, "/generator/loop", H5P_DEFAULT, H5P_DEFAULT) >= 0);
  H5Fclose(file);
  assert_refused(path, state, "nested more than");
  state_free(state);
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

static bool present(const char *name) {
  char path[GT_PATH_MAX];
  file_name(path, name);
  return access(path, F_OK) == 0;
}

static void test_prune_and_cut(void **unused) {
  (void)unused;
  State *state = state_create(1);
  for (int64_t step = 0; step < 6; step++) {
    assert_int_equal(write_step(state, step * 100, 3), GT_OK);
  }
  assert_int_equal(write_step(state, 123456789, 4), GT_OK); /* nine digits sort after eight */
  assert_int_equal(count_files(), 4);
  assert_true(present("step-00000300.h5") && present("step-00000400.h5") && present("step-00000500.h5") &&
              present("step-123456789.h5"));
  char path[GT_PATH_MAX];
  const char *const others[] = {"step-00000500.h5.tmp", "step-600.h5", "notes.txt"};
  for (int i = 0; i < 3; i++) {
    file_name(path, others[i]);
    store(path, (const unsigned char *)"x", 1);
  }
  assert_int_equal(checkpoint_set_aside_later(folder, 400), GT_OK);
  assert_int_equal(count_files(), 6);
  assert_true(present("step-00000500.h5.aside-1") && present("step-123456789.h5.aside-1"));
  assert_true(present("step-00000300.h5") && present("step-00000400.h5") && present("step-600.h5") &&
              present("notes.txt"));
  file_name(path, "no-such-folder");
  assert_int_equal(checkpoint_set_aside_later(path, 0), GT_OK);
  state_free(state);
}

static void test_find(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX], newest[GT_PATH_MAX];
  State *state = state_create(1);
  assert_int_equal(checkpoint_find(path, folder), GT_FAILED);
  assert_message("holds no checkpoint");
  for (int64_t step = 1; step <= 3; step++) {
    assert_int_equal(write_step(state, step, 0), GT_OK);
  }
  assert_int_equal(checkpoint_find(path, folder), GT_OK);
  file_name(newest, "step-00000003.h5");
  assert_string_equal(path, newest);
  assert_int_equal(truncate(newest, 3000), 0);
  file_name(newest, "step-00000002.h5");
  store(newest, (const unsigned char *)"", 0);
  assert_int_equal(checkpoint_find(path, folder), GT_OK);
  file_name(newest, "step-00000001.h5");
  assert_string_equal(path, newest);
  store(newest, (const unsigned char *)"??", 2);
  assert_int_equal(checkpoint_find(path, folder), GT_FAILED);
  assert_message("3 damaged ones");
  file_name(newest, "no-such-folder");
  assert_int_equal(checkpoint_find(path, newest), GT_FAILED);
  assert_message("no-such-folder");
  state_free(state);
}

static void test_failing_write(void **unused) {
  (void)unused;
  char path[GT_PATH_MAX];
  State *old = state_create(1), *new = state_create(2), *read = state_create(3);
  assert_int_equal(write_step(old, 1, 0), GT_OK);
  const char *const sites[] = {"write:0", "hdf5:0"};
  for (int i = 0; i < 2; i++) {
    setenv("GT_FAULT", sites[i], 1);
    assert_int_equal(write_step(new, 1, 1), GT_FAILED);
    unsetenv("GT_FAULT");
    assert_int_equal(count_files(), 1);
  }
  file_name(path, "step-00000001.h5");
  assert_int_equal(checkpoint_read(path, read->blocks, BLOCKS), GT_OK);
  assert_true(same_blocks(old, read));
  /* A disk that is nearly full: the system lets the file grow to 10,000 bytes. */
  struct rlimit limit, small;
  getrlimit(RLIMIT_FSIZE, &limit);
  small = (struct rlimit){10000, limit.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  Status status = write_step(new, 1, 1);
  setrlimit(RLIMIT_FSIZE, &limit);
  assert_int_equal(status, GT_FAILED);
  assert_message("File too large");
  assert_int_equal(count_files(), 1);
  assert_int_equal(checkpoint_read(path, read->blocks, BLOCKS), GT_OK);
  assert_true(same_blocks(old, read));
  char saved[sizeof folder];
  memcpy(saved, folder, sizeof folder);
  snprintf(folder, sizeof folder, "%.40s/none", saved);
  assert_int_equal(write_step(new, 1, 0), GT_FAILED);
  assert_message(folder);
  memcpy(folder, saved, sizeof folder);
  /* A recipe may not carry a name that is ours. */
  attributes_set_int(&new->recipe, "step", 1);
  assert_int_equal(write_step(new, 1, 0), GT_FAILED);
  state_free(old);
  state_free(new);
  state_free(read);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
      cmocka_unit_test_setup_teardown(test_same_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_every_byte, setup, teardown),
      cmocka_unit_test_setup_teardown(test_every_truncation, setup, teardown),
      cmocka_unit_test_setup_teardown(test_zero_tail, setup, teardown),
      cmocka_unit_test_setup_teardown(test_wrong_files, setup, teardown),
      cmocka_unit_test_setup_teardown(test_hostile_files, setup, teardown),
      cmocka_unit_test_setup_teardown(test_prune_and_cut, setup, teardown),
      cmocka_unit_test_setup_teardown(test_find, setup, teardown),
      cmocka_unit_test_setup_teardown(test_failing_write, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
