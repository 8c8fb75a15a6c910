/* The folder of a run: what a start finds in it, and what it makes of that. Rank 0 only. */
#ifndef GANTRAIN_RUN_FOLDER_H
#define GANTRAIN_RUN_FOLDER_H

#include "run.h"

/* What a start does with a folder that holds a run, and with one that holds none. */
typedef enum ResumeMode {
  RESUME_NEVER,  /* refuses a run */
  RESUME_ALWAYS, /* goes on; refuses to begin */
  RESUME_AUTO,   /* goes on, or begins */
} ResumeMode;

/* Find the checkpoint to go on from, lock the folder of such a run, and read what the checkpoint says of
 * itself. run->resumed stays "" in a new run. Changes no file. */
Status run_folder_look(Run *run, ResumeMode mode, CheckpointInfo *info, Attributes *recorded);

/* Make and lock the folder, open the log, and bring the files to the step that the run starts from. */
Status run_folder_prepare(Run *run, ResumeMode mode);

#endif
