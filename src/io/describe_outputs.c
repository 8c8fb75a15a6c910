/* file_describe on samples, metrics, data sets and foreign files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_parts.h"
#include "dataset_stack.h"
#include "describe.h"
#include "growing.h"
#include "journal.h"

#define ROWS 1024 /* read at once */

static Status open_shape(hid_t *dataset, const char *path, hid_t file, const char *name, int *dims_count,
                         hsize_t dims[H5_DIMS_MAX]) {
  GT_TRY(h5_dataset_open(dataset, path, file, name));
  Status status = h5_dataset_shape(path, *dataset, dims_count, dims);
  if (status != GT_OK) {
    h5_close(*dataset);
    *dataset = H5I_INVALID_HID;
  }
  return status;
}

Status describe_samples(const char *path, hid_t file) {
  hid_t samples = H5I_INVALID_HID, latent = H5I_INVALID_HID;
  int dims_count = 0, latent_dims_count = 0;
  hsize_t dims[H5_DIMS_MAX] = {0}, latent_dims[H5_DIMS_MAX] = {0};
  size_t rows = 0;
  int64_t last = 0;
  GT_TRY(growing_check_format(path, file, "gantrain-samples"));
  GT_TRY(open_shape(&samples, path, file, "samples", &dims_count, dims));
  h5_close(samples);
  GT_TRY(open_shape(&latent, path, file, "latent", &latent_dims_count, latent_dims));
  h5_close(latent);
  bool has_time = h5_exists(file, "time");
  const hsize_t *image = dims + (has_time ? 1 : 0);
  int image_dims_count = dims_count - (has_time ? 1 : 0);
  if ((image_dims_count != 3 && image_dims_count != 4) || latent_dims_count != 2) {
    return status_set(GT_FAILED, "%s: /samples or /latent has an unexpected shape", path);
  }
  printf("%s: samples of gantrain, ", path);
  if (has_time) {
    GT_TRY(growing_find_end(path, file, "time", &rows, &last));
    printf("%zu time%s of ", rows, rows == 1 ? "" : "s");
  }
  printf("%llu images, %llu x %llu pixels", (unsigned long long)image[0], (unsigned long long)image[1],
         (unsigned long long)image[2]);
  if (image_dims_count == 4) {
    printf(" x %llu channels", (unsigned long long)image[3]);
  }
  printf(", %llu latent values each", (unsigned long long)latent_dims[1]);
  if (h5_exists(file, "labels")) {
    printf(", with labels: a data set as well");
  }
  if (rows > 0) {
    printf("; the last at step %lld", (long long)last);
  }
  printf("\n");
  return GT_OK;
}

/* --- metrics --- */

typedef struct Metrics {
  const char *path;
  hid_t file, step;
  size_t rows;
  char waiting[64]; /* names of series without a value, as many as fit on a line; */
  int more;         /* how many do not */
  int64_t last;     /* step */
  int column;       /* of the line of values */
  Status status;
} Metrics;

static void note_waiting(Metrics *metrics, const char *name) {
  size_t used = strlen(metrics->waiting);
  if (metrics->more > 0 || used + strlen(name) + 2 >= sizeof metrics->waiting) {
    metrics->more++;
    return;
  }
  snprintf(metrics->waiting + used, sizeof metrics->waiting - used, "%s%s", used == 0 ? "" : ", ", name);
}

/* "d_loss 0.69", and with the step where that is not the last, in lines of at most 79 columns. */
static void print_value(Metrics *metrics, const char *name, double value, int64_t step) {
  char text[160], when[32] = "";
  if (step != metrics->last) {
    snprintf(when, sizeof when, " at step %lld", (long long)step);
  }
  int width = snprintf(text, sizeof text, "%s %.6g%s", name, value, when) + 2; /* with what goes before */
  bool breaks = metrics->column == 0 || metrics->column + width > 78;
  printf("%s%s%s", breaks && metrics->column > 0 ? ",\n" : "", breaks ? "  " : ", ", text);
  metrics->column = (breaks ? 0 : metrics->column) + width;
}

/* The last value that was measured, searched from the end. */
static Status print_last(Metrics *metrics, hid_t series, const char *name) {
  double values[ROWS];
  for (size_t end = metrics->rows; end > 0;) {
    size_t first = end > ROWS ? end - ROWS : 0;
    GT_TRY(h5_rows_read(metrics->path, series, H5T_NATIVE_DOUBLE, first, end - first, values));
    for (size_t i = end - first; i-- > 0;) {
      if (!isnan(values[i])) {
        int64_t step = 0;
        GT_TRY(h5_rows_read(metrics->path, metrics->step, H5T_NATIVE_INT64, first + i, 1, &step));
        print_value(metrics, name, values[i], step);
        return GT_OK;
      }
    }
    end = first;
  }
  note_waiting(metrics, name);
  return GT_OK;
}

static herr_t visit_series(hid_t root, const char *name, const H5L_info_t *info, void *context) {
  Metrics *metrics = context;
  hid_t series = H5I_INVALID_HID;
  (void)info;
  if (strcmp(name, "step") == 0) {
    return 0;
  }
  const hsize_t dims[1] = {metrics->rows};
  metrics->status = h5_dataset_open(&series, metrics->path, root, name);
  if (metrics->status == GT_OK) {
    metrics->status = h5_dataset_check(metrics->path, series, H5T_FLOAT, 1, dims);
  }
  if (metrics->status == GT_OK) {
    metrics->status = print_last(metrics, series, name);
  }
  h5_close(series);
  return metrics->status == GT_OK ? 0 : -1;
}

static Status print_journal(const char *path, hid_t file, int64_t last) {
  char journal[GT_PATH_MAX];
  Attributes attributes = {0};
  GT_TRY(metrics_journal_path(journal, path));
  GT_TRY(h5_read_attributes(path, file, &attributes));
  JournalWalk walk = journal_walk_begin(&attributes, last, INT64_MAX);
  GT_TRY(journal_walk(journal, &walk));
  if (walk.rows > 0) {
    printf("  %zu more rows, up to step %lld, are in %s, and will be put into the file\n", walk.rows,
           (long long)walk.last, journal);
  }
  return GT_OK;
}

Status describe_metrics(const char *path, hid_t file) {
  Metrics metrics = {.path = path, .file = file, .step = H5I_INVALID_HID, .status = GT_OK};
  GT_TRY(growing_check_format(path, file, "gantrain-metrics"));
  GT_TRY(growing_find_end(path, file, "step", &metrics.rows, &metrics.last));
  printf("%s: metrics of gantrain, %zu row%s", path, metrics.rows, metrics.rows == 1 ? "" : "s");
  if (metrics.rows > 0) {
    printf(" up to step %lld; the last values:", (long long)metrics.last);
  }
  printf("\n");
  GT_TRY(h5_dataset_open(&metrics.step, path, file, "step"));
  if (H5Literate(file, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, visit_series, &metrics) < 0 &&
      metrics.status == GT_OK) {
    metrics.status = h5_failure(path, "list its series");
  }
  if (metrics.column > 0) {
    printf("\n");
  }
  if (metrics.waiting[0] != '\0') {
    printf("  no value yet: %s", metrics.waiting);
    if (metrics.more > 0) {
      printf(" and %d more", metrics.more);
    }
    printf("\n");
  }
  h5_close(metrics.step);
  return metrics.status == GT_OK ? print_journal(path, file, metrics.last) : metrics.status;
}

/* --- image stacks --- */

/* "50 images, 8 x 9 pixels, uint8" */
static void print_stack(const Stack *stack) {
  printf("%zu image%s, %d x %d pixels", stack->rows, stack->rows == 1 ? "" : "s", stack->image.h,
         stack->image.w);
  if (stack->image.c > 1) {
    printf(" x %d channels", stack->image.c);
  }
  printf(", %s", stack->type);
  if (stack->has_range) {
    printf(" of %g to %g", stack->range[0], stack->range[1]);
  }
}

Status describe_dataset(const char *path, hid_t file) {
  printf("%s: a data set of gantrain\n", path);
  for (size_t i = 0; i < sizeof gt_dataset_parts / sizeof *gt_dataset_parts; i++) {
    char name[64];
    hid_t images = H5I_INVALID_HID;
    Stack stack;
    snprintf(name, sizeof name, "%s/images", gt_dataset_parts[i]);
    if (!h5_exists(file, name)) {
      continue;
    }
    GT_TRY(h5_dataset_open(&images, path, file, name));
    Status status = stack_check(&stack, path, images, name);
    h5_close(images);
    GT_TRY(status);
    printf("  %s: ", gt_dataset_parts[i]);
    print_stack(&stack);
    snprintf(name, sizeof name, "%s/labels", gt_dataset_parts[i]);
    printf(h5_exists(file, name) ? ", with labels\n" : ", without labels\n");
  }
  return GT_OK;
}

typedef struct Search {
  const char *path;
  size_t usable; /* stacks so far */
} Search;

static bool print_usable(void *context, const char *name, const Stack *stack, const char *reason) {
  Search *search = context;
  if (reason == NULL) {
    printf("%s  /%s: ", search->usable++ == 0 ? "  image stacks that can be trained on:\n" : "", name);
    print_stack(stack);
    printf("   --data %s:/%s\n", search->path, name);
  }
  return true;
}

static bool print_unfit(void *context, const char *name, const Stack *stack, const char *reason) {
  char what[200];
  (void)context;
  if (reason != NULL) {
    printf("  /%s %s: no image stack, since it %s\n", name, stack_format(what, sizeof what, stack), reason);
  }
  return true;
}

Status describe_foreign(const char *path, hid_t file) {
  Search search = {.path = path};
  printf("%s: an HDF5 file that was not written by gantrain\n", path);
  GT_TRY(stack_visit_all(path, file, print_usable, &search));
  if (search.usable == 0) {
    printf("  no image stack to train on\n");
  }
  return stack_visit_all(path, file, print_unfit, &search);
}
