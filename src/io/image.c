/* Grids of images as PNG, by libpng's simplified interface. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/files.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/outputs.h"

#define GAP 1                        /* pixels between images */
#define GAP_VALUE 96                 /* dark grey: seen on black and on white */
#define SIDE_SEEN 256                /* pixels; a smaller picture is enlarged */
#define SCALE_MOST 8                 /* where no scale was asked for */
#define SIDE_MAX 100000              /* pixels; beyond it few programs open the picture, ... */
#define PIXELS_MAX ((size_t)1 << 28) /* ... nor beyond so many in all */

/* Where the images go. Colour images lie as they are; the channels of others stand side by side. */
typedef struct Grid {
  size_t n, columns, rows;
  size_t cell_h, cell_w; /* of one image */
  size_t h, w;           /* of the picture */
  size_t colours;        /* bytes a pixel: 1 or 3 */
} Grid;

static Grid plan_grid(size_t n, Shape image, size_t columns) {
  Grid grid = {.n = n, .colours = image.c == 3 ? 3 : 1};
  if (columns == 0) {
    columns = (size_t)ceil(sqrt((double)n));
  }
  grid.columns = columns < n ? columns : n;
  grid.rows = (n + grid.columns - 1) / grid.columns;
  grid.cell_h = (size_t)image.h;
  grid.cell_w = (size_t)image.w * (image.c == 3 ? 1 : (size_t)image.c);
  grid.h = grid.rows * (grid.cell_h + GAP) - GAP;
  grid.w = grid.columns * (grid.cell_w + GAP) - GAP;
  return grid;
}

/* Copy image i, [H,W,C], to its cell. */
static void place_image(uint8_t *picture, const Grid *grid, const uint8_t *image, Shape shape, size_t i) {
  size_t top = i / grid->columns * (grid->cell_h + GAP), left = i % grid->columns * (grid->cell_w + GAP);
  size_t h_count = (size_t)shape.h, w_count = (size_t)shape.w, c_count = (size_t)shape.c;
  for (size_t h = 0; h < h_count; h++) {
    uint8_t *line = picture + ((top + h) * grid->w + left) * grid->colours;
    const uint8_t *from = image + h * w_count * c_count;
    if (grid->colours == c_count) {
      memcpy(line, from, w_count * c_count);
      continue;
    }
    for (size_t w = 0; w < w_count; w++) {
      for (size_t c = 0; c < c_count; c++) {
        line[c * w_count + w] = from[w * c_count + c];
      }
    }
  }
}

/* As much as brings the longer side near what is seen well; 1 for pictures that are as large already. */
static size_t choose_scale(const Grid *grid) {
  size_t side = grid->h > grid->w ? grid->h : grid->w, scale = SIDE_SEEN / side;
  return scale < 1 ? 1 : scale > SCALE_MOST ? SCALE_MOST : scale;
}

/* Every pixel becomes scale x scale pixels: enlarged[h * scale, w * scale, colours]. */
static void enlarge(uint8_t *enlarged, const uint8_t *picture, const Grid *grid, size_t scale) {
  size_t line = grid->w * scale * grid->colours;
  for (size_t y = 0; y < grid->h; y++) {
    uint8_t *first = enlarged + y * scale * line;
    for (size_t x = 0; x < grid->w * scale; x++) {
      memcpy(first + x * grid->colours, picture + (y * grid->w + x / scale) * grid->colours, grid->colours);
    }
    for (size_t copy = 1; copy < scale; copy++) {
      memcpy(first + copy * line, first, line);
    }
  }
}

static Status write_png(const char *path, const Grid *grid, const uint8_t *picture) {
  char temporary[GT_PATH_MAX];
  GT_TRY(file_temporary(temporary, path));
  FILE *stream = NULL;
  GT_TRY(file_open_stream(&stream, temporary, O_WRONLY | O_CREAT | O_TRUNC, "wb"));
  png_image png = {.version = PNG_IMAGE_VERSION,
                   .width = (png_uint_32)grid->w,
                   .height = (png_uint_32)grid->h,
                   .format = grid->colours == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
  Status status = GT_OK;
  if (!png_image_write_to_stdio(&png, stream, 0, picture, 0, NULL)) {
    status = status_set(GT_FAILED, "%s: cannot be written (%s)", path, png.message);
  }
  png_image_free(&png);
  if (fclose(stream) != 0 && status == GT_OK) {
    status = status_set(GT_FAILED, "%s: cannot be written (%s)", path, strerror(errno));
  }
  if (status == GT_OK) {
    status = file_commit(path);
  }
  if (status != GT_OK) {
    file_discard(path);
  }
  return status;
}

/* The grid, and how much it is enlarged. */
static Status plan_picture(Grid *grid, size_t *scale, const char *path, size_t n, Shape image,
                           size_t columns) {
  GT_CHECK(image.h > 0 && image.w > 0 && image.c > 0, "image of %d x %d x %d", image.h, image.w, image.c);
  if (n == 0) {
    return status_set(GT_FAILED, "%s: a picture of no images was asked for; at least one is needed", path);
  }
  *grid = plan_grid(n, image, columns);
  *scale = *scale == 0 ? choose_scale(grid) : *scale;
  if (grid->h > SIDE_MAX / *scale || grid->w > SIDE_MAX / *scale ||
      grid->h * *scale > PIXELS_MAX / (grid->w * *scale)) {
    return status_set(GT_FAILED,
                      "%s: a picture of %zu x %zu pixels was asked for, at most %d a side and %zu million in "
                      "all can be written; write fewer images, or an HDF5 file",
                      path, grid->w * *scale, grid->h * *scale, SIDE_MAX, PIXELS_MAX / 1000000);
  }
  return GT_OK;
}

Status image_grid_check(const char *path, size_t n, Shape image, size_t columns, size_t scale) {
  Grid grid;
  return plan_picture(&grid, &scale, path, n, image, columns);
}

Status image_grid_write(const char *path, const uint8_t *images, size_t n, Shape image, size_t columns,
                        size_t scale) {
  Grid grid;
  GT_TRY(plan_picture(&grid, &scale, path, n, image, columns));
  uint8_t *picture = memory_alloc(grid.h * grid.w, grid.colours);
  uint8_t *enlarged = scale > 1 ? memory_alloc(grid.h * scale * grid.w * scale, grid.colours) : NULL;
  if (picture == NULL || (scale > 1 && enlarged == NULL)) {
    memory_free(picture);
    return GT_FAILED;
  }
  memset(picture, GAP_VALUE, grid.h * grid.w * grid.colours);
  for (size_t i = 0; i < n; i++) {
    place_image(picture, &grid, images + i * shape_count(image), image, i);
  }
  if (scale > 1) {
    enlarge(enlarged, picture, &grid, scale);
    grid.h *= scale;
    grid.w *= scale;
  }
  Status status = write_png(path, &grid, scale > 1 ? enlarged : picture);
  memory_free(picture);
  memory_free(enlarged);
  return status;
}

void image_group_by_class(uint8_t *out, const uint8_t *images, size_t n, size_t classes, size_t bytes) {
  size_t each = n / classes;
  for (size_t i = 0; i < classes * each; i++) {
    memcpy(out + (i % classes * each + i / classes) * bytes, images + i * bytes, bytes);
  }
}
