/* The clock of the whole program. */
#ifndef GANTRAIN_CLOCK_H
#define GANTRAIN_CLOCK_H

/* Seconds since a fixed moment. The clock never goes back, whatever happens to the time of day. Safe from
 * any thread. */
double clock_now(void);

#endif
