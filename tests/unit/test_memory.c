/* The memory that machine and control groups have left, read from a made-up /proc and /sys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/files.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/base/memory_measure.h"

#define MIB ((size_t)1 << 20)

static char root[64];

static void put(const char *file, const char *text) {
  char path[GT_PATH_MAX];
  assert_int_equal(path_format(path, "%s%s", root, file), GT_OK);
  *strrchr(path, '/') = '\0';
  assert_int_equal(directory_create(path), GT_OK);
  assert_int_equal(path_format(path, "%s%s", root, file), GT_OK);
  FILE *stream = fopen(path, "w");
  assert_non_null(stream);
  fputs(text, stream);
  fclose(stream);
}

static void test_available(void **state) {
  (void)state;
  assert_true(memory_available(root) == SIZE_MAX); /* nothing is known */
  put("/proc/meminfo", "MemTotal:  4096000 kB\nMemFree: 5 kB\nMemAvailable:    2097152 kB\n");
  assert_int_equal(memory_available(root), 2048 * MIB);
  /* Version 2: the limit is the parent's; what it keeps of files can be given back. */
  put("/proc/self/cgroup", "0::/job/step\n");
  put("/sys/fs/cgroup/job/step/memory.max", "max\n");
  put("/sys/fs/cgroup/job/step/memory.current", "1000\n");
  put("/sys/fs/cgroup/job/memory.max", "1073741824\n");
  put("/sys/fs/cgroup/job/memory.current", "536870912\n");
  assert_int_equal(memory_available(root), 512 * MIB);
  put("/sys/fs/cgroup/job/memory.stat", "anon 5\ninactive_file 104857600\nactive_file 52428800\n");
  assert_int_equal(memory_available(root), 662 * MIB);
  /* More is used than the limit allows, as after a limit that was lowered. */
  put("/sys/fs/cgroup/job/step/memory.max", "900\n");
  assert_int_equal(memory_available(root), 0);
  /* Version 1. */
  put("/proc/self/cgroup", "5:cpu:/other\n4:memory:/slurm/job\n");
  put("/sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes", "268435456\n");
  put("/sys/fs/cgroup/memory/slurm/job/memory.usage_in_bytes", "134217728\n");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "134217728\n");
  assert_int_equal(memory_available(root), 128 * MIB);
  /* Its own part, and the whole. */
  put("/sys/fs/cgroup/memory/slurm/job/memory.stat",
      "inactive_file 0\nactive_file 0\ntotal_inactive_file 33554432\ntotal_active_file 16777216\n");
  assert_int_equal(memory_available(root), 176 * MIB);
}

/* A request for more memory than any machine has is refused with figures. */
static void test_refusal(void **state) {
  (void)state;
  assert_int_equal(memory_check(1000, "this"), GT_OK);
  assert_int_equal(memory_check((size_t)1 << 60, "that"), GT_FAILED);
  assert_non_null(strstr(status_message(), "that needs 1099511627776 MiB, and this machine or job has "));
}

/* The message names all parts, counts the memory of other ranks, and no sum overflows. */
static void test_needs(void **state) {
  const MemoryNeed needs[] = {{"networks", 5 * MIB}, {"images", 7 * MIB}};
  const MemoryNeed large[] = {{"a", SIZE_MAX - 5}, {"b", 10}};
  (void)state;
  assert_int_equal(memory_sum(needs, 2), 12 * MIB);
  assert_true(memory_sum(large, 2) == SIZE_MAX);
  setenv("GT_MEMORY", "20", 1);
  assert_int_equal(memory_check_needs(needs, 2, 8 * MIB, "take less"), GT_OK);
  assert_int_equal(memory_check_needs(needs, 2, 9 * MIB, "take less"), GT_FAILED);
  assert_string_equal(
      status_message(),
      "out of memory: 12 MiB are needed (networks 5 MiB, images 7 MiB) beside 9 MiB of the other "
      "ranks of this machine, and this machine or job has 20 MiB left: take less");
  assert_int_equal(memory_check_needs(large, 2, 0, "take less"), GT_FAILED);
  unsetenv("GT_MEMORY");
}

#ifdef GANTRAIN_SANITIZE
#define MEASURED ((size_t)1 << 26) /* the address sanitizer takes an eighth of it in real memory */
#else
#define MEASURED ((size_t)1 << 40)
#endif

/* Measuring counts more memory than any machine has, and allocates nothing. */
static void test_measure(void **state) {
  (void)state;
  size_t before = memory_resident();
  memory_measure_begin();
  char *large = memory_alloc(MEASURED / MIB, MIB), *small = memory_alloc(1, 100);
  assert_non_null(large);
  assert_non_null(small);
  assert_int_equal(large[MEASURED / 2], 0);
  large[MEASURED / 2] = 1;
  memory_free(large);
  memory_free(small);
  assert_int_equal(memory_measured(), MEASURED + 128);
  memory_measure_end();
  assert_true(before > 0);
  assert_in_range(memory_resident(), 0, before + 16 * MIB);
}

static int make_root(void **state) {
  (void)state;
  snprintf(root, sizeof root, "/tmp/gantrain-memory.XXXXXX");
  return mkdtemp(root) == NULL;
}

static int remove_root(void **state) {
  char command[128];
  (void)state;
  snprintf(command, sizeof command, "rm -rf '%s'", root);
  return system(command);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_available), cmocka_unit_test(test_refusal),
                                     cmocka_unit_test(test_needs), cmocka_unit_test(test_measure)};
  return cmocka_run_group_tests(tests, make_root, remove_root);
}
