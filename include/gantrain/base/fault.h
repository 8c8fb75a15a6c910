/* Faults that tests inject to prove that failures are handled. */
#ifndef GANTRAIN_FAULT_H
#define GANTRAIN_FAULT_H

/* True if the environment variable GT_FAULT=site:rank names this site and this rank (log_rank()); with
 * GT_FAULT=site:rank:n, only at the n-th such call, counted from 1. The caller then behaves as if its
 * operation had failed. */
int fault_here(const char *site);

/* Kills the process with SIGKILL where fault_here(site). */
void fault_die(const char *site);

#endif
