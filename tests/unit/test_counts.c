/* Arrays of more elements than an int can count go through MPI in pieces, or are refused. Stand-ins for MPI's
 * functions only look at their arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <mpi.h>

#include "gantrain/comm/comm.h"
#include "gantrain/comm/reducer.h"

#define MANY (((size_t)1 << 32) + 5)

/* The bytes from `base` on that the calls so far have covered. */
static struct {
  const char *base;
  size_t bytes, element;
  int calls;
} seen;

static void expect(const void *base, size_t element) {
  memset(&seen, 0, sizeof seen);
  seen.base = base;
  seen.element = element;
}

static int look(const void *data, int count) {
  assert_true(count > 0);
  assert_ptr_equal(data, seen.base + seen.bytes);
  seen.bytes += (size_t)count * seen.element;
  seen.calls++;
  return MPI_SUCCESS;
}

int MPI_Allreduce(const void *from, void *to, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) {
  (void)type;
  (void)operation;
  (void)comm;
  assert_ptr_equal(from, MPI_IN_PLACE);
  return look(to, count);
}

int MPI_Bcast(void *data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  (void)type;
  (void)root;
  (void)comm;
  return look(data, count);
}

static char place; /* the address of arrays that nobody reads */

static void test_sums_go_in_pieces(void **state) {
  (void)state;
  void *array = &place;
  expect(array, sizeof(double));
  comm_sum(array, MANY);
  assert_true(seen.bytes == MANY * sizeof(double) && seen.calls > 1);
  expect(array, sizeof(int64_t));
  comm_sum_i64(array, MANY);
  assert_true(seen.bytes == MANY * sizeof(int64_t));
  expect(array, sizeof(uint64_t));
  comm_sum_u64(array, MANY);
  assert_true(seen.bytes == MANY * sizeof(uint64_t));
  expect(array, sizeof(double));
  comm_min(array, MANY);
  assert_true(seen.bytes == MANY * sizeof(double));
  expect(array, sizeof(double));
  comm_max(array, MANY);
  assert_true(seen.bytes == MANY * sizeof(double));
}

static void test_broadcasts_go_in_pieces(void **state) {
  (void)state;
  expect(&place, 1);
  comm_broadcast(&place, MANY);
  assert_true(seen.bytes == MANY && seen.calls > 1);
}

static void test_small_arrays_go_at_once(void **state) {
  (void)state;
  double values[3] = {0};
  expect(values, sizeof *values);
  comm_sum(values, 3);
  assert_int_equal(seen.calls, 1);
}

static void test_a_bucket_that_cannot_be_counted(void **state) {
  (void)state;
  const size_t starts[] = {0, 16};
  const World two = {.size = 2}, alone = {.size = 1};
  Reducer *reducer;
  assert_int_equal(reducer_create(&reducer, &two, REDUCER_FLOAT, &place, MANY, starts, 2), GT_USAGE);
  assert_non_null(strstr(status_message(), "4294967285 parameters"));
  assert_null(reducer);
  assert_int_equal(reducer_create(&reducer, &alone, REDUCER_FLOAT, &place, MANY, starts, 2), GT_OK);
  reducer_free(reducer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sums_go_in_pieces), cmocka_unit_test(test_broadcasts_go_in_pieces),
      cmocka_unit_test(test_small_arrays_go_at_once), cmocka_unit_test(test_a_bucket_that_cannot_be_counted)};
  return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
