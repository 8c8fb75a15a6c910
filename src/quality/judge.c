/* The judge's network, its file and its predictions. */
#include "gantrain/quality/judge.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/classifier_file.h"
#include "gantrain/math/gemm.h"
#include "judge_parts.h"
#include "spread.h"

enum { FEATURES = 64, SMALL = 4 };

static LayerSpec conv(int filters) {
  return (LayerSpec){.ops = &layer_conv2d,
                     .units = filters,
                     .window_h = 3,
                     .window_w = 3,
                     .stride_h = 1,
                     .stride_w = 1,
                     .kernel = INITIALIZER_GLOROT_UNIFORM};
}

static const LayerSpec leaky = {.ops = &layer_leaky_relu, .slope = 0.1F};
static const LayerSpec pool = {.ops = &layer_max_pooling2d, .window_h = 2, .window_w = 2};
static const LayerSpec flatten = {.ops = &layer_flatten};
static const LayerSpec drop = {.ops = &layer_dropout, .rate = 0.4F};

static LayerSpec dense(int units) {
  return (LayerSpec){.ops = &layer_dense, .units = units, .kernel = INITIALIZER_GLOROT_UNIFORM};
}

/* Convolutions of 16, 32, 64, 64, ... filters with pooling until 4 x 4 pixels or fewer are left, then a
 * dense layer of FEATURES and the classes. The second stage, which sees strokes, has two convolutions. */
static int list_layers(LayerSpec specs[GT_LAYERS_MAX], Shape image, size_t classes) {
  int count = 0, filters = 16;
  for (int size = image.h > image.w ? image.h : image.w, stage = 0; size > SMALL;
       size = (size + 1) / 2, stage++) {
    for (int twice = 0; twice <= (stage == 1); twice++) {
      specs[count++] = conv(filters);
      specs[count++] = leaky;
    }
    specs[count++] = pool;
    filters = filters < 64 ? 2 * filters : 64;
  }
  specs[count++] = flatten;
  if (image.h == 1 && image.w == 1) {
    specs[count++] = dense(2 * FEATURES);
    specs[count++] = leaky;
  }
  specs[count++] = drop;
  specs[count++] = dense(FEATURES);
  specs[count++] = leaky;
  specs[count++] = dense((int)classes);
  return count;
}

Status judge_create(Judge *judge, Shape image, size_t classes, uint64_t seed) {
  LayerSpec specs[GT_LAYERS_MAX];
  memset(judge, 0, sizeof *judge);
  judge->image = image;
  judge->classes = classes;
  judge->channels = 1;
  judge->accuracy = NAN;
  int count = list_layers(specs, image, classes > 0 ? classes : 1);
  GT_TRY(network_build(&judge->network, "classifier", image, specs, count));
  judge->params = arena_block(&judge->network.params);
  judge->running = arena_block(&judge->network.running);
  if (judge->params == NULL || judge->running == NULL) {
    return GT_FAILED;
  }
  network_init(&judge->network, judge->params, judge->running, seed, RNG_INIT_JUDGE);
  judge->fingerprint = arena_hash(&judge->network.params, judge->params, 0);
  return tape_create(&judge->tape, &judge->network, JUDGE_ROWS, TAPE_FORWARD);
}

void judge_free(Judge *judge) {
  memory_free(judge->params);
  memory_free(judge->running);
  memory_free(judge->confusion);
  memory_free(judge->plane);
  tape_free(&judge->tape);
  memset(judge, 0, sizeof *judge);
}

Status judge_random(Judge *judge, Shape image, uint64_t seed) {
  return judge_create(judge, image, 0, seed);
}

/* --- file --- */

Status judge_path(char path[GT_PATH_MAX], const char *data) {
  if (data == NULL) {
    return status_set(GT_USAGE,
                      "the embedded images have no folder to write a classifier to: give -o FILE.h5");
  }
  size_t length = strlen(data);
  bool named = length > 3 && strcmp(data + length - 3, ".h5") == 0;
  return path_format(path, "%.*s.judge.h5", (int)(named ? length - 3 : length), data);
}

Status judge_write(const Judge *judge, const char *path, JudgePlan plan, const char *data) {
  Attributes about = {0};
  attributes_set_real(&about, "accuracy", judge->accuracy);
  attributes_set_int(&about, "classes", (int64_t)judge->classes);
  attributes_set_int(&about, "image_h", judge->image.h);
  attributes_set_int(&about, "image_w", judge->image.w);
  attributes_set_int(&about, "image_c", judge->image.c);
  attributes_set_text(&about, "data", data);
  attributes_set_int(&about, "epochs", plan.epochs);
  attributes_set_int(&about, "seed", (int64_t)plan.seed);
  attributes_set_text(&about, "version", GANTRAIN_VERSION);
  attributes_set_text(&about, "kernels", gemm_description());
  return classifier_write(path, &about, &judge->network.params, judge->params, judge->confusion,
                          judge->classes);
}

/* An integer of the file between 1 and `most`. */
static Status read_int(int *value, const Attributes *about, const char *path, const char *name, int most) {
  const Attribute *attribute = attributes_find(about, name);
  if (attribute == NULL || attribute->type != ATTRIBUTE_INT || attribute->integer < 1 ||
      attribute->integer > most) {
    return status_set(GT_FAILED, "%s: the attribute %s is missing or out of range", path, name);
  }
  *value = (int)attribute->integer;
  return GT_OK;
}

static Status read_file(Judge *judge, const char *path) {
  Attributes about;
  Shape image = {0};
  int classes = 0;
  const char *shown = path == NULL ? "the embedded judge" : path;
  GT_TRY(classifier_read_about(path, &about));
  GT_TRY(read_int(&image.h, &about, shown, "image_h", 1 << 14));
  GT_TRY(read_int(&image.w, &about, shown, "image_w", 1 << 14));
  GT_TRY(read_int(&image.c, &about, shown, "image_c", 1 << 14));
  GT_TRY(read_int(&classes, &about, shown, "classes", JUDGE_CLASSES_MAX));
  GT_TRY(judge_create(judge, image, (size_t)classes, 0));
  GT_TRY(classifier_read(path, &judge->network.params, judge->params));
  const Attribute *accuracy = attributes_find(&about, "accuracy");
  judge->accuracy = accuracy != NULL && accuracy->type == ATTRIBUTE_REAL ? accuracy->real : (double)NAN;
  return GT_OK;
}

Status judge_load(Judge *judge, const World *world, const char *path) {
  memset(judge, 0, sizeof *judge);
  Status outcome = comm_follow(world->rank == 0 ? read_file(judge, path) : GT_OK);
  if (outcome == GT_OK) {
    struct {
      Shape image;
      size_t classes;
      double accuracy;
    } head = {judge->image, judge->classes, judge->accuracy};
    comm_broadcast(&head, sizeof head);
    outcome = comm_agree(world->rank == 0 ? GT_OK : judge_create(judge, head.image, head.classes, 0));
    if (outcome == GT_OK) {
      comm_broadcast(judge->params, judge->network.params.count * sizeof *judge->params);
      judge->accuracy = head.accuracy;
      judge->fingerprint = arena_hash(&judge->network.params, judge->params, 0);
    }
  }
  if (outcome != GT_OK) {
    judge_free(judge);
  }
  return outcome;
}

/* --- predictions --- */

Status judge_split(Judge *judge, int channels) {
  judge->channels = channels;
  judge->plane = memory_alloc(JUDGE_ROWS * shape_count(judge->image), sizeof *judge->plane);
  return judge->plane == NULL ? GT_FAILED : GT_OK;
}

size_t judge_features(const Judge *judge) {
  return (size_t)judge->channels * shape_count(judge->network.layers[judge->network.layers_count - 1].in);
}

size_t judge_logits(const Judge *judge) {
  return (size_t)judge->channels * judge->classes;
}

static void widen(double *out, const float *in, size_t n) {
  for (size_t i = 0; i < n; i++) {
    out[i] = (double)in[i];
  }
}

/* plane (rows, h, w) = channel (first + r) % C of image (first + r) / C, for all r. */
static const float *take_planes(const Judge *judge, const float *x, size_t first, size_t rows) {
  size_t C = (size_t)judge->channels, E = shape_count(judge->image);
  for (size_t r = 0; r < rows; r++) {
    const float *image = x + (first + r) / C * E * C + (first + r) % C;
    for (size_t e = 0; e < E; e++) {
      judge->plane[r * E + e] = image[e * C];
    }
  }
  return judge->plane;
}

/* A row of predictions is that of its channels, one after the other: as if they were so many images. */
void judge_predict(Judge *judge, double *features, double *logits, const float *x, size_t n) {
  size_t F = judge_features(judge) / (size_t)judge->channels, K = judge->classes;
  size_t E = shape_count(judge->image), all = n * (size_t)judge->channels;
  for (size_t first = 0; first < all; first += JUDGE_ROWS) {
    size_t rows = all - first < JUDGE_ROWS ? all - first : JUDGE_ROWS;
    Pass pass = {.share = {.rows = rows, .batch = rows}};
    const float *in = judge->channels > 1 ? take_planes(judge, x, first, rows) : x + first * E;
    const float *out =
        network_forward(&judge->network, judge->params, judge->running, &judge->tape, in, &pass);
    if (features != NULL) {
      widen(features + first * F, judge->tape.y[judge->network.layers_count - 2], rows * F);
    }
    if (logits != NULL) {
      widen(logits + first * K, out, rows * K);
    }
  }
}

/* --- test --- */

static Status count_predictions(Judge *judge, Images *images, DatasetPart part, Range own) {
  size_t E = shape_count(judge->image), K = judge->classes;
  float *x = memory_alloc(own.count * E, sizeof *x);
  double *logits = memory_alloc(own.count * K, sizeof *logits);
  ImageRows rows = {0};
  Status outcome = x == NULL || logits == NULL ? GT_FAILED : images_load(images, part, own, &rows);
  if (outcome == GT_OK && rows.labels == NULL) {
    outcome = status_set(GT_USAGE, "%s: the images to test the classifier on have no labels", images->name);
  }
  if (outcome == GT_OK) {
    outcome = images_read(images, x, part, own);
  }
  if (outcome == GT_OK) {
    judge_predict(judge, NULL, logits, x, own.count);
  }
  for (size_t i = 0; outcome == GT_OK && i < own.count; i++) {
    size_t best = 0;
    for (size_t k = 1; k < K; k++) {
      best = logits[i * K + k] > logits[i * K + best] ? k : best;
    }
    if (rows.labels[i] >= K) {
      outcome = status_set(
          GT_USAGE,
          "%s: the images to test the classifier on have the label %d, but the classifier has %zu classes",
          images->name, rows.labels[i], K);
    } else {
      judge->confusion[rows.labels[i] * K + best]++;
    }
  }
  image_rows_free(&rows);
  memory_free(x);
  memory_free(logits);
  return outcome;
}

Status judge_check_test(const Images *images, Shape classifier, DatasetPart part) {
  Shape image = images->info.image;
  if (images->info.rows[part] == 0) {
    return status_set(
        GT_USAGE,
        "%s: has neither a test nor a validation part to test the classifier on; name a file that "
        "has one: for classify train by --test",
        images->name);
  }
  return memcmp(&classifier, &image, sizeof image) == 0
             ? GT_OK
             : status_set(GT_USAGE, "%s: images of %d x %d x %d; the classifier is for %d x %d x %d",
                          images->name, image.h, image.w, image.c, classifier.h, classifier.w, classifier.c);
}

Status judge_test(Judge *judge, const World *world, Images *images, DatasetPart part) {
  size_t K = judge->classes;
  int64_t right = 0, all = 0;
  GT_TRY(judge_check_test(images, judge->image, part));
  memory_free(judge->confusion);
  judge->confusion = memory_alloc(K * K, sizeof *judge->confusion);
  Range own = spread_rows(world, images->info.rows[part], SPREAD_CHUNK);
  GT_TRY(comm_agree(judge->confusion == NULL ? GT_FAILED : count_predictions(judge, images, part, own)));
  comm_sum_i64(judge->confusion, K * K);
  for (size_t i = 0; i < K * K; i++) {
    all += judge->confusion[i];
    right += i % (K + 1) == 0 ? judge->confusion[i] : 0;
  }
  judge->accuracy = (double)right / (double)all;
  return GT_OK;
}
