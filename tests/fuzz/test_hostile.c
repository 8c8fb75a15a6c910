/* The seeds, their truncations, and some thousand simple changes of them, through every harness; memory must
 * not grow with what a file claims. test_hostile N makes N changes of each, test_hostile TARGET FILE writes
 * the seed of a target instead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "gantrain/base/status.h"
#include "harness.h"

#define CHANGES 1500
#define CHILD_COSTS 6 /* times as long as a look in the same process: so many fewer changes */
#define MEMORY_MAX ((size_t)256 << 20)
#define CHILD_MAX ((size_t)128 << 20) /* above what the child may take: what it has from its parent */

static int changes;
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

typedef struct Course {
  Target target;
  bool sealed; /* HDF5: with its seal, which no change must pass; without it a child must take the blow */
} Course;

static const Course courses[] = {{TARGET_IDX, false},        {TARGET_DATASET, true},
                                 {TARGET_DATASET, false},    {TARGET_CHECKPOINT, true},
                                 {TARGET_CHECKPOINT, false}, {TARGET_CONFIG, false}};

static size_t peak_of(int whom) {
  struct rusage usage;
  return getrusage(whom, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : SIZE_MAX;
}

/* Files cut off everywhere, every byte of a sealed file, and CHANGES files with several changes. A death or a
 * hang ends this program, and so the test. */
static int attack(const Course *course) {
  const char *name = target_names[course->target];
  size_t size, refused = 0, files = 0, deadly = 0, cut, cut_refused;
  bool hdf5 = course->target == TARGET_DATASET || course->target == TARGET_CHECKPOINT;
  uint8_t *seed = harness_seed(course->target, &size), *data = malloc(size);
  size -= hdf5 && !course->sealed ? HARNESS_SEAL : 0;
  if (data == NULL || harness_run(course->target, seed, size) != GT_OK) {
    printf("FAILED: the seed of %s is refused\n", name);
    return 1;
  }
  for (size_t length = 0; length < size; length += 1 + size / 60, files++) {
    length += course->sealed && length == size - HARNESS_SEAL; /* without the seal it is whole */
    refused += harness_run(course->target, seed, length) != GT_OK;
  }
  cut = files;
  cut_refused = refused;
  for (size_t at = 0; course->sealed && at < size; at++, files++) {
    memcpy(data, seed, size);
    data[at] ^= (uint8_t)(1u << at % 8);
    refused += harness_run(course->target, data, size) != GT_OK;
  }
  int count = hdf5 && !course->sealed ? changes / CHILD_COSTS : changes;
  for (int i = 0; i < count; i++, files++) {
    memcpy(data, seed, size);
    do {
      change(data, size);
    } while (memcmp(data, seed, size) == 0);
    bool failed = harness_run(course->target, data, size) != GT_OK;
    refused += failed;
    deadly += failed && strstr(status_message(), ": HDF5 ") != NULL &&
              strstr(status_message(), "malicious") != NULL;
  }
  free(seed);
  free(data);
  size_t own = peak_of(RUSAGE_SELF), childs = peak_of(RUSAGE_CHILDREN);
  printf(
      "%s%s: %zu of %zu truncated and %zu of %zu changed files refused, HDF5 dies of %zu, at most %zu MiB, "
      "in a child %zu "
      "MiB\n",
      name,
      !hdf5            ? ""
      : course->sealed ? " with its seal"
                       : " without a seal",
      cut_refused, cut, refused - cut_refused, files - cut, deadly, own >> 20, childs >> 20);
  bool greedy = (own > MEMORY_MAX || childs > MEMORY_MAX + CHILD_MAX) && getenv("GANTRAIN_SANITIZED") == NULL;
  return greedy || (course->sealed && refused < files) || (hdf5 && cut_refused < cut) ? 1 : 0;
}

static int write_seed(const char *target, const char *path) {
  for (int t = 0; t < TARGETS; t++) {
    if (strcmp(target, target_names[t]) == 0) {
      size_t size;
      uint8_t *seed = harness_seed((Target)t, &size);
      FILE *file = fopen(path, "wb");
      bool written = file != NULL && fwrite(seed, 1, size, file) == size && fclose(file) == 0;
      free(seed);
      return written ? 0 : 1;
    }
  }
  return 1;
}

/* HDF5 1.10 loses memory of its own when it gives up on some of these files. Only this program overlooks
 * that. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libhdf5";
}

int main(int argc, char **argv) {
  int failures = 0;
  harness_begin();
  if (argc == 3) {
    failures = write_seed(argv[1], argv[2]);
  } else {
    changes = argc == 2 ? atoi(argv[1]) : CHANGES;
    for (size_t c = 0; c < sizeof courses / sizeof *courses; c++) {
      failures += attack(&courses[c]);
    }
  }
  harness_end();
  return failures == 0 ? 0 : 1;
}
