/* Status, attributes, ranges, the worker and the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka.h wants the three above first. */
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/fault.h"
#include "gantrain/base/files.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/shard.h"
#include "gantrain/base/status.h"
#include "gantrain/base/worker.h"

static void *fail_elsewhere(void *unused) {
  (void)unused;
  assert_string_equal(status_message(), "");
  status_set(GT_FAILED, "another thread's");
  return NULL;
}

static Status try_twice(Status first, int *reached) {
  GT_TRY(first);
  *reached = 1;
  return GT_OK;
}

static void test_status(void **state) {
  (void)state;
  char longer[3 * GT_MESSAGE_MAX];
  pthread_t thread;
  int reached = 0;
  assert_int_equal(status_set(GT_USAGE, "%s is %d", "it", 3), GT_USAGE);
  assert_string_equal(status_message(), "it is 3");
  status_set(GT_FAILED, "rank 1: %s", status_message()); /* an argument may be the message itself */
  assert_string_equal(status_message(), "rank 1: it is 3");
  assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
  pthread_join(thread, NULL);
  assert_string_equal(status_message(), "rank 1: it is 3");
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  status_set(GT_FAILED, "%s", longer);
  assert_int_equal(strlen(status_message()), GT_MESSAGE_MAX - 1);
  assert_int_equal(try_twice(GT_MORE_WORK, &reached), GT_MORE_WORK);
  assert_int_equal(reached, 0);
  assert_int_equal(try_twice(GT_OK, &reached), GT_OK);
  assert_int_equal(reached, 1);
}

static void test_fault(void **state) {
  (void)state;
  unsetenv("GT_FAULT");
  assert_false(fault_here("memory"));
  setenv("GT_FAULT", "memory:0", 1);
  assert_true(fault_here("memory"));
  assert_false(fault_here("mem"));
  assert_false(fault_here("memory2"));
  assert_null(memory_alloc(1, 1));
  assert_non_null(strstr(status_message(), "out of memory"));
  setenv("GT_FAULT", "memory:1", 1);
  assert_false(fault_here("memory"));
  log_set_rank(1);
  assert_true(fault_here("memory"));
  log_set_rank(0);
  setenv("GT_FAULT", "memory:0:2", 1);
  assert_false(fault_here("disk"));
  assert_false(fault_here("memory"));
  assert_true(fault_here("memory"));
  assert_false(fault_here("memory"));
  unsetenv("GT_FAULT");
}

static void test_memory(void **state) {
  (void)state;
  unsigned char *block = memory_alloc(1000, 3);
  assert_non_null(block);
  assert_int_equal((uintptr_t)block % GT_ALIGNMENT, 0);
  for (int i = 0; i < 3000; i++) {
    assert_int_equal(block[i], 0);
  }
  memory_free(block);
  block = memory_alloc(0, 8);
  assert_non_null(block);
  memory_free(block);
  memory_free(NULL);
  assert_null(memory_alloc(SIZE_MAX / 2, 4)); /* the product overflows */
  assert_true(memory_peak_bytes() > 0);
}

static void test_attributes(void **state) {
  (void)state;
  static Attributes attributes; /* large */
  static char text[2 * GT_ATTRIBUTE_TEXT_MAX];
  char out[64];
  assert_null(attributes_find(&attributes, "batch"));
  attributes_set_int(&attributes, "batch", -256);
  attributes_set_real(&attributes, "g_lr", 0.0002);
  attributes_set_text(&attributes, "arch", "mlp");
  assert_int_equal(attributes.count, 3);
  assert_string_equal(attribute_format(attributes_find(&attributes, "batch"), out, sizeof out), "-256");
  assert_string_equal(attribute_format(attributes_find(&attributes, "g_lr"), out, sizeof out), "0.0002");
  assert_string_equal(attribute_format(attributes_find(&attributes, "arch"), out, 3), "ml");
  attributes_set_text(&attributes, "batch", "many"); /* replaces, whatever the type */
  assert_int_equal(attributes.count, 3);
  assert_int_equal(attributes_find(&attributes, "batch")->type, ATTRIBUTE_TEXT);
  memset(text, 'x', sizeof text - 1);
  attributes_set_text(&attributes, "arch", text);
  assert_int_equal(strlen(attributes_find(&attributes, "arch")->text), GT_ATTRIBUTE_TEXT_MAX - 1);
}

static void test_range_part(void **state) {
  (void)state;
  const size_t totals[] = {0, 1, 2, 15, 16, 17, 55000, 55001};
  for (size_t t = 0; t < sizeof totals / sizeof *totals; t++) {
    for (size_t parts = 1; parts <= 40; parts++) {
      size_t next = 0;
      for (size_t i = 0; i < parts; i++) {
        Range range = range_part(totals[t], parts, i);
        assert_int_equal(range.first, next);
        assert_true(range.count == totals[t] / parts || range.count == (totals[t] + parts - 1) / parts);
        next += range.count;
      }
      assert_int_equal(next, totals[t]);
    }
  }
}

/* ---- the worker ---- */

typedef struct Job {
  int number;
  int *order, *done; /* shared between jobs; the worker's locks order the accesses */
  atomic_int *gate;  /* the job waits until it is 1 */
  Status outcome;
} Job;

static Status run_job(void *argument) {
  Job *job = argument;
  while (job->gate != NULL && atomic_load(job->gate) == 0) {
    usleep(1000);
  }
  job->order[(*job->done)++] = job->number;
  return job->outcome == GT_OK ? GT_OK : status_set(job->outcome, "job %d failed", job->number);
}

static void test_worker_order(void **state) {
  (void)state;
  Worker *worker;
  int order[20], done = 0;
  Job jobs[20];
  assert_int_equal(worker_create(&worker), GT_OK);
  assert_false(worker_busy(worker));
  assert_int_equal(worker_drain(worker), GT_OK); /* nothing to wait for */
  for (int i = 0; i < 20; i++) {
    jobs[i] = (Job){.number = i, .order = order, .done = &done};
    assert_int_equal(worker_submit(worker, run_job, &jobs[i]), GT_OK);
  }
  assert_int_equal(worker_drain(worker), GT_OK);
  assert_int_equal(done, 20);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(order[i], i);
  }
  worker_free(worker);
  worker_free(NULL);
}

static void test_worker_failure(void **state) {
  (void)state;
  Worker *worker;
  int order[4], done = 0;
  Job bad = {.number = 0, .order = order, .done = &done, .outcome = GT_FAILED};
  Job good = {.number = 1, .order = order, .done = &done};
  assert_int_equal(worker_create(&worker), GT_OK);
  assert_int_equal(worker_submit(worker, run_job, &bad), GT_OK);
  assert_int_equal(worker_submit(worker, run_job, &good), GT_FAILED); /* and `good` is not started */
  assert_string_equal(status_message(), "job 0 failed");
  assert_int_equal(worker_drain(worker), GT_OK); /* a failure is reported once */
  assert_int_equal(done, 1);
  assert_int_equal(worker_submit(worker, run_job, &good), GT_OK);
  assert_int_equal(worker_drain(worker), GT_OK);
  assert_int_equal(done, 2);
  assert_int_equal(worker_submit(worker, run_job, &bad), GT_OK);
  status_set(GT_USAGE, "something else");
  assert_int_equal(worker_drain(worker), GT_FAILED);
  assert_string_equal(status_message(), "job 0 failed");
  worker_free(worker);
}

static void test_worker_background(void **state) {
  (void)state;
  Worker *worker;
  int order[2], done = 0;
  atomic_int gate = 0;
  Job waiting = {.number = 7, .order = order, .done = &done, .gate = &gate};
  assert_int_equal(worker_create(&worker), GT_OK);
  assert_int_equal(worker_submit(worker, run_job, &waiting), GT_OK);
  assert_true(worker_busy(worker)); /* submit returned while the job waits */
  atomic_store(&gate, 1);
  worker_free(worker); /* drains */
  assert_int_equal(done, 1);
}

/* ---- the log ---- */

static void read_file(const char *path, char *out, size_t size) {
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  out[fread(out, 1, size - 1, file)] = '\0';
  fclose(file);
}

static void test_log(void **state) {
  (void)state;
  char path[64], text[4096];
  snprintf(path, sizeof path, "test-base-%ld.txt", (long)getpid());
  FILE *stream = NULL;
  assert_int_equal(file_open_stream(&stream, "no-such-folder/log.txt", O_WRONLY | O_CREAT, "a"), GT_FAILED);
  assert_non_null(strstr(status_message(), "no-such-folder/log.txt"));
  log_file("before it is open: nowhere");
  assert_int_equal(file_open_stream(&stream, path, O_WRONLY | O_CREAT, "a"), GT_OK);
  log_open(stream);
  log_file("line %d", 1);
  log_info("line 2");
  log_warn("line 3");
  log_set_rank(1);
  assert_int_equal(log_rank(), 1);
  log_info("silent");
  log_warn("silent");
  log_error("line 4");
  log_set_rank(0);
  log_close();
  log_close();
  assert_int_equal(file_open_stream(&stream, path, O_WRONLY | O_APPEND, "a"), GT_OK);
  log_open(stream);
  log_file("line 5");
  log_close();
  read_file(path, text, sizeof text);
  unlink(path);
  int year, month, lines = 0;
  assert_int_equal(sscanf(text, "%d-%d-", &year, &month), 2);
  for (const char *c = text; *c != '\0'; c++) {
    lines += *c == '\n';
  }
  assert_int_equal(lines, 5);
  assert_non_null(strstr(text, " line 1\n"));
  assert_non_null(strstr(text, "gantrain: warning: line 3\n"));
  assert_non_null(strstr(text, "gantrain: error: line 4\n"));
  assert_null(strstr(text, "silent"));
  assert_null(strstr(text, "nowhere"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_status),
      cmocka_unit_test(test_fault),
      cmocka_unit_test(test_memory),
      cmocka_unit_test(test_attributes),
      cmocka_unit_test(test_range_part),
      cmocka_unit_test(test_worker_order),
      cmocka_unit_test(test_worker_failure),
      cmocka_unit_test(test_worker_background),
      cmocka_unit_test(test_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
