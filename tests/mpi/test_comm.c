/* Agreement, sums and broadcasts at any number of ranks. A failed check ends all ranks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/comm/comm.h"

static void check_message(const World *world, int failing, const char *text) {
  char rank[32];
  snprintf(rank, sizeof rank, "rank %d", failing);
  GT_CHECK(strstr(status_message(), text) != NULL, "message \"%s\", expected \"%s\"", status_message(), text);
  if (world->size > 1) {
    GT_CHECK(strstr(status_message(), rank) != NULL, "message \"%s\" does not name %s", status_message(),
             rank);
  }
}

/* Every rank fails alone once; then all from some rank on; then all of them. */
static void test_agree(const World *world) {
  GT_CHECK(comm_agree(GT_OK) == GT_OK, "nobody failed, yet: %s", status_message());
  for (int failing = 0; failing < world->size; failing++) {
    Status local = world->rank == failing ? status_set(GT_FAILED, "disk %d is full", failing) : GT_OK;
    GT_CHECK(comm_agree(local) == GT_FAILED, "rank %d failed", failing);
    char text[32];
    snprintf(text, sizeof text, "disk %d is full", failing);
    check_message(world, failing, text);
  }
  for (int first = 1; first < world->size; first++) {
    Status local = world->rank >= first ? status_set(GT_FAILED, "disk %d is full", world->rank) : GT_OK;
    GT_CHECK(comm_agree(local) == GT_FAILED, "ranks from %d on failed", first);
    char text[32];
    snprintf(text, sizeof text, "disk %d is full", first); /* that of the lowest */
    check_message(world, first, text);
  }
  GT_CHECK(comm_agree(status_set(GT_USAGE, "the same everywhere")) == GT_USAGE, "all failed");
  GT_CHECK(strcmp(status_message(), "the same everywhere") == 0, "message \"%s\"", status_message());
  GT_CHECK(comm_agree(GT_OK) == GT_OK, "an old failure came back: %s", status_message());
}

/* Rank 0 works for all: its outcome is everybody's, and names no rank. */
static void test_follow(const World *world) {
  Status local = world->rank == 0 ? status_set(GT_USAGE, "the folder is taken") : GT_OK;
  GT_CHECK(comm_follow(local) == GT_USAGE && strcmp(status_message(), "the folder is taken") == 0,
           "message \"%s\"", status_message());
  GT_CHECK(comm_follow(world->rank == 0 ? GT_OK : GT_FAILED) == GT_OK, "another rank was listened to");
}

static void test_sums(const World *world) {
  double n = world->size, rank = world->rank;
  double values[3] = {1.0, rank, rank * rank};
  comm_sum(values, 3);
  GT_CHECK(values[0] == n && values[1] == n * (n - 1) / 2 && values[2] == (n - 1) * n * (2 * n - 1) / 6,
           "sums %g %g %g", values[0], values[1], values[2]);
  double extremes[2] = {rank, -rank};
  comm_min(extremes, 2);
  GT_CHECK(extremes[0] == 0 && extremes[1] == 1 - n, "minimum %g %g", extremes[0], extremes[1]);
  double highest[2] = {rank, -rank};
  comm_max(highest, 2);
  GT_CHECK(highest[0] == n - 1 && highest[1] == 0, "maximum %g %g", highest[0], highest[1]);
  uint64_t words[2] = {UINT64_MAX, (uint64_t)world->rank + 1};
  comm_sum_u64(words, 2);
  GT_CHECK(words[0] == (uint64_t)0 - (uint64_t)world->size &&
               words[1] == (uint64_t)world->size * ((uint64_t)world->size + 1) / 2,
           "sums modulo 2^64: %llu %llu", (unsigned long long)words[0], (unsigned long long)words[1]);
  comm_sum(NULL, 0);
  double nan = world->rank == world->size - 1 ? NAN : 1.0;
  comm_sum(&nan, 1);
  GT_CHECK(isnan(nan), "a NaN was lost: %g", nan);
}

static void test_check_same(const World *world) {
  const uint64_t values[] = {0, 1, UINT64_MAX, 0x8000000000000000U};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    GT_CHECK(comm_check_same(values[i], "parameters") == GT_OK, "%s", status_message());
  }
  for (int odd = 0; odd < world->size && world->size > 2; odd++) {
    Status status = comm_check_same(world->rank == odd ? 7 : 8, "parameters");
    char rank[32];
    snprintf(rank, sizeof rank, "rank %d", odd);
    GT_CHECK(status == GT_FAILED && strstr(status_message(), rank) != NULL &&
                 strstr(status_message(), "parameters") != NULL,
             "message \"%s\"", status_message());
  }
  if (world->size > 1) {
    GT_CHECK(comm_check_same((uint64_t)world->rank, "parameters") == GT_FAILED, "all differ");
  }
}

static void test_broadcast(const World *world) {
  size_t bytes = (size_t)3 << 20;
  unsigned char *data = malloc(bytes);
  GT_CHECK(data != NULL, "%zu bytes", bytes);
  for (size_t i = 0; i < bytes; i++) {
    data[i] = world->rank == 0 ? (unsigned char)(i * 31 + 7) : 0;
  }
  comm_broadcast(data, bytes);
  for (size_t i = 0; i < bytes; i++) {
    GT_CHECK(data[i] == (unsigned char)(i * 31 + 7), "byte %zu is %d", i, data[i]);
  }
  comm_broadcast(data, 0);
  comm_barrier();
  free(data);
}

int main(void) {
  World world;
  if (world_begin(&world) != GT_OK) {
    log_error("%s", status_message());
    return 1;
  }
  GT_CHECK(world.rank >= 0 && world.rank < world.size, "rank %d of %d", world.rank, world.size);
  GT_CHECK(world.cores >= 1 && world.node_ranks == world.size, "%d cores, %d ranks on this machine",
           world.cores, world.node_ranks);
  GT_CHECK(world_launch_rank() == world.rank, "the launcher said %d", world_launch_rank());
  test_agree(&world);
  test_follow(&world);
  test_sums(&world);
  test_check_same(&world);
  test_broadcast(&world);
  log_info("dist: %d ranks agree", world.size);
  world_end();
  return 0;
}
