/* The journal of a large metrics.h5: what a save costs, and that nothing is lost, whatever happens to it. */
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "gantrain/base/memory.h"
#include "gantrain/io/outputs.h"
#include "temp_folder.h"

#define SERIES 3

static const char *const names[SERIES] = {"epoch", "d_loss", "g_loss"};
static char metrics[GT_PATH_MAX], journal[GT_PATH_MAX], whole[GT_PATH_MAX];

static Status append_as(const char *path, const char *run_id, int64_t first, size_t rows) {
  Attributes recipe = {0};
  int64_t *steps = malloc(rows * sizeof *steps);
  double *values = malloc(rows * SERIES * sizeof *values);
  attributes_set_text(&recipe, "run_id", run_id);
  for (size_t r = 0; r < rows; r++) {
    steps[r] = first + 1 + (int64_t)r;
    values[SERIES * r] = (double)steps[r] / 10;
    values[SERIES * r + 1] = steps[r] % 2 == 0 ? (double)NAN : (double)steps[r] * 1.5;
    values[SERIES * r + 2] = (double)-steps[r];
  }
  Status status = metrics_append(path, &recipe, &(MetricsRows){names, SERIES, rows, steps, values});
  free(steps);
  free(values);
  return status;
}

/* Rows first+1 .. first+rows. */
static Status append(int64_t first, size_t rows) {
  return append_as(metrics, "run", first, rows);
}

/* Every file is treated as a large one, or each according to its size. */
static void treat_as_large(bool all) {
  if (all) {
    setenv("GT_IN_MEMORY", "0", 1);
  } else {
    unsetenv("GT_IN_MEMORY");
  }
}

static int setup(void **state) {
  int outcome = temp_folder_make(state);
  temp_path(metrics, "metrics.h5");
  temp_path(journal, "metrics.h5.new");
  temp_path(whole, "whole.h5");
  treat_as_large(false);
  return outcome;
}

/* 3000 rows in the file, and 200 in a journal of four records. */
static void begin_both(void) {
  treat_as_large(true);
  assert_int_equal(append(0, 3000), GT_OK);
  for (int64_t first = 3000; first < 3200; first += 50) {
    assert_int_equal(append(first, 50), GT_OK);
  }
  assert_true(file_exists(journal));
}

/* All of a series as float64; *rows is its length. */
static double *load(const char *path, const char *name, hsize_t *rows) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(file, name, H5P_DEFAULT);
  hid_t space = H5Dget_space(dataset);
  assert_true(file >= 0 && dataset >= 0);
  H5Sget_simple_extent_dims(space, rows, NULL);
  double *values = malloc((size_t)*rows * sizeof *values + 1);
  assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Sclose(space);
  H5Dclose(dataset);
  H5Fclose(file);
  return values;
}

static hsize_t count_rows(void) {
  hsize_t rows = 0;
  free(load(metrics, "step", &rows));
  return rows;
}

/* metrics.h5 has the same content as a file to which `rows` rows were appended at once, in memory. */
static void assert_whole(size_t rows) {
  static const char *const all[] = {"step", "epoch", "d_loss", "g_loss"};
  treat_as_large(false);
  remove(whole);
  assert_int_equal(append_as(whole, "run", 0, rows), GT_OK);
  for (int i = 0; i < 4; i++) {
    hsize_t found = 0, expected = 0;
    double *a = load(metrics, all[i], &found), *b = load(whole, all[i], &expected);
    assert_int_equal(found, expected);
    assert_memory_equal(a, b, rows * sizeof *a);
    free(a);
    free(b);
  }
  treat_as_large(true);
}

static bool was_set_aside(void) {
  char aside[GT_PATH_MAX];
  return file_exists(temp_path(aside, "metrics.h5.new.aside-1"));
}

/* --- what a save costs --- */

static long long io_figure(const char *name) {
  char line[100];
  long long value = -1;
  FILE *stream = fopen("/proc/self/io", "r");
  while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
    if (strncmp(line, name, strlen(name)) == 0) {
      value = atoll(line + strlen(name) + 1);
    }
  }
  if (stream != NULL) {
    fclose(stream);
  }
  return value;
}

static void test_cost(void **unused) {
  (void)unused;
  assert_int_equal(append(0, 300000), GT_OK);
  FileIdentity before = file_identity(metrics);
  assert_true(before.size > (uint64_t)8 << 20);
  assert_int_equal(append(300000, 10), GT_OK); /* reads the last step of the file */
  long long written = io_figure("wchar:"), read = io_figure("rchar:");
  if (written < 0) {
    skip();
  }
  for (int64_t save = 1; save < 50; save++) {
    assert_int_equal(append(300000 + 10 * save, 10), GT_OK);
  }
  assert_in_range(io_figure("wchar:") - written, 49 * 10 * 32, 49 * 1024);
  assert_in_range(io_figure("rchar:") - read, 0, 49 * 16384);
  FileIdentity after = file_identity(metrics);
  assert_memory_equal(&before, &after, sizeof before);
  /* A quarter of the file is put into it, and the steps must go on. */
  assert_int_equal(append(300500, 80000), GT_OK);
  assert_false(file_exists(journal));
  assert_int_equal(append(380499, 1), GT_FAILED);
  assert_message("step 380500 already", NULL);
  assert_whole(380500);
}

static int in_child(void (*work)(void)) {
  int ending = 0;
  pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  assert_int_equal(waitpid(child, &ending, 0), child);
  return WIFEXITED(ending) ? WEXITSTATUS(ending) : -1;
}

static void make_large(void) {
  _exit(append(0, 1000000) == GT_OK && append(1000000, 5000) == GT_OK ? 0 : 1);
}

/* The file has 32 MB. The limit allows this much memory for data beside what is in use. */
static void merge_in_little_memory(void) {
  unsigned long pages = 0;
  FILE *stream = fopen("/proc/self/statm", "r");
  if (stream == NULL || fscanf(stream, "%*u %*u %*u %*u %*u %lu", &pages) != 1) {
    _exit(2);
  }
  fclose(stream);
  rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (16 << 20);
  const struct rlimit limit = {most, most};
  setrlimit(RLIMIT_DATA, &limit);
  _exit(append(1005000, 10) == GT_OK && metrics_merge(metrics) == GT_OK ? 0 : 1);
}

static void test_memory(void **unused) {
  (void)unused;
#ifdef GANTRAIN_SANITIZE
  skip(); /* the sanitizer's own memory counts */
#endif
  assert_int_equal(in_child(make_large), 0);
  assert_int_equal(in_child(merge_in_little_memory), 0);
  assert_int_equal(count_rows(), 1005010);
}

/* --- what it holds --- */

static void test_same_as_at_once(void **unused) {
  (void)unused;
  int64_t last = 0;
  Attributes attributes = {0};
  begin_both();
  assert_int_equal(metrics_inspect(metrics, &attributes, &last), GT_OK);
  assert_int_equal(last, 3200);
  assert_int_equal(metrics_cut(metrics, 3200), GT_OK); /* nothing to cut */
  assert_true(file_exists(journal));
  assert_int_equal(metrics_cut(metrics, 3120), GT_OK); /* within a record */
  assert_false(file_exists(journal));
  assert_whole(3120);
  assert_int_equal(append(3120, 5000), GT_OK); /* more than a quarter */
  assert_false(file_exists(journal));
  assert_int_equal(append(8120, 3), GT_OK);
  assert_int_equal(metrics_cut(metrics, 2000), GT_OK); /* within the file */
  assert_false(file_exists(journal) || was_set_aside());
  assert_whole(2000);
  assert_int_equal(metrics_merge(metrics), GT_OK);
}

/* A series that the file does not have yet makes it anew. */
static void test_more_series(void **unused) {
  (void)unused;
  const char *const more[] = {"epoch", "d_loss", "g_loss", "sharpness"};
  const Attributes recipe = {0};
  const int64_t steps[] = {3201};
  const double values[] = {1, 2, 3, 4};
  hsize_t rows = 0;
  begin_both();
  assert_int_equal(metrics_append(metrics, &recipe, &(MetricsRows){more, 4, 1, steps, values}), GT_FAILED);
  assert_message("of another run or version", NULL);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_int_equal(metrics_append(metrics, &recipe, &(MetricsRows){more, 4, 1, steps, values}), GT_OK);
  double *found = load(metrics, "sharpness", &rows);
  assert_int_equal(rows, 3201);
  assert_true(isnan(found[0]) && isnan(found[3199]) && found[3200] == 4.0);
  free(found);
}

/* --- damage --- */

static off_t size_of(const char *path) {
  return (off_t)file_identity(path).size;
}

static void test_torn(void **unused) {
  (void)unused;
  begin_both();
  assert_int_equal(truncate(journal, size_of(journal) - 5), 0);
  assert_int_equal(append(3150, 50), GT_OK); /* after what was whole */
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_false(file_exists(journal) || was_set_aside());
  assert_whole(3200);
}

static void flip(const char *path, off_t at) {
  unsigned char byte = 0;
  int descriptor = open(path, O_RDWR);
  assert_int_equal(pread(descriptor, &byte, 1, at), 1);
  byte ^= 0x10;
  assert_int_equal(pwrite(descriptor, &byte, 1, at), 1);
  close(descriptor);
}

static void test_damaged(void **unused) {
  (void)unused;
  begin_both();
  off_t record = 2 * 16 + 50 * 32, head = size_of(journal) - 4 * record;
  flip(journal, head + 2 * record + 700);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_true(was_set_aside() && !file_exists(journal));
  assert_whole(3100);
}

static void test_foreign(void **unused) {
  (void)unused;
  char other[GT_PATH_MAX], other_journal[GT_PATH_MAX];
  treat_as_large(true);
  temp_path(other, "other.h5");
  temp_path(other_journal, "other.h5.new");
  assert_int_equal(append(0, 3000), GT_OK);
  assert_int_equal(append_as(other, "stranger", 0, 3000), GT_OK);
  assert_int_equal(append_as(other, "stranger", 3000, 10), GT_OK);
  assert_int_equal(rename(other_journal, journal), 0);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_true(was_set_aside() && !file_exists(journal));
  assert_whole(3000);
}

/* A short file that is no beginning of a journal belongs to somebody and stays; a beginning is deleted. */
static void test_short(void **unused) {
  (void)unused;
  begin_both();
  assert_int_equal(truncate(journal, 20), 0);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_false(file_exists(journal) || was_set_aside());
  FILE *stream = fopen(journal, "w");
  fputs("my notes", stream);
  fclose(stream);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_true(was_set_aside() && !file_exists(journal));
  assert_whole(3000);
}

/* The journal of a newer file beside an older copy: rows between them are missing. */
static void test_gap(void **unused) {
  (void)unused;
  begin_both();
  treat_as_large(false);
  assert_int_equal(remove(metrics), 0);
  assert_int_equal(append(0, 2900), GT_OK);
  treat_as_large(true);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_true(was_set_aside() && !file_exists(journal));
  assert_whole(2900);
}

/* A save that takes the file for a small one, as where its size cannot be read for a moment. */
static void test_small_meanwhile(void **unused) {
  (void)unused;
  begin_both();
  treat_as_large(false);
  assert_int_equal(append(3200, 10), GT_OK);
  assert_false(file_exists(journal) || was_set_aside());
  assert_whole(3210);
}

/* The file is moved away while the run goes on: a new one does not swallow the rows of the old one. */
static void test_moved_away(void **unused) {
  (void)unused;
  begin_both();
  assert_int_equal(remove(metrics), 0);
  assert_int_equal(append(3200, 10), GT_OK);
  assert_true(was_set_aside() && !file_exists(journal));
  assert_int_equal(count_rows(), 10);
  assert_int_equal(rename(metrics, journal), 0); /* any file */
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_false(file_exists(journal));
}

static void test_no_file(void **unused) {
  (void)unused;
  begin_both();
  assert_int_equal(remove(journal), 0);
  assert_int_equal(mkdir(journal, 0777), 0);
  assert_int_equal(append(3000, 10), GT_OK); /* set aside, and one begun */
  assert_true(was_set_aside() && file_is_regular(journal));
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_whole(3010);
}

/* --- failures --- */

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

static int count_open(void) {
  int count = 0;
  DIR *stream = opendir("/proc/self/fd");
  while (readdir(stream) != NULL) {
    count++;
  }
  closedir(stream);
  return count;
}

static void test_full_disk(void **unused) {
  (void)unused;
  char temporary[GT_PATH_MAX];
  begin_both();
  off_t before = size_of(journal);
  limit_files((rlim_t)before + 100);
  assert_int_equal(append(3200, 50), GT_FAILED);
  assert_message("metrics.h5.new: cannot be written", NULL);
  limit_files(RLIM_INFINITY);
  assert_int_equal(size_of(journal), before);
  assert_int_equal(append(3200, 300), GT_OK);
  int open_before = count_open();
  for (off_t room = 0; room < 5 * 8192; room += 2048) {
    limit_files((rlim_t)(size_of(metrics) + room));
    Status status = metrics_merge(metrics);
    limit_files(RLIM_INFINITY);
    if (status == GT_OK) {
      assert_true(room > 2 * 8192);
      break;
    }
    assert_message("cannot be written (File too large)", NULL);
    assert_false(file_exists(temp_path(temporary, "metrics.h5.tmp")));
    assert_int_equal(count_open(), open_before);
  }
  assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
  assert_false(file_exists(journal));
  assert_whole(3500);
}

/* A merge that fails is no failure of the save that came to it. */
static void test_merge_fails(void **unused) {
  (void)unused;
  begin_both();
  setenv("GT_FAULT", "hdf5:0", 1);
  assert_int_equal(append(3200, 2000), GT_OK);
  unsetenv("GT_FAULT");
  assert_true(file_exists(journal));
  assert_int_equal(append(5200, 10), GT_OK);
  assert_true(file_exists(journal));
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_whole(5210);
}

/* --- deaths --- */

static void merge_job(void) {
  metrics_merge(metrics);
}

static void append_job(void) {
  append(3200, 50);
}

/* Run the job in a process that dies before its system call number `call`. False: it ended before that; -1 as
 * the return value of ptrace means that processes cannot be followed here. */
static bool dies_before(long call, void (*job)(void), bool *possible) {
  int ending = 0;
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
      _exit(3);
    }
    raise(SIGSTOP);
    job();
    _exit(0);
  }
  waitpid(child, &ending, 0);
  *possible = WIFSTOPPED(ending);
  for (long stop = 0; WIFSTOPPED(ending) && stop < 2 * call - 1; stop++) { /* before and after each call */
    ptrace(PTRACE_SYSCALL, child, NULL, NULL);
    waitpid(child, &ending, 0);
  }
  if (WIFEXITED(ending) || WIFSIGNALED(ending)) {
    return false;
  }
  kill(child, SIGKILL);
  waitpid(child, &ending, 0);
  return true;
}

static void copy(const char *to, const char *from) {
  char line[2 * GT_PATH_MAX + 10];
  snprintf(line, sizeof line, "cp %.2000s %.2000s", from, to);
  assert_int_equal(system(line), 0);
}

/* A resume after any death finds at least `least` rows, and leaves no journal or temporary file. */
static void die_everywhere(void (*job)(void), int64_t least, int64_t most) {
  char file[GT_PATH_MAX], rows[GT_PATH_MAX];
  int64_t last = 0;
  long call = 1;
  bool possible = true;
  begin_both();
  copy(temp_path(file, "kept.h5"), metrics);
  copy(temp_path(rows, "kept.new"), journal);
  for (; dies_before(call, job, &possible); call++) {
    Attributes attributes = {0};
    assert_int_equal(metrics_inspect(metrics, &attributes, &last), GT_OK);
    assert_in_range(last, least, most);
    assert_int_equal(metrics_cut(metrics, last), GT_OK);
    assert_int_equal(metrics_merge(metrics), GT_OK);
    assert_false(file_exists(journal) || was_set_aside());
    assert_int_equal(count_rows(), last);
    copy(metrics, file);
    copy(journal, rows);
  }
  if (!possible) {
    skip();
  }
  assert_true(call > 15);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_whole((size_t)most);
}

static void test_die_in_merge(void **unused) {
  (void)unused;
  die_everywhere(merge_job, 3200, 3200);
}

static void test_die_in_append(void **unused) {
  (void)unused;
  die_everywhere(append_job, 3200, 3250);
}

/* Death between two writes of one record, which stdio makes a single call. */
static void die_in_record(void) {
  setenv("GT_FAULT", "die-in-write:0", 1);
  append(3200, 50);
}

static void test_die_in_record(void **unused) {
  (void)unused;
  begin_both();
  off_t before = size_of(journal);
  assert_int_equal(in_child(die_in_record), -1);
  assert_true(size_of(journal) > before);
  assert_int_equal(metrics_merge(metrics), GT_OK);
  assert_false(was_set_aside());
  assert_whole(3200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_cost, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_memory, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_same_as_at_once, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_more_series, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_torn, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_damaged, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_foreign, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_short, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_gap, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_small_meanwhile, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_moved_away, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_no_file, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_full_disk, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_merge_fails, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_die_in_merge, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_die_in_append, setup, temp_folder_remove),
      cmocka_unit_test_setup_teardown(test_die_in_record, setup, temp_folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
