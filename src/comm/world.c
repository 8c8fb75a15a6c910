#define _GNU_SOURCE /* sched_getaffinity */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "communicator.h"
#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/comm/comm.h"

MPI_Comm comm_world = MPI_COMM_NULL;

static void abort_all(void) {
  MPI_Abort(MPI_COMM_WORLD, 70); /* EX_SOFTWARE: an internal error */
}

static int environment_int(const char *name, int otherwise) {
  const char *value = getenv(name);
  return value == NULL ? otherwise : atoi(value);
}

int world_launch_rank(void) {
  return environment_int("OMPI_COMM_WORLD_RANK",
                         environment_int("PMIX_RANK", environment_int("SLURM_PROCID", 0)));
}

/* The share of the bound cores that is this rank's own: a core that k ranks of the machine may use counts
 * 1/k. */
static void count_cores(World *world) {
  MPI_Comm node;
  MPI_Comm_split_type(comm_world, MPI_COMM_TYPE_SHARED, world->rank, MPI_INFO_NULL, &node);
  MPI_Comm_size(node, &world->node_ranks);
  cpu_set_t mine;
  CPU_ZERO(&mine);
  int known = sched_getaffinity(0, sizeof mine, &mine) == 0;
  cpu_set_t *all = memory_alloc((size_t)world->node_ranks, sizeof *all);
  if (all == NULL) {
    abort_all(); /* a few hundred bytes at start-up: nothing can go on */
  }
  MPI_Allgather(&mine, (int)sizeof mine, MPI_BYTE, all, (int)sizeof mine, MPI_BYTE, node);
  double share = 0.0;
  for (size_t core = 0; core < CPU_SETSIZE && known; core++) {
    if (CPU_ISSET(core, &mine)) {
      int users = 0;
      for (int r = 0; r < world->node_ranks; r++) {
        users += CPU_ISSET(core, &all[r]) != 0;
      }
      share += 1.0 / users;
    }
  }
  memory_free(all);
  MPI_Comm_free(&node);
  world->shared = known && share < 0.999;
  world->cores = share > 1.0 ? (int)(share + 1e-9) : 1;
}

Status world_begin(World *world) {
  int provided;
  /* Open MPI's libnbc takes a binomial tree for every in-place MPI_Iallreduce, which uses a link one way at a
   * time; 3 is Rabenseifner's reduce-scatter and allgather. The user's own choice stands. */
  setenv("OMPI_MCA_coll_libnbc_iallreduce_algorithm", "3", 0);
  /* The one fork that there may be (h5/trial.c) makes no call of MPI. */
  setenv("OMPI_MCA_mpi_warn_on_fork", "0", 0);
  MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE,
                  &provided); /* for the watchdog; the worker makes no calls */
  MPI_Comm_dup(MPI_COMM_WORLD, &comm_world);
  MPI_Comm_rank(comm_world, &world->rank);
  MPI_Comm_size(comm_world, &world->size);
  log_set_rank(world->rank);
  check_set_abort(abort_all);
  count_cores(world);
  int copies = environment_int("SLURM_STEP_NUM_TASKS", 1);
  if (world->size == 1 && copies > 1 && getenv("OMPI_COMM_WORLD_SIZE") == NULL) {
    log_set_rank(environment_int("SLURM_PROCID", 0)); /* one of the copies speaks */
    return status_set(
        GT_USAGE,
        "this Slurm step has %d tasks, but MPI sees only one rank in each: srun and Open MPI do not speak "
        "the same PMI. Start with `srun --mpi=pmix` (see `srun --mpi=list`), or with mpirun",
        copies);
  }
  return GT_OK;
}

void world_end(void) {
  check_set_abort(NULL);
  MPI_Comm_free(&comm_world);
  MPI_Finalize();
}
