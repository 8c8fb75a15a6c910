/* Every sum of floating-point numbers over ranks in an order and an association of its own, another one at
 * each call: what MPI may do. Linked into a program, the functions of the MPI library stand behind these (the
 * profiling interface, MPI 3.1 section 14.2). Sums of integers are left as they are. */
#ifndef GANTRAIN_TESTS_SHUFFLED_SUMS_H
#define GANTRAIN_TESTS_SHUFFLED_SUMS_H

#include <stdbool.h>

/* Off: MPI's own order. On at the start. The same on all ranks. */
void shuffled_sums_switch(bool on);
/* How many sums were shuffled so far. */
long shuffled_sums_count(void);

#endif
