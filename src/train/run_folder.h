/* The folder of a run: what it holds at a start, and how its files are prepared. Rank 0 only. */
#ifndef GANTRAIN_RUN_FOLDER_H
#define GANTRAIN_RUN_FOLDER_H

#include "run.h"

/* What a start does with a folder that holds a run, and with one that holds none. */
typedef enum ResumeMode {
  RESUME_NEVER,  /* a run there is refused */
  RESUME_ALWAYS, /* a run there is resumed; none is refused */
  RESUME_AUTO,   /* a run there is resumed; else a new one begins */
} ResumeMode;

/* Find the checkpoint to resume from, lock its run's folder, and read the checkpoint's attributes. In a new
 * run run->resumed stays "". Changes no file. */
Status run_folder_find(Run *run, ResumeMode mode, CheckpointInfo *info, Attributes *recorded);

/* Create and lock the folder, open the log, and bring the files to the step that the run starts from. */
Status run_folder_prepare(Run *run, ResumeMode mode);

#endif
