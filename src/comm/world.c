#define _GNU_SOURCE /* sched_getaffinity */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "communicator.h"
#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/comm/comm.h"

MPI_Comm comm_world = MPI_COMM_NULL;

_Noreturn static void abort_all(void) {
  MPI_Abort(MPI_COMM_WORLD, 70); /* EX_SOFTWARE: an internal error */
  abort();
}

static int environment_int(const char *name, int otherwise) {
  const char *value = getenv(name);
  return value == NULL ? otherwise : atoi(value);
}

/* The variables by which launchers tell each process how many there are and which one it is. */
static const struct {
  const char *size, *rank, *name;
} launchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "Open MPI's mpirun"},
                 {"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", "MVAPICH's mpiexec"},
                 {"PMI_SIZE", "PMI_RANK", "the mpiexec of MPICH or Intel MPI"},
                 {"MPI_LOCALNRANKS", "MPI_LOCALRANKID", "the mpiexec of MPICH or Intel MPI"},
                 {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "srun"}};
enum { LAUNCHERS = sizeof launchers / sizeof *launchers, SRUN = LAUNCHERS - 1 };

/* The launcher of this process: the first whose variables are set. srun sets PMI variables, too. */
static int find_launcher(void) {
  int slurm = environment_int(launchers[SRUN].size, 1);
  for (int i = 0; i < SRUN; i++) {
    int copies = environment_int(launchers[i].size, 0);
    if (copies > 0) {
      return i > 0 && slurm > 1 && copies == slurm ? SRUN : i;
    }
  }
  return SRUN;
}

int world_launch_rank(void) {
  return environment_int("OMPI_COMM_WORLD_RANK",
                         environment_int("PMIX_RANK", environment_int(launchers[find_launcher()].rank, 0)));
}

/* Processes that are not connected would each train alone and write into the same folder. */
static Status check_launcher(const World *world) {
  int by = find_launcher(), copies = environment_int(launchers[by].size, 1);
  if (world->size > 1 || copies < 2) {
    return GT_OK;
  }
  log_set_rank(environment_int(launchers[by].rank, 0)); /* only one of them prints */
  if (by == SRUN) {
    return status_set(
        GT_USAGE,
        "this Slurm step has %d tasks, but MPI sees only one rank in each: srun and Open MPI do not use "
        "the same PMI. Start with `srun --mpi=pmix` (see `srun --mpi=list`), or with mpirun",
        copies);
  }
  char library[MPI_MAX_LIBRARY_VERSION_STRING];
  int length;
  MPI_Get_library_version(library, &length);
  return status_set(GT_USAGE,
                    "%s started %d processes, but each is alone for MPI, because gantrain was built "
                    "with another MPI (%.*s): start it with that one's mpirun (its full path, or load its "
                    "module), or build it again with the launcher's MPI",
                    launchers[by].name, copies, (int)strcspn(library, ",\n"), library);
}

/* A launcher that is killed during start-up leaves its ranks behind, waiting for each other, unless they
 * die with it. Open MPI ends them itself once it runs, and Slurm's step daemon always. */
static void end_with_parent(int signal_number) {
  if (getenv("OMPI_COMM_WORLD_SIZE") != NULL) {
    prctl(PR_SET_PDEATHSIG, signal_number);
  }
}

/* This rank's share of the cores it is bound to: a core that k ranks of the machine may use counts 1/k. */
static void count_cores(World *world) {
  MPI_Comm node;
  MPI_Comm_split_type(comm_world, MPI_COMM_TYPE_SHARED, world->rank, MPI_INFO_NULL, &node);
  MPI_Comm_size(node, &world->node_ranks);
  cpu_set_t mine;
  CPU_ZERO(&mine);
  int known = sched_getaffinity(0, sizeof mine, &mine) == 0;
  cpu_set_t *all = memory_alloc((size_t)world->node_ranks, sizeof *all);
  if (all == NULL) {
    abort_all(); /* a few hundred bytes at start-up: without them nothing works */
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
  /* For an in-place MPI_Iallreduce Open MPI's libnbc uses a binomial tree, which uses a link in one
   * direction at a time; 3 is Rabenseifner's reduce-scatter and allgather. The user's own setting wins. */
  setenv("OMPI_MCA_coll_libnbc_iallreduce_algorithm", "3", 0);
  /* The only fork (h5/trial.c) makes no MPI calls. */
  setenv("OMPI_MCA_mpi_warn_on_fork", "0", 0);
  end_with_parent(SIGKILL);
  MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE,
                  &provided); /* for the watchdog; the worker thread makes no MPI calls */
  MPI_Comm_dup(MPI_COMM_WORLD, &comm_world);
  MPI_Comm_rank(comm_world, &world->rank);
  MPI_Comm_size(comm_world, &world->size);
  log_set_rank(world->rank);
  check_set_abort(abort_all);
  count_cores(world);
  end_with_parent(0);
  return check_launcher(world);
}

void world_end(void) {
  check_set_abort(NULL);
  MPI_Comm_free(&comm_world);
  MPI_Finalize();
}
