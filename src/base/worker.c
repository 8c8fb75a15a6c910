#include "gantrain/base/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/base/memory.h"

struct Worker {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  Status (*job)(void *); /* NULL: idle */
  void *argument;
  bool ending;
  Status outcome; /* of the last job, until it has been returned */
  char message[GT_MESSAGE_MAX];
};

static void *work(void *context) {
  Worker *worker = context;
  pthread_mutex_lock(&worker->lock);
  for (;;) {
    while (worker->job == NULL && !worker->ending) {
      pthread_cond_wait(&worker->changed, &worker->lock);
    }
    if (worker->job == NULL) {
      break;
    }
    pthread_mutex_unlock(&worker->lock);
    Status outcome = worker->job(worker->argument);
    pthread_mutex_lock(&worker->lock);
    worker->job = NULL;
    worker->outcome = outcome;
    if (outcome != GT_OK) {
      snprintf(worker->message, sizeof worker->message, "%s", status_message());
    }
    pthread_cond_broadcast(&worker->changed);
  }
  pthread_mutex_unlock(&worker->lock);
  return NULL;
}

Status worker_create(Worker **result) {
  Worker *worker = memory_alloc(1, sizeof *worker);
  *result = NULL;
  if (worker == NULL) {
    return GT_FAILED;
  }
  pthread_mutex_init(&worker->lock, NULL);
  pthread_cond_init(&worker->changed, NULL);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread inherits it: signals go to the main thread */
  int error = pthread_create(&worker->thread, NULL, work, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) {
    memory_free(worker);
    return status_set(GT_FAILED, "the background thread that writes files cannot be created (%s)",
                      strerror(error));
  }
  *result = worker;
  return GT_OK;
}

/* Wait until no job is running and return the last outcome, once. The lock is held. */
static Status wait_for_job(Worker *worker) {
  while (worker->job != NULL) {
    pthread_cond_wait(&worker->changed, &worker->lock);
  }
  Status outcome = worker->outcome;
  worker->outcome = GT_OK;
  return outcome == GT_OK ? GT_OK : status_set(outcome, "%s", worker->message);
}

Status worker_submit(Worker *worker, Status (*job)(void *), void *argument) {
  pthread_mutex_lock(&worker->lock);
  Status outcome = wait_for_job(worker);
  if (outcome == GT_OK) {
    worker->job = job;
    worker->argument = argument;
    pthread_cond_broadcast(&worker->changed);
  }
  pthread_mutex_unlock(&worker->lock);
  return outcome;
}

Status worker_drain(Worker *worker) {
  pthread_mutex_lock(&worker->lock);
  Status outcome = wait_for_job(worker);
  pthread_mutex_unlock(&worker->lock);
  return outcome;
}

int worker_busy(Worker *worker) {
  pthread_mutex_lock(&worker->lock);
  int busy = worker->job != NULL;
  pthread_mutex_unlock(&worker->lock);
  return busy;
}

void worker_free(Worker *worker) {
  if (worker == NULL) {
    return;
  }
  pthread_mutex_lock(&worker->lock);
  worker->ending = true;
  pthread_cond_broadcast(&worker->changed);
  pthread_mutex_unlock(&worker->lock);
  pthread_join(worker->thread, NULL);
  pthread_cond_destroy(&worker->changed);
  pthread_mutex_destroy(&worker->lock);
  memory_free(worker);
}
