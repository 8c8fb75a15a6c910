#include "idx.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "gantrain/base/memory.h"

#define IDX_DIMS_MAX 3
#define LABEL_MAX 255
#define UBYTE 0x0800u /* types of values, in the magic number */
#define INT32 0x0c00u

/* One open file: gzread gives the content of plain and compressed files alike. */
typedef struct IdxFile {
  const char *path;
  gzFile stream;
  bool labels;
  int dims_count;
  size_t value_bytes;
  uint32_t dims[IDX_DIMS_MAX];
  size_t row_bytes, bytes; /* of one image or label, of all */
} IdxFile;

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

/* Type of value and number of dimensions, from the magic number. */
static Status read_magic(IdxFile *file, const uint8_t bytes[4]) {
  uint32_t magic = big_endian(bytes), type = magic & ~0xffu, dims = magic & 0xffu;
  bool known = file->labels ? magic == (UBYTE | 1) || magic == (INT32 | 1) || magic == (INT32 | 2)
                            : magic == (UBYTE | 3);
  file->dims_count = (int)dims;
  file->value_bytes = type == INT32 ? 4 : 1;
  return known ? GT_OK
               : status_set(GT_FAILED, "%s: the magic number is %u, an IDX file of %s starts with %u",
                            file->path, magic, file->labels ? "labels" : "images",
                            UBYTE | (file->labels ? 1u : 3u));
}

/* Is this another kind of file under the name of an IDX file? Its first bytes stay unread. */
static Status check_kind(const IdxFile *file) {
  uint8_t bytes[64];
  size_t got = 0;
  GT_TRY(read_bytes(file, bytes, sizeof bytes, &got));
  const char *kind = bytes_kind(bytes, got);
  if (got >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) {
    return status_set(GT_FAILED, "%s: is compressed twice: unpack it with gunzip once", file->path);
  }
  if (kind != NULL) {
    return status_set(GT_FAILED, "%s: is %s, not an IDX file", file->path, kind);
  }
  return gzrewind(file->stream) == 0 ? GT_OK
                                     : status_set(GT_FAILED, "%s: cannot be read a second time", file->path);
}

static size_t header_bytes(const IdxFile *file) {
  return 4 + 4 * (size_t)file->dims_count;
}

/* Magic number and dimensions; the stream is left at the first value. */
static Status read_header(IdxFile *file) {
  uint8_t bytes[4 + 4 * IDX_DIMS_MAX];
  size_t got = 0, more = 0;
  file->dims_count = file->labels ? 1 : 3;
  GT_TRY(check_kind(file));
  GT_TRY(read_bytes(file, bytes, 4, &got));
  if (got == 4) {
    GT_TRY(read_magic(file, bytes));
    GT_TRY(read_bytes(file, bytes + 4, header_bytes(file) - 4, &more));
  }
  if (got + more < header_bytes(file)) {
    return status_set(GT_FAILED, "%s: truncated: the header alone has %zu bytes, the file holds %zu",
                      file->path, header_bytes(file), got + more);
  }
  file->bytes = file->value_bytes;
  for (int i = file->dims_count - 1; i >= 0; i--) {
    file->row_bytes = file->bytes; /* at the end, of the dimensions after the first */
    file->dims[i] = big_endian(bytes + 4 + 4 * i);
    if (file->dims[i] == 0 || __builtin_mul_overflow(file->bytes, (size_t)file->dims[i], &file->bytes)) {
      return status_set(GT_FAILED, "%s: the header gives dimension %d as %u, which cannot be", file->path,
                        i + 1, file->dims[i]);
    }
  }
  if (file->row_bytes > INT_MAX || file->bytes > SIZE_MAX / 2) {
    return status_set(GT_FAILED, "%s: the header gives %s of %zu bytes, which cannot be", file->path,
                      file->labels ? "labels" : "images", file->row_bytes);
  }
  return GT_OK;
}

/* Reads to the end without keeping anything, so that a header with too large dimensions costs no memory. */
static Status check_length(const IdxFile *file) {
  uint8_t piece[1 << 15];
  size_t header = header_bytes(file), held = 0, got = 0;
  do {
    GT_TRY(read_bytes(file, piece, sizeof piece, &got));
    held += got;
  } while (got == sizeof piece && held <= file->bytes);
  if (held < file->bytes) {
    return status_set(GT_FAILED, "%s: truncated: the header says %zu bytes, the file holds %zu", file->path,
                      header + file->bytes, header + held);
  }
  int code = Z_OK;
  gzerror(file->stream, &code);
  if (code == Z_BUF_ERROR) {
    return status_set(GT_FAILED, "%s: truncated: the compressed data end before their checksum", file->path);
  }
  if (held > file->bytes) {
    return status_set(GT_FAILED,
                      "%s: has bytes after its end: the header says %zu bytes, the file holds more",
                      file->path, header + file->bytes);
  }
  return GT_OK;
}

static Status read_values(const IdxFile *file, uint8_t **values) {
  size_t header = header_bytes(file), got = 0;
  if (gzseek(file->stream, (z_off_t)header, SEEK_SET) < 0) {
    return status_set(GT_FAILED, "%s: cannot be read a second time", file->path);
  }
  *values = memory_alloc(file->bytes, 1);
  if (*values == NULL) {
    return GT_FAILED;
  }
  GT_TRY(read_bytes(file, *values, file->bytes, &got));
  return got == file->bytes ? GT_OK : status_set(GT_FAILED, "%s: was changed while it was read", file->path);
}

/* Header, length and values of one file. */
static Status read_file(IdxFile *file, const char *path, uint8_t **values) {
  GT_TRY(file_check_regular(path));
  file->path = path;
  file->stream = gzopen(path, "rb");
  if (file->stream == NULL) {
    return status_set(GT_FAILED, "%s: cannot be opened (%s)", path, strerror(errno));
  }
  gzbuffer(file->stream, 1 << 17);
  Status status = read_header(file);
  if (status == GT_OK) {
    status = check_length(file);
  }
  if (status == GT_OK) {
    status = read_values(file, values);
  }
  gzclose(file->stream);
  return status;
}

/* Transposes images whose columns are stored as rows. */
static Status transpose(IdxPair *pair) {
  size_t H = (size_t)pair->image.h, W = (size_t)pair->image.w; /* as in the file */
  uint8_t *turned = memory_alloc(pair->rows, H * W);
  if (turned == NULL) {
    return GT_FAILED;
  }
  for (size_t row = 0; row < pair->rows; row++) {
    const uint8_t *from = pair->images + row * H * W;
    uint8_t *to = turned + row * H * W;
    for (size_t i = 0; i < H * W; i++) {
      to[i % W * H + i / W] = from[i];
    }
  }
  memory_free(pair->images);
  pair->images = turned;
  pair->image = (Shape){(int)W, (int)H, 1};
  return GT_OK;
}

static Status read_labels(IdxPair *pair) {
  IdxFile file = {.labels = true};
  const char *path = pair->names->labels;
  GT_TRY(read_file(&file, path, &pair->labels));
  if (file.dims[0] != pair->rows) {
    return status_set(GT_FAILED, "%s: holds %u labels, but %s holds %zu images; they do not belong together",
                      path, file.dims[0], pair->names->images, pair->rows);
  }
  for (size_t row = 0; row < pair->rows && file.value_bytes == 4; row++) {
    uint32_t label = big_endian(pair->labels + row * file.row_bytes);
    if (label > LABEL_MAX) {
      return status_set(GT_FAILED, "%s: label %d in row %zu, labels are 0 to %d", path, (int)label, row,
                        LABEL_MAX);
    }
    pair->labels[row] = (uint8_t)label; /* behind what is still to be read */
  }
  return GT_OK;
}

Status idx_read_pair(IdxPair *pair, const IdxNames *names) {
  memset(pair, 0, sizeof *pair);
  pair->names = names;
  if (names->images[0] == '\0') {
    return GT_OK;
  }
  IdxFile file = {0};
  GT_TRY(read_file(&file, names->images, &pair->images));
  pair->rows = file.dims[0];
  pair->image = (Shape){(int)file.dims[1], (int)file.dims[2], 1};
  if (names->transposed) {
    GT_TRY(transpose(pair));
  }
  return names->labels[0] != '\0' ? read_labels(pair) : GT_OK;
}

void idx_free(IdxPair *pair) {
  memory_free(pair->images);
  memory_free(pair->labels);
  pair->images = NULL;
  pair->labels = NULL;
}
