/* What the files of this folder share. The only header that sees mpi.h. */
#ifndef GANTRAIN_COMMUNICATOR_H
#define GANTRAIN_COMMUNICATOR_H

#include <mpi.h>

extern MPI_Comm comm_world; /* our own duplicate of MPI_COMM_WORLD, from world_begin to world_end */

#endif
