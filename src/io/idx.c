#include "idx.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "gantrain/base/memory.h"

#define IDX_DIMS_MAX 3
#define LABEL_MAX 9

/* One open file: gzread gives the content of plain and compressed files alike. */
typedef struct IdxFile {
  const char *path;
  gzFile stream;
  int dims_count;
  uint32_t dims[IDX_DIMS_MAX];
  size_t values; /* product of dims */
} IdxFile;

/* path = the first name that exists: STEM-KIND-idxD-ubyte or STEM-KIND.idxD-ubyte, plain or .gz. */
static Status find_file(char path[GT_PATH_MAX], const char *dir, const char *stem, const char *kind,
                        int dims_count) {
  static const char *const endings[] = {"", ".gz"};
  static const char separators[] = "-.";
  struct stat info;
  if (stat(dir, &info) != 0) {
    return status_set(GT_FAILED, "%s: cannot be opened (%s); the folder of the four IDX files was expected",
                      dir, strerror(errno));
  }
  if (!S_ISDIR(info.st_mode)) {
    return status_set(GT_FAILED, "%s: is not a folder; the folder of the four IDX files was expected", dir);
  }
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 2; j++) {
      GT_TRY(path_format(path, "%s/%s-%s%cidx%d-ubyte%s", dir, stem, kind, separators[i], dims_count,
                         endings[j]));
      bool there = false;
      GT_TRY(file_find(&there, path));
      if (there) {
        return GT_OK;
      }
    }
  }
  return status_set(
      GT_FAILED, "%s: holds no %s-%s-idx%d-ubyte, plain or .gz; data/fetch-mnist.sh gets the files of MNIST",
      dir, stem, kind, dims_count);
}

/* Read up to `size` bytes; *got says how many there were. GT_FAILED where the file cannot be read or its
 * compressed data are damaged. Compressed data that end early count as an early end of the file. */
static Status read_bytes(const IdxFile *file, uint8_t *out, size_t size, size_t *got) {
  *got = 0;
  while (*got < size) {
    size_t piece = size - *got < INT_MAX / 2 ? size - *got : INT_MAX / 2;
    int n = gzread(file->stream, out + *got, (unsigned)piece);
    int code = Z_OK;
    const char *reason = gzerror(file->stream, &code);
    if (n < 0 && code != Z_BUF_ERROR) {
      return status_set(GT_FAILED, "%s: cannot be read (%s)", file->path,
                        code == Z_ERRNO ? strerror(errno) : reason);
    }
    if (n <= 0) {
      break;
    }
    *got += (size_t)n;
  }
  return GT_OK;
}

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Magic number and dimensions; the stream is left at the first value. */
static Status read_header(IdxFile *file) {
  uint8_t bytes[4 + 4 * IDX_DIMS_MAX];
  size_t size = 4 + 4 * (size_t)file->dims_count, got = 0;
  const uint32_t magic = 0x0800u + (uint32_t)file->dims_count; /* 08: unsigned bytes */
  GT_TRY(read_bytes(file, bytes, size, &got));
  if (got >= 4 && big_endian(bytes) != magic) {
    return status_set(GT_FAILED, "%s: the magic number is %u, an IDX file of %s starts with %u", file->path,
                      big_endian(bytes), file->dims_count == 1 ? "labels" : "images", magic);
  }
  if (got < size) {
    return status_set(GT_FAILED, "%s: truncated: the header alone has %zu bytes, the file holds %zu",
                      file->path, size, got);
  }
  file->values = 1;
  for (int i = 0; i < file->dims_count; i++) {
    file->dims[i] = big_endian(bytes + 4 + 4 * i);
    if (file->dims[i] == 0 || __builtin_mul_overflow(file->values, (size_t)file->dims[i], &file->values)) {
      return status_set(GT_FAILED, "%s: the header gives dimension %d as %u, which cannot be", file->path,
                        i + 1, file->dims[i]);
    }
  }
  size_t image = file->values / file->dims[0];
  if (image > INT_MAX || file->values > SIZE_MAX / 2) {
    return status_set(GT_FAILED, "%s: the header gives images of %zu pixels, which cannot be", file->path,
                      image);
  }
  return GT_OK;
}

/* Read to the end without keeping anything: a header that promises too much costs no memory. */
static Status check_length(const IdxFile *file) {
  uint8_t piece[1 << 15];
  size_t header = 4 + 4 * (size_t)file->dims_count, held = 0, got = 0;
  do {
    GT_TRY(read_bytes(file, piece, sizeof piece, &got));
    held += got;
  } while (got == sizeof piece && held <= file->values);
  if (held < file->values) {
    return status_set(GT_FAILED, "%s: truncated: the header says %zu bytes, the file holds %zu", file->path,
                      header + file->values, header + held);
  }
  int code = Z_OK;
  gzerror(file->stream, &code);
  if (code == Z_BUF_ERROR) {
    return status_set(GT_FAILED, "%s: truncated: the compressed data end before their checksum", file->path);
  }
  if (held > file->values) {
    return status_set(GT_FAILED,
                      "%s: has bytes after its end: the header says %zu bytes, the file holds more",
                      file->path, header + file->values);
  }
  return GT_OK;
}

static Status read_values(const IdxFile *file, uint8_t **values) {
  size_t header = 4 + 4 * (size_t)file->dims_count, got = 0;
  if (gzseek(file->stream, (z_off_t)header, SEEK_SET) < 0) {
    return status_set(GT_FAILED, "%s: cannot be read a second time", file->path);
  }
  *values = memory_alloc(file->values, 1);
  if (*values == NULL) {
    return GT_FAILED;
  }
  GT_TRY(read_bytes(file, *values, file->values, &got));
  return got == file->values ? GT_OK : status_set(GT_FAILED, "%s: was changed while it was read", file->path);
}

/* Header, length and values of one file; dims[dims_count] and *values are set. */
static Status read_file(const char *path, int dims_count, uint32_t dims[IDX_DIMS_MAX], uint8_t **values) {
  struct stat info;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    return status_set(GT_FAILED, "%s: is a folder, an IDX file was expected", path);
  }
  IdxFile file = {.path = path, .stream = gzopen(path, "rb"), .dims_count = dims_count};
  if (file.stream == NULL) {
    return status_set(GT_FAILED, "%s: cannot be opened (%s)", path, strerror(errno));
  }
  gzbuffer(file.stream, 1 << 17);
  Status status = read_header(&file);
  if (status == GT_OK) {
    status = check_length(&file);
  }
  if (status == GT_OK) {
    status = read_values(&file, values);
  }
  memcpy(dims, file.dims, sizeof file.dims);
  gzclose(file.stream);
  return status;
}

Status idx_read_pair(IdxPair *pair, const char *dir, const char *stem) {
  uint32_t dims[IDX_DIMS_MAX], labels_dims[IDX_DIMS_MAX];
  memset(pair, 0, sizeof *pair);
  GT_TRY(find_file(pair->images_path, dir, stem, "images", 3));
  GT_TRY(find_file(pair->labels_path, dir, stem, "labels", 1));
  GT_TRY(read_file(pair->images_path, 3, dims, &pair->images));
  GT_TRY(read_file(pair->labels_path, 1, labels_dims, &pair->labels));
  if (labels_dims[0] != dims[0]) {
    return status_set(GT_FAILED, "%s: holds %u labels, but %s holds %u images; they do not belong together",
                      pair->labels_path, labels_dims[0], pair->images_path, dims[0]);
  }
  pair->rows = dims[0];
  pair->image = (Shape){(int)dims[1], (int)dims[2], 1};
  for (size_t row = 0; row < pair->rows; row++) {
    if (pair->labels[row] > LABEL_MAX) {
      return status_set(GT_FAILED, "%s: label %d in row %zu, labels are 0 to %d", pair->labels_path,
                        pair->labels[row], row, LABEL_MAX);
    }
  }
  return GT_OK;
}

void idx_free(IdxPair *pair) {
  memory_free(pair->images);
  memory_free(pair->labels);
  pair->images = NULL;
  pair->labels = NULL;
}
