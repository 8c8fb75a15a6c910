/* Reasons to stop early: a signal, or the end of --max-time or of the Slurm job. Only one rank may know of a
 * reason until the ranks have agreed to stop. */
#ifndef GANTRAIN_STOP_H
#define GANTRAIN_STOP_H

#include <stdbool.h>

/* From now on SIGTERM, SIGUSR1, SIGUSR2 and SIGPIPE are remembered instead of ending the process; so are
 * SIGINT and SIGHUP, unless they were ignored at the start (by nohup or for a background job of a shell). A
 * signal that comes a second or more after the first ends this process at once with exit code 75, since its
 * sender does not want to wait for a checkpoint. Signals within that second count as one request, which may
 * come twice, from mpirun and from Slurm. */
void stop_watch_signals(void);

/* The number of the first signal, 0 if none came; and what it means, in words. */
int stop_signal(void);
const char *stop_signal_name(void);

/* The time by clock_now() at which Slurm will end this job (SLURM_JOB_END_TIME); 0: it is not known. */
double stop_job_end(void);

#endif
