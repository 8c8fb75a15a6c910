#include "run_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/log.h"
#include "gantrain/base/patience.h"
#include "gantrain/io/outputs.h"
#include "lock.h"

#define NAMES_MOST 6 /* that a message lists */

/* Does the folder hold what a run writes? A start that ended before its first step leaves nothing of that. */
static Status folder_used(const Run *run, bool *used) {
  static const char *const parts[] = {"samples.h5", "metrics.h5"};
  char path[GT_PATH_MAX];
  size_t count = 0;
  GT_TRY(checkpoint_count(run->checkpoints, &count));
  *used = count > 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts && !*used; i++) {
    GT_TRY(path_format(path, "%s/%s", run->out, parts[i]));
    GT_TRY(file_find(used, path));
  }
  return GT_OK;
}

static Status refuse_used(const Run *run) {
  bool used = false;
  GT_TRY(folder_used(run, &used));
  return !used ? GT_OK
               : status_set(GT_USAGE,
                            "--out %s holds another run: go on with it by --resume, or choose another folder",
                            run->out);
}

/* Names in a folder as "a, b, c", "nothing" where there are none; of those that have `inside` in them, where
 * that is given. */
static void list_names(char *out, size_t room, const char *folder, const char *inside) {
  char path[GT_PATH_MAX];
  int count = 0;
  DIR *stream = opendir(folder);
  snprintf(out, room, "nothing");
  for (struct dirent *entry = stream != NULL ? readdir(stream) : NULL; entry != NULL;
       entry = readdir(stream)) {
    bool there = entry->d_name[0] != '.';
    if (there && inside != NULL) {
      there = path_format(path, "%s/%s/%s", folder, entry->d_name, inside) == GT_OK &&
              file_find(&there, path) == GT_OK && there;
    }
    if (there && count++ < NAMES_MOST) {
      size_t used = count == 1 ? 0 : strlen(out);
      snprintf(out + used, room - used, "%s%.60s", used > 0 ? ", " : "", entry->d_name);
    }
  }
  if (count > NAMES_MOST) {
    size_t used = strlen(out);
    snprintf(out + used, room - used, " and %d more", count - NAMES_MOST);
  }
  if (stream != NULL) {
    closedir(stream);
  }
}

/* --resume, but there is no checkpoint: whoever typed it expects one, so nothing is begun. */
static Status refuse_to_begin(const Run *run) {
  char names[GT_MESSAGE_MAX / 2], parent[GT_PATH_MAX];
  bool there = false;
  GT_TRY(file_find(&there, run->out));
  if (there) {
    list_names(names, sizeof names, run->out, NULL);
    return status_set(
        GT_USAGE,
        "--resume: %s holds no checkpoint to go on from (it holds: %s); name the run's folder with --out, "
        "or begin a new run: with --auto-resume instead of --resume, or in another folder without it",
        run->out, names);
  }
  const char *slash = strrchr(run->out, '/');
  GT_TRY(path_format(parent, "%.*s", slash == NULL ? 1 : (int)(slash - run->out + 1),
                     slash == NULL ? "." : run->out));
  list_names(names, sizeof names, parent, "checkpoints");
  return status_set(
      GT_USAGE,
      "--resume: there is no folder %s, seen from here; runs in %s: %s. Name one with --out, or leave out "
      "--resume to begin a new run",
      run->out, parent, names);
}

Status run_folder_find(Run *run, ResumeMode mode, CheckpointInfo *info, Attributes *recorded) {
  bool there = false;
  size_t count = 0;
  if (mode == RESUME_NEVER) {
    return refuse_used(run);
  }
  GT_TRY(file_find(&there, run->checkpoints));
  GT_TRY(there ? lock_acquire(&run->lock, run->out) : GT_OK);
  GT_TRY(checkpoint_count(run->checkpoints, &count));
  if (count == 0) {
    return mode == RESUME_AUTO ? GT_OK : refuse_to_begin(run);
  }
  GT_TRY(checkpoint_find(run->resumed, run->checkpoints));
  return checkpoint_read_info(run->resumed, info, recorded);
}

/* Create and lock the folder of a new run, and check again that it holds no run: another one may have started
 * there meanwhile. */
static Status create_folder(Run *run, ResumeMode mode) {
  if (run->lock < 0) {
    GT_TRY(directory_create(run->out));
    GT_TRY(lock_acquire(&run->lock, run->out));
    GT_TRY(mode == RESUME_NEVER ? refuse_used(run) : GT_OK);
  }
  return directory_create(run->checkpoints);
}

/* Log process and host, so that the holder of the lock can be found. */
static void sign_log(void) {
  char host[256] = "?";
  gethostname(host, sizeof host - 1);
  log_file("process %ld on host %s", (long)getpid(), host);
}

/* The last step whose sample stays in the file. A shorter course ended here with a sample that the longer one
 * does not have. */
static int64_t last_sample(const Run *run) {
  bool stays = run->gan.step % run->plan->sampled_every == 0 || run->gan.step >= run->plan->total;
  return stays ? run->gan.step : run->gan.step - 1;
}

/* One of the files that grow with the run. */
typedef struct Series {
  const char *name;
  Status (*look)(const char *path, Attributes *attributes, int64_t *last);
  Status (*cut)(const char *path, int64_t step);
  int64_t step; /* the last that stays */
} Series;

static Status set_aside(const char *path, const char *why) {
  char aside[GT_PATH_MAX], reason[GT_MESSAGE_MAX];
  snprintf(reason, sizeof reason, "%s", why); /* which may be status_message() */
  GT_TRY(file_set_aside(aside, path));
  log_warn("%s; it is kept as %s, and a new file is begun", reason, aside);
  return GT_OK;
}

/* The attributes of a file and its last step. */
typedef struct Head {
  const Series *series;
  Attributes attributes;
  int64_t last; /* step */
} Head;

static Status read_head_once(const char *path, void *argument) {
  Head *head = argument;
  head->attributes.count = 0;
  head->last = INT64_MIN;
  return head->series->look(path, &head->attributes, &head->last);
}

/* GT_FAILED where the file cannot be read now: it may be whole. */
static Status read_head(Head *head, const char *path, bool *damaged) {
  Status status = patience_read(read_head_once, path, head, damaged);
  return status == GT_OK || *damaged
             ? GT_OK
             : status_set(GT_FAILED, "%s; it was left as it is: start again when it can be read",
                          status_message());
}

/* GT_FAILED where the file belongs to another run. All files are checked before any is changed. */
static Status check_run(const Run *run, const Series *series) {
  static Head head;
  char path[GT_PATH_MAX];
  bool there = false, damaged = false;
  GT_TRY(path_format(path, "%s/%s", run->out, series->name));
  GT_TRY(file_find(&there, path));
  if (!there || run->resumed[0] == '\0') {
    return GT_OK;
  }
  head.series = series;
  GT_TRY(read_head(&head, path, &damaged));
  const Attribute *id = damaged ? NULL : attributes_find(&head.attributes, "run_id");
  return id == NULL || id->type != ATTRIBUTE_TEXT || strcmp(id->text, run->plan->run_id) == 0
             ? GT_OK
             : status_set(GT_FAILED,
                          "%s is of another run (run_id %.16s) than %s (run_id %s): nothing was changed; "
                          "move the files that do not belong there out of %s",
                          path, id->text, run->resumed, run->plan->run_id, run->out);
}

/* Cut a file of a resumed run back to the step it resumes from, or set it aside if it is damaged. */
static Status continue_file(const Run *run, const Series *series, const char *path) {
  static Head head;
  bool damaged = false;
  head.series = series;
  GT_TRY(read_head(&head, path, &damaged));
  if (damaged) {
    return set_aside(path, status_message());
  }
  GT_TRY(series->cut == metrics_cut ? metrics_check_own(path, metric_series(), METRICS_COUNT)
                                    : samples_check_own(path));
  GT_TRY(series->cut(path, series->step));
  GT_TRY(series->cut == metrics_cut ? metrics_merge(path) : GT_OK);
  if (series->cut == metrics_cut && run->gan.step > 0 && head.last < run->gan.step) {
    log_warn(
        "%s ends at step %lld: rows up to step %lld, from which this run goes on, are missing; is it an "
        "older copy?",
        path, (long long)(head.last < 0 ? 0 : head.last), (long long)run->gan.step);
  }
  return GT_OK;
}

/* Bring a file to the step that the run starts from. In a new run a file without checkpoints is set aside: it
 * may be all that is left of an earlier run. */
static Status continue_or_set_aside(const Run *run, const Series *series) {
  char path[GT_PATH_MAX], why[GT_MESSAGE_MAX];
  bool there = false;
  GT_TRY(path_format(path, "%s/%s", run->out, series->name));
  GT_TRY(file_check_writable(path));
  GT_TRY(file_find(&there, path));
  if (!there && run->resumed[0] != '\0') {
    log_warn("%s does not exist: its rows up to step %lld will be missing", path, (long long)run->gan.step);
  }
  if (!there) {
    return GT_OK;
  }
  snprintf(why, sizeof why, "%.900s exists, but no checkpoint does", path);
  return run->resumed[0] == '\0' ? set_aside(path, why) : continue_file(run, series, path);
}

Status run_folder_prepare(Run *run, ResumeMode mode) {
  char path[GT_PATH_MAX];
  const Series series[] = {{"samples.h5", samples_inspect, samples_cut, last_sample(run)},
                           {"metrics.h5", metrics_inspect, metrics_cut, run->gan.step}};
  GT_TRY(create_folder(run, mode));
  GT_TRY(path_format(path, "%s/log.txt", run->out));
  FILE *log = NULL;
  GT_TRY(file_open_stream(&log, path, O_WRONLY | O_APPEND | O_CREAT, "a"));
  log_open(log);
  sign_log();
  for (int i = 0; i < 2; i++) {
    GT_TRY(check_run(run, &series[i]));
  }
  GT_TRY(path_format(path, "%s/samples.png", run->out));
  GT_TRY(file_check_writable(path));
  /* A new run has not even a sample of step 0. */
  bool new_run = run->resumed[0] == '\0';
  GT_TRY(checkpoint_set_aside_later(run->checkpoints, new_run ? -1 : run->gan.step));
  for (int i = 0; i < 2; i++) {
    GT_TRY(continue_or_set_aside(run, &series[i]));
  }
  return recorder_create(&run->recorder, &run->gan, run->out, run->plan);
}
