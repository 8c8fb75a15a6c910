/* Agreement on errors, sums and broadcasts: the blocking collectives. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "communicator.h"
#include "gantrain/base/memory.h"
#include "gantrain/comm/comm.h"

/* All ranks get the outcome and message of rank `source`. */
static Status broadcast_outcome(int source, Status local) {
  struct {
    Status status;
    char message[GT_MESSAGE_MAX];
  } report = {.status = local};
  snprintf(report.message, sizeof report.message, "%s", status_message());
  MPI_Bcast(&report, (int)sizeof report, MPI_BYTE, source, comm_world);
  return report.status == GT_OK ? GT_OK : status_set(report.status, "%s", report.message);
}

Status comm_agree(Status local) {
  int rank, size;
  MPI_Comm_rank(comm_world, &rank);
  MPI_Comm_size(comm_world, &size);
  /* The lowest rank that failed, `size` where none did; -1 where some rank succeeded. */
  int lowest[2] = {local == GT_OK ? size : rank, local == GT_OK ? -1 : 0};
  MPI_Allreduce(MPI_IN_PLACE, lowest, 2, MPI_INT, MPI_MIN, comm_world);
  if (lowest[0] == size) {
    return GT_OK;
  }
  Status status = broadcast_outcome(lowest[0], local);
  return lowest[1] < 0 ? status_set(status, "rank %d of %d: %s", lowest[0], size, status_message()) : status;
}

Status comm_follow(Status local) {
  return broadcast_outcome(0, local);
}

/* values[n] of `bytes` bytes each, in pieces whose count fits MPI's int. */
static void reduce(void *values, size_t n, size_t bytes, MPI_Datatype type, MPI_Op operation) {
  for (size_t first = 0, count; first < n; first += count) {
    count = comm_piece(n - first);
    MPI_Allreduce(MPI_IN_PLACE, (char *)values + first * bytes, (int)count, type, operation, comm_world);
  }
}

void comm_sum(double *values, size_t n) {
  reduce(values, n, sizeof *values, MPI_DOUBLE, MPI_SUM);
}

void comm_sum_i64(int64_t *values, size_t n) {
  reduce(values, n, sizeof *values, MPI_INT64_T, MPI_SUM);
}

void comm_sum_u64(uint64_t *values, size_t n) {
  reduce(values, n, sizeof *values, MPI_UINT64_T, MPI_SUM);
}

void comm_min(double *values, size_t n) {
  reduce(values, n, sizeof *values, MPI_DOUBLE, MPI_MIN);
}

void comm_max(double *values, size_t n) {
  reduce(values, n, sizeof *values, MPI_DOUBLE, MPI_MAX);
}

/* The value that most ranks have; among equally frequent ones, that of the lowest rank. */
static uint64_t most_frequent(const uint64_t *values, int n) {
  int best = 0, most = 0;
  for (int i = 0; i < n; i++) {
    int count = 0;
    for (int j = 0; j < n; j++) {
      count += values[j] == values[i];
    }
    if (count > most) {
      most = count;
      best = i;
    }
  }
  return values[best];
}

static Status name_differing_ranks(const uint64_t *values, int size, const char *what) {
  uint64_t usual = most_frequent(values, size);
  char ranks[256] = "";
  for (int r = 0; r < size; r++) {
    size_t used = strlen(ranks);
    if (values[r] != usual && used < sizeof ranks - 40) {
      snprintf(ranks + used, sizeof ranks - used, "%s%d (%016" PRIx64 ")", used == 0 ? "" : ", ", r,
               values[r]);
    }
  }
  return status_set(GT_FAILED,
                    "%s differ between ranks: most have %016" PRIx64
                    ", but not rank %s. Start the same program with the same files on the same kind of "
                    "processor everywhere; if you did, the hardware of that rank may be faulty",
                    what, usual, ranks);
}

Status comm_check_same(uint64_t value, const char *what) {
  uint64_t range[2] = {value, ~value}; /* the minimum and, complemented, the maximum */
  MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_UINT64_T, MPI_MIN, comm_world);
  if (range[0] == ~range[1]) {
    return GT_OK;
  }
  int size;
  MPI_Comm_size(comm_world, &size);
  uint64_t *values = memory_alloc((size_t)size, sizeof *values);
  GT_TRY(comm_agree(values == NULL ? GT_FAILED : GT_OK));
  MPI_Allgather(&value, 1, MPI_UINT64_T, values, 1, MPI_UINT64_T, comm_world);
  Status outcome = name_differing_ranks(values, size, what);
  memory_free(values);
  return outcome;
}

void comm_broadcast(void *data, size_t bytes) {
  for (size_t first = 0, count; first < bytes; first += count) {
    count = comm_piece(bytes - first);
    MPI_Bcast((char *)data + first, (int)count, MPI_BYTE, 0, comm_world);
  }
}

void comm_barrier(void) {
  MPI_Barrier(comm_world);
}
