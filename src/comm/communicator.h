/* Shared by the files of this folder. The only header that includes mpi.h. */
#ifndef GANTRAIN_COMMUNICATOR_H
#define GANTRAIN_COMMUNICATOR_H

#include <mpi.h>
#include <stddef.h>

extern MPI_Comm comm_world; /* our duplicate of MPI_COMM_WORLD, from world_begin to world_end */

#define COMM_PIECE ((size_t)1 << 28) /* elements of one call at most, because an MPI count is an int */

static inline size_t comm_piece(size_t left) {
  return left < COMM_PIECE ? left : COMM_PIECE;
}

#endif
