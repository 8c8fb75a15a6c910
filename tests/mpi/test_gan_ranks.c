/* The same recipe on any number of ranks trains the same model: every rank also trains alone on the whole
 * batch and compares. The batch of 24 is cut into 8 shards, so that three ranks have unequal shares. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/base/shard.h"
#include "gantrain/train/exchange.h"
#include "ref.h"

enum { BATCH = 24, SHARDS = 8, SEED = 5 };

static const Shape image = {6, 5, 1};
static const Condition classes = {.length = 4, .counts = {5, 0, 1, 7}};

/* What a case trains. */
typedef struct Recipe {
  const char *name, *loss;
  double gamma;
  const Condition *condition;
  uint32_t steps;
  GanSettings more; /* of its settings */
} Recipe;

static void create(Gan *gan, const Recipe *recipe, size_t rows, size_t first, bool exact) {
  Architecture architecture;
  const double gamma = recipe->gamma;
  GT_CHECK(architecture_find(&architecture, recipe->name, image) == GT_OK, "%s", status_message());
  if (recipe->condition != NULL) {
    GT_CHECK(architecture_add_condition(&architecture, recipe->condition->length) == GT_OK, "%s",
             status_message());
  }
  GanSettings settings = recipe->more;
  settings.seed = SEED;
  settings.loss = loss_find(recipe->loss);
  settings.penalty[GAN_PENALTY_R1] = gamma;
  settings.penalty[GAN_PENALTY_R2] = gamma / 2.0;
  settings.adam[GAN_G] = settings.adam[GAN_D] = architecture.adam;
  settings.clip = 0.2 * gamma;
  settings.augment_probability = 0.6;
  settings.average = 10.0 * gamma;
  settings.exact = exact;
  settings.condition = recipe->condition;
  Share share = {.rows = rows, .batch = BATCH, .shard_rows = BATCH / SHARDS, .sample = (uint32_t)first};
  GT_CHECK(gan_create(gan, &architecture, image, &settings, share) == GT_OK, "%s", status_message());
}

/* One step on rows [first, first + rows) of the step's batches. */
static void step(Gan *gan, size_t first, uint32_t number, int64_t sums[GAN_SUMS]) {
  size_t pixels = shape_count(image), rows = gan->share.rows;
  float *batch = ref_floats(BATCH * pixels);
  for (uint32_t turn = 0; turn < (uint32_t)gan->settings.d_steps; turn++) {
    ref_fill(batch, BATCH * pixels, 1.0, 1000 + number + 100 * turn);
    memcpy(gan->real + turn * rows * pixels, batch + first * pixels, rows * pixels * sizeof *batch);
    for (size_t row = 0; gan->condition > 0 && row < rows; row++) {
      uint8_t class = (uint8_t[]){0, 2, 3}[(first + row + number + turn) % 3];
      condition_encode(gan->side[GAN_REAL].conditions + (turn * rows + row) * gan->condition, gan->condition,
                       &classes, &class, 1);
    }
  }
  free(batch);
  gan_step(gan, sums);
}

/* 1e-4 of the block's largest value, and of each value. */
static void check_block(const char *what, const Arena *arena, const float *actual, const float *expected) {
  double *wide = ref_doubles(arena->count), largest = 0.0, difference = 0.0;
  ref_widen(wide, expected, arena->count);
  for (size_t i = 0; i < arena->count; i++) {
    largest = fmax(largest, fabs(wide[i]));
    difference = fmax(difference, fabs(wide[i] - (double)actual[i]));
  }
  log_info("%s: largest difference %.2g of %.2g", what, difference, largest);
  GT_CHECK(ref_close(what, actual, wide, arena->count, 1e-4, 1e-4 * largest), "%s", what);
  free(wide);
}

/* The sums of losses are exact, so they differ only where the logits do. */
static void check_sums(const char *name, uint32_t number, const int64_t sums[GAN_SUMS],
                       const int64_t alone[GAN_SUMS], bool exact) {
  int64_t actual[GAN_SUMS];
  memcpy(actual, sums, sizeof actual);
  comm_sum_i64(actual, GAN_SUMS);
  for (int i = 0; i < GAN_SUMS; i++) {
    double a = exact_value(actual[i], EXACT_LOSS_BITS), b = exact_value(alone[i], EXACT_LOSS_BITS);
    GT_CHECK(exact ? actual[i] == alone[i] : fabs(a - b) <= 1e-4 * fabs(b) + 1e-9,
             "%s: step %u: sum %d is %.9g, alone %.9g", name, number, i, a, b);
  }
}

static void check_recipe(const World *world, const Recipe *recipe, bool exact) {
  const char *name = recipe->name;
  Range shards = range_part(SHARDS, (size_t)world->size, (size_t)world->rank);
  size_t each = BATCH / SHARDS, first = shards.first * each;
  Gan *together = calloc(1, sizeof *together), *alone = calloc(1, sizeof *alone);
  Exchange *exchange;
  create(together, recipe, shards.count * each, first, exact);
  create(alone, recipe, BATCH, 0, exact);
  GT_CHECK(exchange_create(&exchange, world, together) == GT_OK, "%s", status_message());
  GT_CHECK(gan_fingerprint(together) == gan_fingerprint(alone), "%s: different at the start", name);
  for (uint32_t number = 0; number < recipe->steps; number++) {
    int64_t sums[GAN_SUMS], expected[GAN_SUMS];
    step(together, first, number, sums);
    step(alone, 0, number, expected);
    check_sums(name, number, sums, expected, exact);
  }
  gan_finish(together);
  gan_finish(alone);
  GT_CHECK(comm_check_same(gan_fingerprint(together), "parameters") == GT_OK, "%s", status_message());
  for (int p = 0; p < 2; p++) {
    const Player *a = &together->player[p], *b = &alone->player[p];
    check_block("parameters", &a->network.params, a->params, b->params);
    check_block("running statistics", &a->network.running, a->running, b->running);
    GT_CHECK(!exact || a->average == NULL ||
                 memcmp(a->average, b->average, a->network.params.count * sizeof *a->average) == 0,
             "%s: the average is not the bits of one rank", name);
    GT_CHECK(!exact || memcmp(a->running, b->running, a->network.running.count * sizeof *a->running) == 0,
             "%s: running statistics are not the bits of one rank", name);
    GT_CHECK(!exact || (memcmp(a->m, b->m, a->network.params.count * sizeof *a->m) == 0 &&
                        memcmp(a->v, b->v, a->network.params.count * sizeof *a->v) == 0),
             "%s: Adam's moments are not the bits of one rank", name);
  }
  if (world->size == 1 || exact) {
    GT_CHECK(gan_fingerprint(together) == gan_fingerprint(alone), "%s: not the bits of one rank", name);
  }
  exchange_free(exchange);
  gan_free(together);
  gan_free(alone);
  free(together);
  free(alone);
}

int main(void) {
  World world;
  if (world_begin(&world) != GT_OK) {
    log_error("%s", status_message());
    return 1;
  }
  const Recipe recipes[] = {
      {.name = "mlp", .loss = "cross-entropy", .steps = 50},
      {.name = "article", .loss = "cross-entropy", .steps = 50},
      {.name = "dcgan", .loss = "cross-entropy", .steps = 20},
      {.name = "cnn", .loss = "rpgan", .steps = 20},
      {.name = "cnn", .loss = "rpgan", .steps = 20, .gamma = 2.0},
      {.name = "article", .loss = "cross-entropy", .steps = 50, .gamma = 2.0},
      {.name = "mlp", .loss = "least-squares", .steps = 20, .condition = &classes},
      {.name = "dcgan", .loss = "cross-entropy", .steps = 20, .gamma = 2.0, .condition = &classes},
      {.name = "cnn", .loss = "rpgan", .steps = 20, .gamma = 2.0, .condition = &classes},
      {.name = "resnet", .loss = "rpgan", .steps = 5, .gamma = 2.0},
      {.name = "resnet", .loss = "hinge", .steps = 5, .gamma = 2.0, .more = {.spectral_norm = true}},
      {.name = "mlp", .loss = "cross-entropy", .steps = 6, .more = {.shard_statistics = true}},
      {.name = "dcgan", .loss = "cross-entropy", .steps = 3, .more = {.shard_statistics = true}},
      {.name = "dcgan", .loss = "hinge", .steps = 3, .more = {.pack = 3}},
      {.name = "mlp",
       .loss = "cross-entropy",
       .steps = 4,
       .more = {.augment = AUGMENT_BRIGHTNESS | AUGMENT_CUTOUT}},
      {.name = "cnn",
       .loss = "rpgan",
       .gamma = 2.0,
       .steps = 6,
       .more = {.pack = 3, .augment = AUGMENT_CUTOUT}},
      {.name = "dcgan", .loss = "cross-entropy", .steps = 5, .more = {.reuse_fakes = true}},
      {.name = "cnn",
       .loss = "rpgan",
       .gamma = 2.0,
       .steps = 10,
       .condition = &classes,
       .more = {.reuse_fakes = true, .augment = AUGMENT_CUTOUT}},
      {.name = "dcgan",
       .loss = "wasserstein",
       .steps = 5,
       .more = {.penalty = {[GAN_PENALTY_GRADIENT] = 10.0}}},
      {.name = "cnn",
       .loss = "rpgan",
       .gamma = 2.0,
       .steps = 10,
       .condition = &classes,
       .more = {.penalty = {[GAN_PENALTY_CAP] = 1.0}}},
      {.name = "dcgan", .loss = "hinge", .steps = 5, .more = {.d_steps = 2}},
      {.name = "mlp", .loss = "least-squares", .steps = 10, .more = {.real_label = 0.9, .flip_labels = 0.3}},
      {.name = "cnn",
       .loss = "rpgan",
       .gamma = 2.0,
       .steps = 5,
       .condition = &classes,
       .more = {.d_steps = 3, .reuse_fakes = true}}};
  for (int exact = 0; exact <= 1; exact++) {
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
      check_recipe(&world, &recipes[i], exact);
    }
  }
  GT_CHECK(!exact_overflowed(), "an exact sum overflowed");
  world_end();
  return 0;
}
