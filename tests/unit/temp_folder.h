/* A folder for a test's files, gone at its end, and a check of messages. */
#ifndef GANTRAIN_TEMP_FOLDER_H
#define GANTRAIN_TEMP_FOLDER_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gantrain/base/files.h"

static char temp_folder[1024];

static inline bool file_exists(const char *path) {
  bool there = false;
  assert_int_equal(file_find(&there, path), GT_OK);
  return there;
}

/* Removes every entry of `folder`, which must hold no folders. */
static inline void temp_folder_empty(const char *folder) {
  char path[GT_PATH_MAX + sizeof((struct dirent *)NULL)->d_name];
  DIR *stream = opendir(folder);
  assert_non_null(stream);
  for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
      assert_int_equal(remove(path), 0);
    }
  }
  closedir(stream);
}

static inline int temp_folder_make(void **state) {
  const char *parent = getenv("TMPDIR");
  (void)state;
  snprintf(temp_folder, sizeof temp_folder, "%s/gantrain-test-XXXXXX", parent != NULL ? parent : "/tmp");
  return mkdtemp(temp_folder) != NULL ? 0 : -1;
}

static inline int temp_folder_remove(void **state) {
  (void)state;
  temp_folder_empty(temp_folder);
  return rmdir(temp_folder);
}

/* out = the path of `name` in the folder. */
static inline const char *temp_path(char out[GT_PATH_MAX], const char *name) {
  assert_int_equal(path_format(out, "%s/%s", temp_folder, name), GT_OK);
  return out;
}

/* Checks that the last message contains all the texts (ended by NULL); prints it where it does not. */
static inline void assert_message(const char *first, ...) {
  va_list texts;
  va_start(texts, first);
  for (const char *text = first; text != NULL; text = va_arg(texts, const char *)) {
    if (strstr(status_message(), text) == NULL) {
      print_error("the message \"%s\" has no \"%s\"\n", status_message(), text);
      fail();
    }
  }
  va_end(texts);
}

#endif
