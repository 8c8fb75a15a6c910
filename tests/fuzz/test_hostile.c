/* The seeds, their truncations, and some thousand simple changes of them, through every harness; memory must
 * not grow with what a file claims. test_hostile TARGET FILE writes the seed of a target instead. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gantrain/memory.h"
#include "harness.h"

#define CHANGES 1500
#define MEMORY_MAX ((size_t)256 << 20)

static uint64_t state = 88172645463325252u;

static uint32_t draw(uint32_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 33) % below;
}

static void change(uint8_t *data, size_t size) {
  static const uint8_t wild[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  for (uint32_t n = 1 + draw(4); n > 0; n--) {
    size_t at = draw((uint32_t)size);
    if (draw(2) == 0) {
      data[at] ^= (uint8_t)(1u << draw(8));
    } else {
      size_t length = 1 + draw(8);
      memset(data + at, wild[draw(5)], length < size - at ? length : size - at);
    }
  }
}

typedef struct Tally {
  size_t files, refused, deaths;
} Tally;

static void one(Target target, const uint8_t *data, size_t size, Tally *tally) {
  int outcome;
  tally->files++;
  if (target != TARGET_DATASET) {
    outcome = harness_run(target, data, size);
  } else {
    pid_t child = fork();
    if (child == 0) {
      alarm(10);
      fclose(stderr);
      outcome = harness_run(target, data, size);
      _exit(memory_peak_bytes() > MEMORY_MAX ? 99 : outcome);
    }
    waitpid(child, &outcome, 0);
    if (outcome == 99 << 8 || (WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGALRM)) {
      printf("FAILED: a data set that takes too much memory or time\n");
      tally->deaths += CHANGES;
    }
    tally->deaths += WIFSIGNALED(outcome);
  }
  tally->refused += outcome != 0;
}

static int attack(Target target) {
  size_t size;
  Tally tally = {0};
  uint8_t *seed = harness_seed(target, &size), *data = malloc(size);
  if (data == NULL || harness_run(target, seed, size) != 0) {
    printf("FAILED: the seed of %s is refused\n", target_names[target]);
    return 1;
  }
  for (size_t length = 0; length < size; length += 1 + size / 200) {
    one(target, seed, length, &tally);
  }
  size_t shorter = tally.refused, truncated = tally.files;
  for (int i = 0; i < CHANGES; i++) {
    memcpy(data, seed, size);
    do {
      change(data, size);
    } while (memcmp(data, seed, size) == 0);
    one(target, data, size, &tally);
  }
  size_t peak = memory_peak_bytes();
  printf(
      "%s: %zu of %zu truncated and %zu of %d changed files refused, %zu deaths inside HDF5, at most %zu "
      "MiB\n",
      target_names[target], shorter, truncated, tally.refused - shorter, CHANGES, tally.deaths, peak >> 20);
  free(seed);
  free(data);
  bool bad = (peak > MEMORY_MAX && getenv("GANTRAIN_SANITIZED") == NULL) || tally.deaths > CHANGES / 10 ||
             (target == TARGET_CHECKPOINT && tally.refused < tally.files);
  return bad ? 1 : 0;
}

int main(int argc, char **argv) {
  int failures = 0;
  harness_begin();
  for (int t = 0; t < TARGETS; t++) {
    if (argc == 3 && strcmp(argv[1], target_names[t]) == 0) {
      size_t size;
      uint8_t *seed = harness_seed((Target)t, &size);
      FILE *file = fopen(argv[2], "wb");
      failures = file == NULL || fwrite(seed, 1, size, file) != size || fclose(file) != 0;
      free(seed);
    } else if (argc == 1) {
      failures += attack((Target)t);
    }
  }
  harness_end();
  return failures == 0 ? 0 : 1;
}
