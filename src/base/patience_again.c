/* The same call again, a few times in a row. Files are opened and written with it, so it needs none of them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/patience.h"

#define PAUSE 0.05 /* s, the first; each is twice the last: 0.05, 0.1, ... 0.8 s */
#define AGAIN_MOST 5

static bool repeat(int *tries) {
  bool again = *tries < AGAIN_MOST;
  if (again) {
    usleep((useconds_t)(PAUSE * 1e6) << *tries);
    ++*tries;
  }
  return again;
}

bool patience_again(int *tries) {
  int reason = errno;
  bool again = (reason == EINTR || reason == EIO || reason == ESTALE) && repeat(tries);
  errno = reason;
  return again;
}

bool patience_again_with(const char *message, int *tries) {
  bool passing = strstr(message, strerror(EIO)) != NULL || strstr(message, strerror(ESTALE)) != NULL;
  return passing && repeat(tries);
}
