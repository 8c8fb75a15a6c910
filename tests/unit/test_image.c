/* Picture grids, read back by libpng. */
#include <png.h>
#include <signal.h>
#include <sys/resource.h>

#include "gantrain/io/outputs.h"
#include "temp_folder.h"

typedef struct Picture {
  size_t h, w, colours;
  uint8_t *data;
} Picture;

static Picture read_png(const char *path) {
  png_image png = {.version = PNG_IMAGE_VERSION};
  assert_true(png_image_begin_read_from_file(&png, path));
  size_t colours = (png.format & PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1;
  png.format = colours == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Picture picture = {png.height, png.width, colours, malloc(PNG_IMAGE_SIZE(png))};
  assert_non_null(picture.data);
  assert_true(png_image_finish_read(&png, NULL, picture.data, 0, NULL));
  return picture;
}

static uint8_t value(size_t i, size_t h, size_t w, size_t c) {
  return (uint8_t)(i * 41 + h * 17 + w * 5 + c * 101);
}

/* Writes n images and checks every pixel of images, gaps and empty cells. */
static void check_scaled(size_t n, Shape shape, size_t columns, size_t grid_columns, size_t grid_rows,
                         size_t asked, size_t scale) {
  char path[GT_PATH_MAX];
  size_t h_count = (size_t)shape.h, w_count = (size_t)shape.w, c_count = (size_t)shape.c;
  uint8_t *images = malloc(n * shape_count(shape)), *next = images;
  for (size_t i = 0; i < n; i++) {
    for (size_t h = 0; h < h_count; h++) {
      for (size_t w = 0; w < w_count; w++) {
        for (size_t c = 0; c < c_count; c++) {
          *next++ = value(i, h, w, c);
        }
      }
    }
  }
  assert_int_equal(image_grid_write(temp_path(path, "grid.png"), images, n, shape, columns, asked), GT_OK);
  Picture picture = read_png(path);
  size_t side_by_side = c_count == 3 ? 1 : c_count, cell_w = w_count * side_by_side;
  assert_int_equal(picture.colours, c_count == 3 ? 3 : 1);
  assert_int_equal(picture.w, scale * (grid_columns * (cell_w + 1) - 1));
  assert_int_equal(picture.h, scale * (grid_rows * (h_count + 1) - 1));
  for (size_t y = 0; y < picture.h; y++) {
    for (size_t x = 0; x < picture.w; x++) {
      size_t i = y / scale / (h_count + 1) * grid_columns + x / scale / (cell_w + 1);
      size_t h = y / scale % (h_count + 1), w = x / scale % (cell_w + 1);
      for (size_t colour = 0; colour < picture.colours; colour++) {
        uint8_t expected = 96;
        if (i < n && h < h_count && w < cell_w) {
          expected = c_count == 3 ? value(i, h, w, colour) : value(i, h, w % w_count, w / w_count);
        }
        assert_int_equal(picture.data[(y * picture.w + x) * picture.colours + colour], expected);
      }
    }
  }
  free(picture.data);
  free(images);
}

static void check_grid(size_t n, Shape shape, size_t columns, size_t grid_columns, size_t grid_rows) {
  check_scaled(n, shape, columns, grid_columns, grid_rows, 1, 1);
}

static void test_scales(void **state) {
  (void)state;
  check_scaled(7, (Shape){5, 3, 1}, 0, 3, 3, 3, 3);
  check_scaled(5, (Shape){4, 7, 3}, 0, 3, 2, 2, 2);
  check_scaled(1, (Shape){28, 28, 1}, 0, 1, 1, 0, 8); /* chosen: small pictures are enlarged, */
  check_scaled(4, (Shape){28, 28, 1}, 0, 2, 2, 0, 4);
  check_scaled(64, (Shape){28, 28, 1}, 0, 8, 8, 0, 1); /* large ones are not */
  check_scaled(1, (Shape){2, 300, 1}, 0, 1, 1, 0, 1);
}

static void test_grids(void **state) {
  (void)state;
  check_grid(1, (Shape){1, 1, 1}, 0, 1, 1);
  check_grid(1, (Shape){28, 28, 1}, 10, 1, 1); /* no more columns than images */
  check_grid(64, (Shape){28, 28, 1}, 0, 8, 8);
  check_grid(7, (Shape){5, 3, 1}, 0, 3, 3); /* two empty cells */
  check_grid(7, (Shape){5, 3, 1}, 2, 2, 4);
  check_grid(5, (Shape){4, 7, 3}, 0, 3, 2);
  check_grid(6, (Shape){4, 7, 2}, 0, 3, 2);
  check_grid(2, (Shape){3, 1, 4}, 1, 1, 2);
}

static void test_failures(void **state) {
  (void)state;
  char path[GT_PATH_MAX], temporary[GT_PATH_MAX];
  const uint8_t pixels[4] = {1, 2, 3, 4};
  temp_path(path, "failing.png");
  assert_int_equal(file_temporary(temporary, path), GT_OK);
  assert_int_equal(image_grid_write(path, pixels, 0, (Shape){2, 2, 1}, 0, 0), GT_FAILED);
  assert_message("failing.png: a picture of no images", NULL);
  setenv("GT_FAULT", "write:0", 1);
  assert_int_equal(image_grid_write(path, pixels, 1, (Shape){2, 2, 1}, 0, 0), GT_FAILED);
  setenv("GT_FAULT", "memory:0", 1);
  assert_int_equal(image_grid_write(path, pixels, 1, (Shape){2, 2, 1}, 0, 0), GT_FAILED);
  unsetenv("GT_FAULT");
  assert_int_equal(image_grid_write(path, pixels, 1000000, (Shape){2, 2, 1}, 1, 1), GT_FAILED);
  assert_message("2 x 2999999 pixels", NULL);
  assert_false(file_exists(path) || file_exists(temporary));
  assert_int_equal(image_grid_write(temp_path(path, "no/where.png"), pixels, 1, (Shape){2, 2, 1}, 0, 0),
                   GT_FAILED);
  assert_message("cannot be created (No such file or directory)", NULL);
  /* A disk that is full: the system lets no file grow. */
  struct rlimit before, none = {0};
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none.rlim_max = before.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  Status full = image_grid_write(temp_path(path, "full.png"), pixels, 1, (Shape){2, 2, 1}, 0, 0);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(full, GT_FAILED);
  assert_message("full.png: cannot be written", NULL);
  assert_false(file_exists(path));
  /* Something that is no regular file is not written to. */
  assert_int_equal(file_temporary(temporary, path), GT_OK);
  assert_int_equal(mkfifo(temporary, 0666), 0);
  assert_int_equal(image_grid_write(path, pixels, 1, (Shape){2, 2, 1}, 0, 0), GT_FAILED);
  assert_message("full.png.tmp: is a FIFO", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_grids), cmocka_unit_test(test_scales),
                                     cmocka_unit_test(test_failures)};
  return cmocka_run_group_tests_name("image", tests, temp_folder_make, temp_folder_remove);
}
