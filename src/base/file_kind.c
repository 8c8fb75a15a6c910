/* What a file is, by its first bytes, where something else was expected. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gantrain/base/files.h"

typedef struct Kind {
  const char *start;
  size_t length;
  const char *name;
} Kind;

#define KIND(start, name) \
  { start, sizeof start - 1, name }

static const Kind kinds[] = {
    KIND("\x1f\x8b", "a gzip file: unpack it with gunzip"),
    KIND("BZh", "a bzip2 file: unpack it with bunzip2"),
    KIND("\xfd"
         "7zXZ",
         "an xz file: unpack it with unxz"),
    KIND("\x28\xb5\x2f\xfd", "a zstd file: unpack it with unzstd"),
    KIND("\x93NUMPY", "a NumPy file: write its array with h5py into an HDF5 file"),
    KIND("PK\x03\x04", "a zip archive (NumPy's .npz is one, too): unpack it"),
    KIND("version https://git-lfs", "a pointer of Git LFS in place of the file: get it with git lfs pull"),
    KIND("\x89PNG", "a PNG picture"),
    KIND("\xff\xd8\xff", "a JPEG picture"),
    KIND("\x89HDF\r\n\x1a\n", "an HDF5 file: name it with --data"),
    KIND("CDF\x01", "a netCDF-3 file: convert it to netCDF-4 with nccopy -k 4"),
    KIND("CDF\x02", "a netCDF-3 file: convert it to netCDF-4 with nccopy -k 4"),
    KIND("\x0e\x03\x13\x01", "an HDF4 file: convert it to HDF5 with h4toh5"),
};

static const char html[] = "an HTML page, perhaps an error page of the server: download it again";

const char *bytes_kind(const void *bytes, size_t size) {
  const char *text = bytes;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (size >= kinds[i].length && memcmp(bytes, kinds[i].start, kinds[i].length) == 0) {
      return kinds[i].name;
    }
  }
  while (size > 0 && strchr(" \t\r\n\xef\xbb\xbf", text[0]) != NULL && text[0] != '\0') {
    text++;
    size--;
  }
  return (size >= 9 && strncasecmp(text, "<!doctype", 9) == 0) ||
                 (size >= 5 && strncasecmp(text, "<html", 5) == 0)
             ? html
             : NULL;
}

const char *file_kind(const char *path) {
  char bytes[256];
  FILE *stream = NULL;
  if (file_open_stream(&stream, path, O_RDONLY, "rb") != GT_OK) {
    return NULL;
  }
  size_t size = fread(bytes, 1, sizeof bytes, stream);
  fclose(stream);
  return bytes_kind(bytes, size);
}
