/* Finding the IDX files of a set in a folder, however its archives were unpacked. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "idx.h"

#define NAME_MAX_IDX 256
#define SETS_MAX 8

/* What a file's name says: "emnist-letters-train-images-idx3-ubyte.gz". */
typedef struct Parsed {
  char set[NAME_MAX_IDX]; /* "emnist-letters", "" for MNIST and its kin */
  int part;               /* 0 train, 1 test */
  bool labels, packed;
} Parsed;

typedef struct Search {
  const char *dir;
  const char *wanted; /* the one set to take, NULL: whichever there is */
  IdxNames *names;
  char sets[SETS_MAX][NAME_MAX_IDX];
  int sets_count;
} Search;

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), n = strlen(end);
  return length >= n && strcmp(text + length - n, end) == 0;
}

/* Dots, underscores and capitals stand for dashes and small letters. */
static bool plain_name(char out[NAME_MAX_IDX], const char *name) {
  if (strlen(name) >= NAME_MAX_IDX) {
    return false;
  }
  size_t i = 0;
  for (; name[i] != '\0'; i++) {
    out[i] = name[i] == '.' || name[i] == '_' ? '-' : (char)tolower((unsigned char)name[i]);
  }
  out[i] = '\0';
  return true;
}

static bool parse(Parsed *parsed, const char *name) {
  static const struct {
    const char *ending;
    int part;
  } stems[] = {{"train", 0}, {"t10k", 1}, {"test", 1}};
  char text[NAME_MAX_IDX];
  if (!plain_name(text, name)) {
    return false;
  }
  parsed->packed = ends_with(text, "-gz");
  text[strlen(text) - (parsed->packed ? 3 : 0)] = '\0';
  char *images = strstr(text, "-images-idx3-ubyte"), *labels = strstr(text, "-labels-idx");
  char *kind = images != NULL ? images : labels;
  if (kind == NULL || (images != NULL ? !ends_with(text, "-images-idx3-ubyte")
                                      : !ends_with(text, "-ubyte") && !ends_with(text, "-int"))) {
    return false;
  }
  *kind = '\0';
  parsed->labels = images == NULL;
  for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
    size_t length = strlen(stems[i].ending), rest = strlen(text) - length;
    if (ends_with(text, stems[i].ending) && (rest == 0 || text[rest - 1] == '-')) {
      parsed->part = stems[i].part;
      snprintf(parsed->set, sizeof parsed->set, "%.*s", (int)(rest > 0 ? rest - 1 : 0), text);
      return true;
    }
  }
  return false;
}

/* Writes the name of the folder that holds the file. */
static void folder_name(char out[GT_PATH_MAX], const char *path) {
  const char *end = strrchr(path, '/'), *start = end;
  while (start > path && start[-1] != '/') {
    start--;
  }
  snprintf(out, GT_PATH_MAX, "%.*s", (int)(end - start), start);
}

/* Are two files for the same part in two folders of `dir`? They belong to different sets, whose images and
 * labels must not be mixed. A folder may have the file's own name, as archives unpack it, and files in `dir`
 * itself come before others. */
static bool is_of_other_set(const char *dir, const char *path, const char *other) {
  char folders[2][GT_PATH_MAX];
  Parsed parsed;
  if (strchr(other + strlen(dir) + 1, '/') == NULL) {
    return false;
  }
  folder_name(folders[0], path);
  folder_name(folders[1], other);
  return strcmp(folders[0], folders[1]) != 0 && !parse(&parsed, folders[0]) && !parse(&parsed, folders[1]);
}

/* Adds a file to the search. Of several files with the same content the first is used, an unpacked one before
 * a compressed one. */
static Status add_file(Search *search, const Parsed *parsed, const char *path) {
  int s = 0;
  if (search->wanted != NULL && strcmp(search->wanted, parsed->set) != 0) {
    return GT_OK;
  }
  while (s < search->sets_count && strcmp(search->sets[s], parsed->set) != 0) {
    s++;
  }
  if (s == search->sets_count && s < SETS_MAX) {
    snprintf(search->sets[search->sets_count++], NAME_MAX_IDX, "%s", parsed->set);
  }
  IdxNames *names = &search->names[parsed->part];
  char *out = parsed->labels ? names->labels : names->images;
  if (out[0] != '\0' && is_of_other_set(search->dir, path, out)) {
    return status_set(GT_FAILED,
                      "%s: holds several sets of IDX files, %s and %s; name the folder of one of them",
                      search->dir, out, path);
  }
  bool better = out[0] == '\0' || (ends_with(out, ".gz") && !parsed->packed);
  return better ? path_format(out, "%s", path) : GT_OK;
}

/* The files of a folder, and of the folders in it where `depth` is more than 0. */
static Status search_folder(Search *search, const char *dir, int depth) {
  struct dirent **entries = NULL;
  int count = scandir(dir, &entries, NULL, alphasort);
  if (count < 0) {
    return status_set(GT_FAILED, "%s: cannot be opened (%s); the folder of the IDX files was expected", dir,
                      strerror(errno));
  }
  Status status = GT_OK;
  for (int turn = 0; turn < 2; turn++) { /* files come first */
    for (int i = 0; i < count && status == GT_OK; i++) {
      char path[GT_PATH_MAX];
      struct stat info;
      Parsed parsed;
      const char *name = entries[i]->d_name;
      if (name[0] == '.' || path_format(path, "%s/%s", dir, name) != GT_OK || stat(path, &info) != 0) {
        continue;
      }
      if (turn == 0 && !S_ISDIR(info.st_mode) && parse(&parsed, name)) {
        status = add_file(search, &parsed, path);
      } else if (turn == 1 && S_ISDIR(info.st_mode) && depth > 0) {
        status = search_folder(search, path, depth - 1);
      }
    }
  }
  for (int i = 0; i < count; i++) {
    free(entries[i]);
  }
  free(entries);
  return status;
}

static Status refuse_several(const Search *search) {
  char list[400] = "";
  for (int s = 0; s < search->sets_count; s++) {
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", s > 0 ? ", " : "",
             search->sets[s][0] != '\0' ? search->sets[s] : "one without a name");
  }
  int named = search->sets[0][0] != '\0' ? 0 : 1;
  return status_set(GT_FAILED, "%s: holds several sets of IDX files: %s; name one of them, as %s/%s",
                    search->dir, list, search->dir, search->sets[named]);
}

/* DIR may also be DIR/SET, where that is no folder. */
static Status open_folder(char dir[GT_PATH_MAX], char set[NAME_MAX_IDX], const char *given) {
  struct stat info;
  set[0] = '\0';
  GT_TRY(path_format(dir, "%s", given));
  if (stat(dir, &info) == 0) {
    return S_ISDIR(info.st_mode)
               ? GT_OK
               : status_set(GT_FAILED, "%s: is not a folder; the folder of the IDX files was expected", dir);
  }
  int reason = errno;
  char *slash = strrchr(dir, '/');
  if (slash != NULL && slash > dir && slash[1] != '\0' && plain_name(set, slash + 1)) {
    *slash = '\0';
    if (stat(dir, &info) == 0 && S_ISDIR(info.st_mode)) {
      return GT_OK;
    }
  }
  return status_set(GT_FAILED, "%s: cannot be opened (%s); the folder of the IDX files was expected", given,
                    strerror(reason));
}

Status idx_find(IdxNames names[2], const char *given) {
  static Search search;
  char dir[GT_PATH_MAX], set[NAME_MAX_IDX];
  memset(names, 0, 2 * sizeof *names);
  GT_TRY(open_folder(dir, set, given));
  search = (Search){.dir = dir, .wanted = set[0] != '\0' ? set : NULL, .names = names};
  GT_TRY(search_folder(&search, dir, 1));
  if (search.sets_count > 1) {
    return refuse_several(&search);
  }
  if (names[0].images[0] == '\0') {
    return status_set(
        GT_FAILED,
        "%s: holds no train-images-idx3-ubyte, plain or .gz; data/fetch-mnist.sh gets the files of "
        "MNIST",
        given);
  }
  names[0].transposed = names[1].transposed = strncmp(search.sets[0], "emnist", 6) == 0;
  return GT_OK;
}
