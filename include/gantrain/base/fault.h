/* Faults that tests inject, to prove that failures are met. */
#ifndef GANTRAIN_FAULT_H
#define GANTRAIN_FAULT_H

/* True if the environment has GT_FAULT=site:rank naming this site and rank (log_rank()); with
 * GT_FAULT=site:rank:n only at the n-th call that would be, counted from 1. A site's caller then behaves as
 * if the operation had failed. */
int fault_here(const char *site);

/* Where fault_here(site), the process dies by SIGKILL. */
void fault_die(const char *site);

#endif
