/* MPI: rank and size, agreement on errors, sums over ranks. Unless it says otherwise every function is
 * collective: all ranks call it, in the same order. Where communication fails, MPI ends the job; nothing
 * is returned. */
#ifndef GANTRAIN_COMM_H
#define GANTRAIN_COMM_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/memory_limits.h"
#include "gantrain/base/status.h"

typedef struct World {
  int rank, size;
  int node_ranks; /* ranks on this rank's machine */
  int cores;  /* cores of this rank alone: those it is bound to, divided among the ranks that share them; >= 1
               */
  int shared; /* true where more ranks than cores are bound to the same cores */
} World;

/* MPI_Init. GT_USAGE when started as separate one-rank copies inside a Slurm step (srun without PMIx). */
Status world_begin(World *world);
/* MPI_Finalize. Only exiting is allowed after it. */
void world_end(void);

/* The rank that the launcher's environment variables give this process, 0 where there are none. Not
 * collective; may be called before world_begin(). */
int world_launch_rank(void);

/* Where the ranks run: "node1 (32 ranks), node2 (32 ranks)", on all ranks. out[room] has room for 128
 * bytes or more. GT_FAILED: memory. */
Status comm_hosts(const World *world, char *out, size_t room);

/* Agree on an outcome: every rank passes its own and gets that of the lowest rank that failed, with its
 * message. The message names that rank where not all ranks failed. */
Status comm_agree(Status local);

/* Give all ranks the outcome and message of rank 0, which did something for all. The other ranks' argument
 * is ignored, and no rank is named. */
Status comm_follow(Status local);

/* values[n] := sum (minimum, maximum) over all ranks, the same bits on all. */
void comm_sum(double *values, size_t n);
void comm_sum_i64(int64_t *values, size_t n);
void comm_sum_u64(uint64_t *values, size_t n); /* modulo 2^64 */
void comm_min(double *values, size_t n);
void comm_max(double *values, size_t n);

/* GT_FAILED on all ranks unless all pass the same value; the message names the ranks that differ from the
 * most frequent one. */
Status comm_check_same(uint64_t value, const char *what);

/* memory_check_needs on every rank, with what the other ranks of its machine need at the same time. */
Status comm_check_memory(const MemoryNeed *needs, int count, const char *cure);

/* Copy bytes from rank 0 to all ranks. */
void comm_broadcast(void *data, size_t bytes);

void comm_barrier(void);

#endif
