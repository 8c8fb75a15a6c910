/* Reasons to stop early: a signal, or the end of --max-time or of the Slurm job. Known to one rank until the
 * ranks have agreed. */
#ifndef GANTRAIN_STOP_H
#define GANTRAIN_STOP_H

#include <stdbool.h>

/* Note SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, and SIGINT and SIGHUP unless they were ignored at the start
 * (nohup, a shell's background job), from now on instead of dying of them. Another one a second or more after
 * the first ends this process at once, with exit code 75: whoever sends it does not want to wait for a
 * checkpoint. The second between is because one request may come twice, from mpirun and from Slurm. */
void stop_watch_signals(void);

/* The first signal that came, 0 if none; and in words what it means. */
int stop_signal(void);
const char *stop_signal_name(void);

/* When, by clock_now(), Slurm will end the job that we are in (SLURM_JOB_END_TIME); 0: not known. */
double stop_job_end(void);

#endif
