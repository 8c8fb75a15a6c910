/* Which machines the ranks run on. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "communicator.h"
#include "gantrain/base/memory.h"
#include "gantrain/comm/comm.h"

#define HOST_MAX 64 /* the longest name of a host on Linux */

/* "a (2 ranks), b (2 ranks)": consecutive ranks of one host are counted together; what does not fit is
 * "...". */
static void format_hosts(char *out, size_t room, const char *names, int count) {
  size_t used = 0;
  for (int first = 0, next; first < count; first = next) {
    const char *name = names + (size_t)first * HOST_MAX;
    for (next = first + 1; next < count && strcmp(names + (size_t)next * HOST_MAX, name) == 0; next++) {
    }
    if (room - used < HOST_MAX + 32) {
      snprintf(out + used, room - used, ", ...");
      return;
    }
    int more = snprintf(out + used, room - used, "%s%s (%d %s)", first > 0 ? ", " : "", name, next - first,
                        next - first == 1 ? "rank" : "ranks");
    used += (size_t)more;
  }
}

Status comm_hosts(const World *world, char *out, size_t room) {
  char name[HOST_MAX] = "?";
  char *names = memory_alloc((size_t)world->size, HOST_MAX);
  Status outcome = comm_agree(names == NULL ? GT_FAILED : GT_OK);
  if (outcome == GT_OK) {
    gethostname(name, sizeof name - 1);
    MPI_Allgather(name, HOST_MAX, MPI_CHAR, names, HOST_MAX, MPI_CHAR, comm_world);
    format_hosts(out, room, names, world->size);
  }
  memory_free(names);
  return outcome;
}
