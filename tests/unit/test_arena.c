/* The tensor table and its blocks: offsets, alignment, gaps, hashes, full tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/base/memory.h"
#include "gantrain/nn/arena.h"
#include "ref.h"

static Arena *three_tensors(void) {
  Arena *arena = calloc(1, sizeof *arena);
  int index;
  assert_int_equal(arena_add(arena, "dense", "kernel", 2, (int[]){3, 7}, &index), GT_OK);
  assert_int_equal(index, 0);
  assert_int_equal(arena_add(arena, "dense", "bias", 1, (int[]){7}, &index), GT_OK);
  assert_int_equal(index, 1);
  assert_int_equal(arena_add(arena, "conv_1", "kernel", 4, (int[]){2, 2, 2, 2}, &index), GT_OK);
  assert_int_equal(index, 2);
  return arena;
}

static void test_layout(void **state) {
  (void)state;
  Arena *arena = three_tensors();
  const size_t gap = GT_RED_ZONE / sizeof(float), count[] = {21, 7, 16};
  const size_t first[] = {0, 32 + gap, 48 + 2 * gap};
  assert_int_equal(arena->tensors_count, 3);
  for (int t = 0; t < 3; t++) {
    assert_int_equal(arena->tensors[t].first, first[t]);
    assert_int_equal(arena->tensors[t].count, count[t]);
    assert_int_equal(arena->tensors[t].first * sizeof(float) % GT_ALIGNMENT, 0);
  }
  assert_string_equal(arena->tensors[0].name, "dense/kernel");
  assert_string_equal(arena->tensors[2].name, "conv_1/kernel");
  assert_int_equal(arena->tensors[0].shape[1], 7);
  assert_int_equal(arena->tensors[2].dims_count, 4);
  assert_int_equal(arena->count, 64 + 3 * gap);
  assert_int_equal(arena_elements(arena), 44);
  free(arena);
}

static void test_block_is_aligned_and_zero(void **state) {
  (void)state;
  Arena *arena = three_tensors();
  float *block = arena_block(arena);
  assert_int_equal((uintptr_t)block % GT_ALIGNMENT, 0);
  for (size_t i = 0; i < arena->count; i++) {
    assert_true(block[i] == 0.0F);
  }
  memory_free(block);
  Arena *empty = calloc(1, sizeof *empty); /* a network without running statistics */
  block = arena_block(empty);
  assert_non_null(block);
  assert_int_equal(arena_elements(empty), 0);
  assert_int_equal(arena_hash(empty, block, 17), 17);
  memory_free(block);
  free(empty);
  free(arena);
}

/* A hash depends on every element and its sign and on the order of chaining, and not on gaps. */
static void test_hash(void **state) {
  (void)state;
  Arena *arena = three_tensors();
  float *block = arena_block(arena);
  for (int t = 0; t < arena->tensors_count; t++) {
    ref_fill(block + arena->tensors[t].first, arena->tensors[t].count, 1.0, (uint32_t)t);
  }
  uint64_t hash = arena_hash(arena, block, 0);
  assert_int_equal(hash, arena_hash(arena, block, 0));
  assert_true(hash != arena_hash(arena, block, 1));
  block[21] = 5.0F; /* a gap */
  assert_int_equal(hash, arena_hash(arena, block, 0));
  for (int t = 0; t < arena->tensors_count; t++) {
    for (size_t i = 0; i < arena->tensors[t].count; i++) {
      float *element = &block[arena->tensors[t].first + i];
      *element = -*element;
      assert_true(hash != arena_hash(arena, block, 0));
      *element = -*element;
    }
  }
  assert_int_equal(hash, arena_hash(arena, block, 0));
  memory_free(block);
  free(arena);
}

static void test_full_table(void **state) {
  (void)state;
  Arena *arena = calloc(1, sizeof *arena);
  int index;
  for (int t = 0; t < GT_TENSORS_MAX; t++) {
    assert_int_equal(arena_add(arena, "dense", "bias", 1, (int[]){1}, &index), GT_OK);
  }
  assert_int_equal(arena_add(arena, "last", "bias", 1, (int[]){1}, &index), GT_USAGE);
  assert_non_null(strstr(status_message(), "last"));
  assert_int_equal(arena->tensors_count, GT_TENSORS_MAX);
  free(arena);
}

static void test_names_that_do_not_fit(void **state) {
  (void)state;
  Arena *arena = calloc(1, sizeof *arena);
  int index;
  char name[GT_NAME_MAX + 1];
  memset(name, 'x', sizeof name);
  name[GT_NAME_MAX - 6] = '\0'; /* with "/bias" and its end: exactly full */
  assert_int_equal(arena_add(arena, name, "bias", 1, (int[]){1}, &index), GT_OK);
  name[GT_NAME_MAX - 6] = 'x';
  name[GT_NAME_MAX - 5] = '\0';
  assert_int_equal(arena_add(arena, name, "bias", 1, (int[]){1}, &index), GT_USAGE);
  assert_non_null(strstr(status_message(), name));
  assert_int_equal(arena->tensors_count, 1);
  free(arena);
}

static void test_no_memory(void **state) {
  (void)state;
  Arena *arena = calloc(1, sizeof *arena);
  int index;
  assert_int_equal(
      arena_add(arena, "dense", "kernel", 4, (int[]){1 << 20, 1 << 20, 1 << 10, 1 << 10}, &index), GT_OK);
  assert_null(arena_block(arena)); /* 4 EiB */
  assert_non_null(strstr(status_message(), "memory"));
  setenv("GT_FAULT", "memory:0", 1);
  assert_null(memory_alloc(1, 1));
  unsetenv("GT_FAULT");
  free(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layout),
      cmocka_unit_test(test_block_is_aligned_and_zero),
      cmocka_unit_test(test_hash),
      cmocka_unit_test(test_full_table),
      cmocka_unit_test(test_names_that_do_not_fit),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
