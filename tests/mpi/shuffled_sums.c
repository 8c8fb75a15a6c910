#include "shuffled_sums.h"

#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool off;
static long count;

void shuffled_sums_switch(bool on) {
  off = !on;
}

long shuffled_sums_count(void) {
  return count;
}

static void give_up(const char *why) {
  fprintf(stderr, "shuffled_sums: %s\n", why);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

static bool is_floating(MPI_Datatype type) {
  return type == MPI_FLOAT || type == MPI_DOUBLE || type == MPI_LONG_DOUBLE || type == MPI_C_FLOAT_COMPLEX ||
         type == MPI_C_DOUBLE_COMPLEX;
}

static bool is_whole(MPI_Datatype type) {
  return type == MPI_INT || type == MPI_INT32_T || type == MPI_UINT32_T || type == MPI_INT64_T ||
         type == MPI_UINT64_T || type == MPI_LONG || type == MPI_UNSIGNED_LONG || type == MPI_LONG_LONG;
}

/* Sums that depend on the order, which are shuffled. Types that this file does not know end the program. */
static bool depends_on_order(MPI_Datatype type, MPI_Op op) {
  if (op == MPI_MIN || op == MPI_MAX || is_whole(type)) {
    return false;
  }
  if (!is_floating(type) || op != MPI_SUM) {
    give_up("a reduction of a type or an operation that it does not know; teach it");
  }
  return !off;
}

/* The same numbers on all ranks, others at every call. */
static unsigned draw(unsigned below) {
  static uint64_t state = 88172645463325252U; /* xorshift64, Marsaglia 2003 */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state >> 33) % below;
}

static void *allocate(size_t bytes) {
  void *memory = malloc(bytes > 0 ? bytes : 1);
  if (memory == NULL) {
    give_up("no memory");
  }
  return memory;
}

/* to = the sum of all ranks' from: any two partial sums are added until one is left. */
static void add_shuffled(const void *from, void *to, int n, MPI_Datatype type, MPI_Comm comm) {
  int ranks, size;
  PMPI_Comm_size(comm, &ranks);
  PMPI_Type_size(type, &size);
  size_t bytes = (size_t)n * (size_t)size;
  char *all = allocate(bytes * (size_t)ranks);
  char **sums = allocate((size_t)ranks * sizeof *sums);
  PMPI_Allgather(from == MPI_IN_PLACE ? to : from, n, type, all, n, type, comm);
  for (int r = 0; r < ranks; r++) {
    sums[r] = all + (size_t)r * bytes;
  }
  for (int left = ranks; left > 1; left--) {
    unsigned last = (unsigned)left - 1, a = draw((unsigned)left);
    char *first = sums[a]; /* taken out, so that two different ones are added */
    sums[a] = sums[last];
    PMPI_Reduce_local(first, sums[draw(last)], n, type, MPI_SUM);
  }
  memcpy(to, sums[0], bytes);
  free(sums);
  free(all);
  count++;
}

int MPI_Allreduce(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  if (!depends_on_order(type, op)) {
    return PMPI_Allreduce(from, to, n, type, op, comm);
  }
  add_shuffled(from, to, n, type, comm);
  return MPI_SUCCESS;
}

/* Done when posted: collectives are posted in the same order on all ranks. */
int MPI_Iallreduce(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                   MPI_Request *request) {
  if (!depends_on_order(type, op)) {
    return PMPI_Iallreduce(from, to, n, type, op, comm, request);
  }
  add_shuffled(from, to, n, type, comm);
  *request = MPI_REQUEST_NULL;
  return MPI_SUCCESS;
}

int MPI_Reduce(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, int root, MPI_Comm comm) {
  int rank, size;
  if (!depends_on_order(type, op)) {
    return PMPI_Reduce(from, to, n, type, op, root, comm);
  }
  PMPI_Comm_rank(comm, &rank);
  PMPI_Type_size(type, &size);
  char *sum = allocate((size_t)n * (size_t)size);
  add_shuffled(from == MPI_IN_PLACE ? to : from, sum, n, type, comm);
  if (rank == root) {
    memcpy(to, sum, (size_t)n * (size_t)size);
  }
  free(sum);
  return MPI_SUCCESS;
}

/* Functions that the program does not use yet; one that it uses must be shuffled here. */
int MPI_Op_create(MPI_User_function *function, int commutes, MPI_Op *op) {
  (void)function;
  (void)commutes;
  (void)op;
  give_up("MPI_Op_create: it does not know what such an operation depends on; teach it");
  return MPI_ERR_OP;
}

int MPI_Reduce_scatter(const void *from, void *to, const int *counts, MPI_Datatype type, MPI_Op op,
                       MPI_Comm comm) {
  if (depends_on_order(type, op)) {
    give_up("MPI_Reduce_scatter is not shuffled; teach it");
  }
  return PMPI_Reduce_scatter(from, to, counts, type, op, comm);
}

int MPI_Reduce_scatter_block(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  if (depends_on_order(type, op)) {
    give_up("MPI_Reduce_scatter_block is not shuffled; teach it");
  }
  return PMPI_Reduce_scatter_block(from, to, n, type, op, comm);
}

int MPI_Ireduce(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, int root, MPI_Comm comm,
                MPI_Request *request) {
  if (depends_on_order(type, op)) {
    give_up("MPI_Ireduce is not shuffled; teach it");
  }
  return PMPI_Ireduce(from, to, n, type, op, root, comm, request);
}
