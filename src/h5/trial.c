#include "gantrain/h5/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gantrain/h5/seal.h"
#include "h5.h"
#include "trial_read.h"

#define MEMORY ((uint64_t)256 << 20) /* for the child, and 8 times the file */
#define SECONDS 10                   /* of work for the child, and one more for each of */
#define BYTES_A_SECOND ((uint64_t)50 << 20)
#define SIZE_MOST ((uint64_t)1 << 46) /* 64 TiB */
#define PATIENCE 10                   /* times as long on the clock: file systems may be slow */
#define SETTLED 2     /* seconds: a file changed later may change again without its time showing it */
#define TRUSTED_MAX 8 /* files that were found good, the newest */

enum { SURVIVED = 'k', OUT_OF_MEMORY = 'm' }; /* what the child reports at its end */

static FileIdentity trusted[TRUSTED_MAX];
static unsigned trusted_next;

void trial_trust(const FileIdentity *identity) {
  int64_t age = (int64_t)time(NULL) - identity->seconds;
  if (identity->inode != 0 && age > SETTLED) {
    trusted[trusted_next++ % TRUSTED_MAX] = *identity;
  }
}

static bool is_trusted(const FileIdentity *identity) {
  for (int i = 0; i < TRUSTED_MAX && identity->inode != 0; i++) {
    if (memcmp(identity, &trusted[i], sizeof *identity) == 0) {
      return true;
    }
  }
  return false;
}

/* Limits a file's size, which it may claim to be larger than any disk, to what setrlimit accepts. */
static uint64_t plausible(uint64_t size) {
  return size < SIZE_MOST ? size : SIZE_MOST;
}

static uint64_t memory_limit(uint64_t size) {
  return MEMORY + 8 * plausible(size);
}

static unsigned seconds_limit(uint64_t size) {
  return SECONDS + (unsigned)(plausible(size) / BYTES_A_SECOND);
}

static void limit(int resource, rlim_t soft) {
  struct rlimit now;
  if (getrlimit(resource, &now) == 0 && (now.rlim_cur == RLIM_INFINITY || now.rlim_cur > soft)) {
    now.rlim_cur = soft;
    setrlimit(resource, &now);
  }
}

/* Signals that end or stop the job are left to the parent: a child that died of one would make the file
 * look damaged. */
static void set_signals(void) {
  static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGALRM};
  static const int not_ours[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
    signal(fatal[i], SIG_DFL);
  }
  for (size_t i = 0; i < sizeof not_ours / sizeof *not_ours; i++) {
    signal(not_ours[i], SIG_IGN);
  }
  sigset_t none; /* whoever started the program or this thread may have blocked the signals of the limits */
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static void set_limits(uint64_t size, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) { /* it died before that */
    _exit(1);
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, seconds_limit(size));
  alarm(PATIENCE * seconds_limit(size));
}

/* Without output: glibc prints what it found before it aborts. */
static void be_silent(void) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing >= 0) {
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
  }
}

static _Noreturn void be_child(const char *path, uint64_t size, int report, pid_t parent) {
  set_signals();
  set_limits(size, parent);
  be_silent();
  char answer = trial_read(path, memory_limit(size)) ? SURVIVED : OUT_OF_MEMORY;
  _exit(write(report, &answer, 1) == 1 ? 0 : 1);
}

/* The child's answer, 0 where it died before, and how it ended. */
static char await(pid_t child, int report, int *ending) {
  char answer = 0;
  while (read(report, &answer, 1) < 0 && errno == EINTR) {
  }
  *ending = 0;
  while (waitpid(child, ending, 0) < 0 && errno == EINTR) {
  }
  return answer;
}

static Status explain_ending(const char *path, uint64_t size, char answer, int ending) {
  int number = WIFSIGNALED(ending) ? WTERMSIG(ending) : 0;
  if (answer == SURVIVED) {
    return GT_OK;
  }
  if (answer == OUT_OF_MEMORY) {
    return status_set(
        GT_FAILED,
        "%s: HDF5 asks for more than %llu MiB of memory to read it, which no file of %llu bytes needs: it is "
        "damaged, or malicious",
        path, (unsigned long long)(memory_limit(size) >> 20), (unsigned long long)size);
  }
  if (number == SIGXCPU || number == SIGALRM) {
    return status_set(GT_FAILED, "%s: HDF5 does not finish reading it: it is damaged, or malicious", path);
  }
  /* No fault of HDF5 ends so: it comes from outside, mostly from a limit of memory. */
  if (number == SIGKILL) {
    return status_set(GT_FAILED,
                      "%s: " STATUS_NO_TRIAL
                      " was killed; is the memory of this machine "
                      "or job used up?",
                      path);
  }
  if (number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL || number == SIGABRT) {
    return status_set(GT_FAILED, "%s: HDF5 crashes on it (%s): it is damaged, or malicious", path,
                      strsignal(number));
  }
  return status_set(GT_FAILED, "%s: " STATUS_NO_TRIAL " was ended (%s); start again", path,
                    number != 0 ? strsignal(number) : "without a word");
}

static Status try_in_child(const char *path, uint64_t size) {
  int ends[2], ending;
  h5_quiet(); /* HDF5 starts here and not in the child: once is enough */
  if (pipe(ends) != 0) {
    return status_set(GT_FAILED, "%s: " STATUS_NO_TRIAL " could not start (%s)", path, strerror(errno));
  }
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    close(ends[0]);
    be_child(path, size, ends[1], parent);
  }
  int reason = errno;
  close(ends[1]);
  Status status = GT_OK;
  if (child < 0) {
    status = status_set(GT_FAILED, "%s: " STATUS_NO_TRIAL " could not start (%s)", path, strerror(reason));
  } else {
    char answer = await(child, ends[0], &ending);
    status = explain_ending(path, size, answer, ending);
  }
  close(ends[0]);
  return status;
}

Status trial_check(const char *path) {
  bool sealed;
  FileIdentity identity = file_identity(path);
  if (is_trusted(&identity)) {
    return GT_OK;
  }
  GT_TRY(seal_check(path, &sealed));
  GT_TRY(try_in_child(path, identity.size));
  trial_trust(&identity);
  return GT_OK;
}
