#include "gantrain/h5/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#define MARK "\ngantrain-seal "
#define PIECE ((size_t)1 << 18)

static void format_seal(char out[SEAL_BYTES + 1], uint64_t hash) {
  snprintf(out, SEAL_BYTES + 1, MARK "%016" PRIx64 "\n", hash);
}

/* XXH3-64 of the next `bytes` bytes of the stream. */
static Status hash_stream(const char *path, FILE *stream, uint64_t bytes, uint64_t *hash) {
  XXH3_state_t *state = XXH3_createState();
  unsigned char *buffer = malloc(PIECE);
  Status status = GT_OK;
  if (state == NULL || buffer == NULL) {
    status = status_set(GT_FAILED, "%s: " STATUS_NO_MEMORY " for its checksum", path);
  } else {
    XXH3_64bits_reset(state);
  }
  while (status == GT_OK && bytes > 0) {
    size_t piece = bytes < PIECE ? (size_t)bytes : PIECE;
    if (fread(buffer, 1, piece, stream) != piece) {
      status = status_set(GT_FAILED, "%s: cannot be read (%s)", path,
                          ferror(stream) ? strerror(errno) : "it became shorter meanwhile");
      break;
    }
    XXH3_64bits_update(state, buffer, piece);
    bytes -= piece;
  }
  *hash = status == GT_OK ? XXH3_64bits_digest(state) : 0;
  XXH3_freeState(state);
  free(buffer);
  return status;
}

void seal_append(unsigned char *bytes, size_t size) {
  char seal[SEAL_BYTES + 1];
  format_seal(seal, XXH3_64bits(bytes, size));
  memcpy(bytes + size, seal, SEAL_BYTES);
}

Status seal_file(const char *path) {
  char seal[SEAL_BYTES + 1];
  uint64_t hash = 0;
  struct stat info;
  FILE *stream = NULL;
  GT_TRY(file_open_stream(&stream, path, O_RDWR, "r+b"));
  Status status = fstat(fileno(stream), &info) == 0
                      ? hash_stream(path, stream, (uint64_t)info.st_size, &hash)
                      : status_set(GT_FAILED, "%s: cannot be read (%s)", path, strerror(errno));
  format_seal(seal, hash);
  /* Between reading and writing a stream wants to be placed. */
  if (status == GT_OK &&
      (fseeko(stream, 0, SEEK_END) != 0 || fwrite(seal, 1, SEAL_BYTES, stream) != SEAL_BYTES)) {
    status = status_set(GT_FAILED, "%s: cannot be written (%s)", path, strerror(errno));
  }
  if (fclose(stream) != 0 && status == GT_OK) {
    status = status_set(GT_FAILED, "%s: cannot be written (%s)", path, strerror(errno));
  }
  return status;
}

/* Where the superblock at the beginning says that the HDF5 part ends ("HDF5 File Format Specification",
 * section II.A); false where there is none that we can read. */
static bool read_end(FILE *stream, uint64_t *end) {
  static const unsigned char signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  unsigned char head[52] = {0};
  rewind(stream);
  if (fread(head, 1, sizeof head, stream) != sizeof head || memcmp(head, signature, sizeof signature) != 0) {
    return false;
  }
  bool first_form = head[8] < 2; /* versions 0 and 1 */
  memcpy(end, head + (head[8] == 0 ? 40 : head[8] == 1 ? 44 : 28), sizeof *end);
  return head[first_form ? 13 : 9] == sizeof *end; /* the size of addresses */
}

/* *found = there is something in the place of a seal that begins like one. */
static Status read_seal(const char *path, FILE *stream, uint64_t bytes, char seal[SEAL_BYTES], bool *found) {
  *found = false;
  if (bytes < SEAL_BYTES) {
    return GT_OK;
  }
  if (fseeko(stream, (off_t)(bytes - SEAL_BYTES), SEEK_SET) != 0 ||
      fread(seal, 1, SEAL_BYTES, stream) != SEAL_BYTES) {
    return status_set(GT_FAILED, "%s: cannot be read (%s)", path, strerror(errno));
  }
  *found = memcmp(seal, MARK, strlen(MARK)) == 0;
  rewind(stream);
  return GT_OK;
}

/* Without a seal, nothing as short as one follows the HDF5 part of any file. */
static Status check_remains(const char *path, FILE *stream, uint64_t bytes) {
  uint64_t end = 0;
  return read_end(stream, &end) && bytes > end && bytes - end <= SEAL_BYTES
             ? status_set(GT_FAILED,
                          "%s: its seal is damaged or cut off: the file was damaged after it was written; "
                          "take another "
                          "copy, or make it again",
                          path)
             : GT_OK;
}

/* The file, open, and what the system knows of it. *stream stays NULL where there is none of that name. */
static Status open_file(FILE **stream, const char *path, struct stat *info) {
  bool there = false;
  *stream = NULL;
  GT_TRY(file_find(&there, path));
  if (!there) {
    return GT_OK;
  }
  GT_TRY(file_open_stream(stream, path, O_RDONLY, "rb"));
  if (fstat(fileno(*stream), info) != 0) {
    fclose(*stream);
    return status_set(GT_FAILED, "%s: cannot be read (%s)", path, strerror(errno));
  }
  return GT_OK;
}

Status seal_check(const char *path, bool *sealed) {
  char seal[SEAL_BYTES], expected[SEAL_BYTES + 1];
  uint64_t hash = 0;
  *sealed = false;
  struct stat info;
  FILE *stream = NULL;
  GT_TRY(open_file(&stream, path, &info));
  if (stream == NULL) {
    return GT_OK; /* opening it as HDF5 says best what is wrong */
  }
  Status status = read_seal(path, stream, (uint64_t)info.st_size, seal, sealed);
  if (status == GT_OK && *sealed) {
    status = hash_stream(path, stream, (uint64_t)info.st_size - SEAL_BYTES, &hash);
    format_seal(expected, hash);
    if (status == GT_OK && memcmp(seal, expected, SEAL_BYTES) != 0) {
      status = status_set(GT_FAILED,
                          "%s: its bytes have the checksum %016" PRIx64
                          ", its seal says %.16s: the file was damaged after it was written; take another "
                          "copy, or make it again",
                          path, hash, seal + strlen(MARK));
    }
  } else if (status == GT_OK) {
    status = check_remains(path, stream, (uint64_t)info.st_size);
  }
  fclose(stream);
  return status;
}

/* Without a seal the file may have been changed by another program, through HDF5, which then ends it exactly
 * where its superblock says. Anything else has lost its tail: cut short, or, after a power failure, filled
 * with zeros. */
Status seal_check_end(const char *path) {
  uint64_t end = 0;
  struct stat info;
  FILE *stream = NULL;
  GT_TRY(open_file(&stream, path, &info));
  if (stream == NULL) {
    return GT_OK;
  }
  bool whole =
      !read_end(stream, &end) || end == (uint64_t)info.st_size || end + SEAL_BYTES == (uint64_t)info.st_size;
  fclose(stream);
  return whole ? GT_OK
               : status_set(GT_FAILED,
                            "%s: is cut short or damaged: it has %lld bytes and no seal that fits, its HDF5 "
                            "part should end at %llu",
                            path, (long long)info.st_size, (unsigned long long)end);
}
