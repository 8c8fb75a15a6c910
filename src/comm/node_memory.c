/* Memory that the ranks of one machine take together. */
#include <stdint.h>

#include "communicator.h"
#include "gantrain/comm/comm.h"

/* Of all ranks that share this rank's memory. Collective. */
static double sum_of_machine(double value) {
  MPI_Comm machine;
  MPI_Comm_split_type(comm_world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, machine);
  MPI_Comm_free(&machine);
  return value;
}

Status comm_check_memory(const MemoryNeed *needs, int count, const char *cure) {
  size_t own = memory_sum(needs, count);
  double beside = sum_of_machine((double)own) - (double)own;
  size_t others = beside < (double)(SIZE_MAX / 2) ? (size_t)beside : SIZE_MAX / 2;
  return comm_agree(memory_check_needs(needs, count, others, cure));
}
