#include "gantrain/base/memory_limits.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gantrain/base/files.h"
#include "gantrain/base/memory_measure.h"

/* MPI and HDF5 do not survive a failing malloc everywhere: they hang or crash. So the least that a start
 * takes, libraries, stacks and the allocator's reserves included (about 340 MiB were seen), must be there at
 * once. */
#define ADDRESS_SPACE_LEAST ((size_t)400 << 20)

Status memory_check_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= ADDRESS_SPACE_LEAST) {
    return GT_OK;
  }
  return status_set(GT_FAILED,
                    STATUS_NO_MEMORY
                    ": the limit of virtual memory is %zu KiB here, and at least %zu KiB are needed "
                    "(ulimit -v; batch systems set it from the memory that a job asks for)",
                    (size_t)limit.rlim_cur >> 10, ADDRESS_SPACE_LEAST >> 10);
}

/* The number in a file of one number or after `key` in a file of "key number" lines; SIZE_MAX: none. */
static size_t read_number(const char *root, const char *file, const char *key) {
  char path[GT_PATH_MAX], line[256];
  unsigned long long value = 0;
  size_t found = SIZE_MAX;
  FILE *stream = path_format(path, "%s%s", root, file) == GT_OK ? fopen(path, "r") : NULL;
  while (stream != NULL && found == SIZE_MAX && fgets(line, sizeof line, stream) != NULL) {
    size_t length = strlen(key);
    if (strncmp(line, key, length) == 0 && sscanf(line + length, " %llu", &value) == 1) {
      found = (size_t)value;
    }
  }
  if (stream != NULL) {
    fclose(stream);
  }
  return found;
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* The page cache among the memory that a group uses, in it and below, which can be given back; "active" is
 * what was read twice. Version 1 has a group's own part and the whole, version 2 only the whole. */
static size_t file_cache(const char *root, const char *statistics) {
  static const char *const keys[2][2] = {{"total_inactive_file ", "inactive_file "},
                                         {"total_active_file ", "active_file "}};
  size_t sum = 0;
  for (int i = 0; i < 2; i++) {
    size_t total = read_number(root, statistics, keys[i][0]);
    total = total != SIZE_MAX ? total : read_number(root, statistics, keys[i][1]);
    sum += total != SIZE_MAX ? total : 0;
  }
  return sum;
}

/* What one control group leaves: its limit minus what is used and cannot be given back. */
static size_t group_leaves(const char *root, const char *folder, const char *limit_name,
                           const char *used_name) {
  char name[GT_PATH_MAX];
  size_t limit = SIZE_MAX, used = SIZE_MAX;
  if (path_format(name, "%s/%s", folder, limit_name) == GT_OK) {
    limit = read_number(root, name, "");
  }
  if (limit != SIZE_MAX && path_format(name, "%s/%s", folder, used_name) == GT_OK) {
    used = read_number(root, name, "");
  }
  if (used == SIZE_MAX) {
    return SIZE_MAX;
  }
  if (path_format(name, "%s/memory.stat", folder) == GT_OK) {
    used -= least(file_cache(root, name), used);
  }
  return limit > used ? limit - used : 0;
}

/* The least that a group and all groups around it leave. */
static size_t groups_leave(const char *root, const char *mount, char *group, const char *limit_name,
                           const char *used_name) {
  char folder[GT_PATH_MAX];
  size_t leaves = SIZE_MAX;
  for (;;) {
    if (path_format(folder, "%s%s", mount, group) == GT_OK) {
      leaves = least(leaves, group_leaves(root, folder, limit_name, used_name));
    }
    char *slash = strrchr(group, '/');
    if (slash == NULL) {
      return leaves;
    }
    *slash = '\0';
  }
}

size_t memory_available(const char *root) {
  char path[GT_PATH_MAX], line[GT_PATH_MAX];
  size_t machine = read_number(root, "/proc/meminfo", "MemAvailable:");
  size_t leaves = machine > SIZE_MAX / 1024 ? SIZE_MAX : machine * 1024;
  FILE *stream = path_format(path, "%s/proc/self/cgroup", root) == GT_OK ? fopen(path, "r") : NULL;
  while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *memory = strstr(line, ":memory:");
    if (strncmp(line, "0::", 3) == 0) {
      leaves = least(leaves, groups_leave(root, "/sys/fs/cgroup", line + 3, "memory.max", "memory.current"));
    } else if (memory != NULL) {
      leaves = least(leaves, groups_leave(root, "/sys/fs/cgroup/memory", memory + strlen(":memory:"),
                                          "memory.limit_in_bytes", "memory.usage_in_bytes"));
    }
  }
  if (stream != NULL) {
    fclose(stream);
  }
  return leaves;
}

bool memory_space_is_limited(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/* What is left of this process's own limit of virtual memory, apart from what is only being measured. */
static size_t address_space_left(void) {
  struct rlimit limit;
  if (!memory_space_is_limited() || getrlimit(RLIMIT_AS, &limit) != 0) {
    return SIZE_MAX;
  }
  size_t pages = read_number("", "/proc/self/statm", "");
  size_t used = pages == SIZE_MAX ? 0 : pages * (size_t)sysconf(_SC_PAGESIZE);
  used -= least(memory_measured(), used);
  return (size_t)limit.rlim_cur > used ? (size_t)limit.rlim_cur - used : 0;
}

size_t memory_resident(void) {
  size_t kib = read_number("", "/proc/self/status", "VmRSS:");
  return kib == SIZE_MAX ? 0 : kib << 10;
}

/* GT_MEMORY: MiB that there are, for tests. */
static size_t machine_leaves(void) {
  const char *limit = getenv("GT_MEMORY");
  size_t leaves = memory_available("");
  return limit != NULL ? least(leaves, (size_t)strtoull(limit, NULL, 10) << 20) : leaves;
}

size_t memory_sum(const MemoryNeed *needs, int count) {
  size_t sum = 0;
  for (int i = 0; i < count; i++) {
    sum = needs[i].bytes < SIZE_MAX - sum ? sum + needs[i].bytes : SIZE_MAX;
  }
  return sum;
}

/* "12 MiB are needed (networks 5 MiB, images 7 MiB)", "a picture needs 12 MiB" */
static void format_needs(char *out, size_t room, const MemoryNeed *needs, int count) {
  if (count == 1) {
    snprintf(out, room, "%s needs %zu MiB", needs[0].name, needs[0].bytes >> 20);
    return;
  }
  snprintf(out, room, "%zu MiB are needed", memory_sum(needs, count) >> 20);
  const char *between = " (";
  for (int i = 0; i < count; i++) {
    size_t used = strlen(out);
    if (needs[i].bytes > 0) {
      snprintf(out + used, room - used, "%s%s %zu MiB", between, needs[i].name, needs[i].bytes >> 20);
      between = ", ";
    }
  }
  size_t used = strlen(out);
  snprintf(out + used, room - used, ")");
}

Status memory_check_needs(const MemoryNeed *needs, int count, size_t beside, const char *cure) {
  char needed[GT_MESSAGE_MAX / 2], others[80] = "";
  size_t own = memory_sum(needs, count), leaves = machine_leaves(), space = address_space_left();
  format_needs(needed, sizeof needed, needs, count);
  if (own > space) {
    return status_set(GT_FAILED,
                      STATUS_NO_MEMORY
                      ": %s, and the limit of virtual memory leaves %zu MiB (ulimit -v; batch systems set it "
                      "from the memory that a job asks for): %s",
                      needed, space >> 20, cure);
  }
  if (beside > 0) {
    snprintf(others, sizeof others, " beside %zu MiB of the other ranks of this machine", beside >> 20);
  }
  return own <= leaves && beside <= leaves - own
             ? GT_OK
             : status_set(GT_FAILED, STATUS_NO_MEMORY ": %s%s, and this machine or job has %zu MiB left: %s",
                          needed, others, leaves >> 20, cure);
}

Status memory_check(size_t bytes, const char *what) {
  const MemoryNeed need = {what, bytes};
  return memory_check_needs(&need, 1, 0,
                            "ask for more memory, start fewer ranks a node, or use a smaller batch");
}
