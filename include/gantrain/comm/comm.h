/* Ranks: who we are, agreement on errors, sums. Everything here is collective unless it says otherwise: every
 * rank calls it, in the same order. Communication failures end the job (MPI's default), they are not
 * returned. */
#ifndef GANTRAIN_COMM_H
#define GANTRAIN_COMM_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/memory.h"
#include "gantrain/base/status.h"

typedef struct World {
  int rank, size;
  int node_ranks; /* ranks on this rank's machine */
  int cores;  /* cores this rank may count as its own: bound cores, shared out when ranks share them; >= 1 */
  int shared; /* true if ranks outnumber the cores they are bound to */
} World;

/* MPI_Init. GT_USAGE when started as separate one-rank copies inside a Slurm step (srun without PMIx). */
Status world_begin(World *world);
/* MPI_Finalize. After it only exit. */
void world_end(void);

/* The rank that the launcher gave this process, from its environment, 0 if there was none. Not collective;
 * may be called before world_begin(). */
int world_launch_rank(void);

/* "node1 (32 ranks), node2 (32 ranks)" on all ranks; out[size] of at least 128. GT_FAILED: memory. */
Status comm_hosts(const World *world, char *out, size_t size);

/* Agree: every rank passes its own outcome and gets the worst one; where any rank failed, status_message() is
 * then on all ranks that of the lowest failing rank, which is named in it where only some failed. */
Status comm_agree(Status local);

/* Follow: what rank 0 alone did for all had this outcome, with its message; the other ranks' argument does
 * not count. No rank is named, because the failure says nothing about one. */
Status comm_follow(Status local);

/* values[n] := sum (minimum, maximum) over all ranks, the same bits on all. */
void comm_sum(double *values, size_t n);
void comm_sum_i64(int64_t *values, size_t n);
void comm_sum_u64(uint64_t *values, size_t n); /* modulo 2^64 */
void comm_min(double *values, size_t n);
void comm_max(double *values, size_t n);

/* GT_FAILED on all ranks, naming the ranks that differ from the most frequent value, unless all pass the same
 * one. */
Status comm_check_same(uint64_t value, const char *what);

/* memory_check_needs on every rank, with what the other ranks of its machine need at the same time. */
Status comm_check_memory(const MemoryNeed *needs, int count, const char *cure);

/* Rank 0's bytes reach all ranks. */
void comm_broadcast(void *data, size_t bytes);

void comm_barrier(void);

#endif
