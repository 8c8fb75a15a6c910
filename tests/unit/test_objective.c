/* The gradients of both players in a step, against finite differences of their losses in double:
 * cross-entropy and pairs, without and with penalties and a condition, dropout in D, two shards. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "ref.h"

enum { N = 6, SEED = 4, LATENT = 4, CLASSES = 3 };
#define SMALL 1e-5

static const Shape image = {5, 3, 1};
static const Condition three_classes = {.length = CLASSES, .counts = {3, 0, 4}};
static const uint8_t real_classes[N] = {0, 2, 2, 0, 2, 0};

/* The networks before and after D's update, in double. */
typedef struct Twin {
  const Gan *gan;
  const GanSettings *settings;
  double *G, *D, *newD, *none;
  double *real; /* (N, image), of D's last update, whose draws are those of `turn` */
  uint32_t turn;
} Twin;

/* The step of a stream's key: draws of D's update are counted by updates, those of G's by steps. */
static RngKey key_of(const Twin *twin, uint32_t stream) {
  static const struct {
    uint32_t first, numbers;
  } of_g[] = {{RNG_LATENT_G, 1},
              {RNG_CLASS + RNG_LATENT_G, 1},
              {RNG_AUGMENT_G, 1},
              {RNG_AUGMENT_G_REAL, 1},
              {RNG_DROPOUT_G, RNG_LAYERS},
              {RNG_DROPOUT_G_REAL, RNG_LAYERS},
              {RNG_DROPOUT_MAKE_G, RNG_LAYERS}};
  for (size_t i = 0; i < sizeof of_g / sizeof *of_g; i++) {
    if (stream >= of_g[i].first && stream < of_g[i].first + of_g[i].numbers) {
      return (RngKey){SEED, stream, 0};
    }
  }
  return (RngKey){SEED, stream, twin->turn};
}

static bool conditioned(const Twin *twin) {
  return twin->settings->condition != NULL;
}

/* So many rows does D see of N images. */
static size_t packs_of(const Twin *twin) {
  return twin->settings->pack > 1 ? N / twin->settings->pack : N;
}

static Architecture architecture(void) {
  Architecture a;
  memset(&a, 0, sizeof a);
  a.name = "small";
  a.latent = LATENT;
  LayerSpec dense = {.ops = &layer_dense, .units = 15, .kernel = INITIALIZER_GLOROT_UNIFORM};
  LayerSpec conv = {
      .ops = &layer_conv2d, .units = 3, .window_h = 4, .window_w = 4, .stride_h = 2, .stride_w = 2};
  a.generator[0] = dense;
  a.generator[1] = (LayerSpec){.ops = &layer_tanh};
  a.generator[2] = (LayerSpec){.ops = &layer_dropout, .rate = 0.2F};
  a.generator[3] = (LayerSpec){.ops = &layer_reshape, .target = image};
  a.generator_count = 4;
  a.discriminator[0] = conv;
  a.discriminator[1] = (LayerSpec){.ops = &layer_leaky_relu, .slope = 0.2F};
  a.discriminator[2] = (LayerSpec){.ops = &layer_dropout, .rate = 0.3F};
  a.discriminator[3] = (LayerSpec){.ops = &layer_flatten};
  a.discriminator[4] = dense;
  a.discriminator[4].units = 1;
  a.discriminator_count = 5;
  a.adam = (AdamSettings){.lr = 1e-2, .beta1 = 0.0, .beta2 = 0.9, .epsilon = 1e-8};
  return a;
}

/* Batch normalisation behind the first layer of G, and of D where no penalty forbids it. */
static void add_normalisation(Architecture *a, const GanSettings *settings) {
  const LayerSpec norm = {.ops = &layer_batch_normalization, .momentum = 0.8F, .epsilon = 1e-1F};
  memmove(a->generator + 2, a->generator + 1, (size_t)(a->generator_count - 1) * sizeof *a->generator);
  a->generator[1] = norm;
  a->generator_count++;
  if (settings->penalty[GAN_PENALTY_R1] <= 0.0) {
    memmove(a->discriminator + 2, a->discriminator + 1,
            (size_t)(a->discriminator_count - 1) * sizeof *a->discriminator);
    a->discriminator[1] = norm;
    a->discriminator_count++;
  }
}

/* A player's pass in training over `rows` of the batch, shard by shard where those count. */
static void pass_of(const Twin *twin, int p, double *y, const double *params, const double *x, size_t rows,
                    RngKey key) {
  const Network *network = &twin->gan->player[p].network;
  size_t part = twin->settings->shard_statistics ? rows / 2 : rows;
  for (size_t row = 0; row < rows; row += part) {
    ref_network_forward(network, y + row * shape_count(network->out), params, twin->none,
                        x + row * shape_count(network->in), part, true, (uint32_t)row, key);
  }
}

static double *widened(const float *block, size_t n) {
  double *wide = ref_doubles(n);
  ref_widen(wide, block, n);
  return wide;
}

static bool penalised_between(const Twin *twin) {
  const double *penalty = twin->settings->penalty;
  return penalty[GAN_PENALTY_GRADIENT] > 0.0 || penalty[GAN_PENALTY_CAP] > 0.0;
}

/* The classes of the fakes on that noise: of pairs, and with a penalty between them and the real images,
 * those of the real images; else drawn, the words of the class's stream taken as a number in [0, 7). */
static void classes_of(const Twin *twin, uint8_t classes[N], RngStream stream) {
  memcpy(classes, real_classes, N);
  bool drawn = stream != 0 && !twin->settings->loss->paired && !penalised_between(twin);
  for (uint32_t n = 0; n < N && drawn; n++) {
    RngKey key = key_of(twin, RNG_CLASS + (uint32_t)stream);
    double draw = 7.0 * (ref_word(key, n, 0) + ref_word(key, n, 1) * 0x1p-32) * 0x1p-32;
    classes[n] = draw < 3.0 ? 0 : 2;
  }
}

static void fakes_of(const Twin *twin, double *fakes, RngStream stream) {
  RngKey key = key_of(twin, stream);
  double z[N * (LATENT + CLASSES)] = {0.0};
  uint8_t classes[N];
  size_t in = LATENT + (conditioned(twin) ? CLASSES : 0);
  classes_of(twin, classes, stream);
  for (uint32_t row = 0; row < N; row++) {
    for (size_t e = 0; e < LATENT; e++) {
      z[row * in + e] = (double)(float)ref_normal(key, row, e);
    }
    if (conditioned(twin)) {
      z[row * in + LATENT + classes[row]] = 1.0;
    }
  }
  key = key_of(twin, stream == RNG_LATENT_D ? RNG_DROPOUT_MAKE_D : RNG_DROPOUT_MAKE_G);
  pass_of(twin, GAN_G, fakes, twin->G, z, N, key);
}

/* D's logits; with a condition the one of every class plus that of the image's. `of`: the stream of the
 * fakes' noise, 0 for the real images. */
static void logits_of(const Twin *twin, double *logits, const double *D, const double *x, RngStream stream,
                      RngStream of) {
  double outputs[N * (1 + CLASSES)];
  uint8_t classes[N];
  pass_of(twin, GAN_D, conditioned(twin) ? outputs : logits, D, x, packs_of(twin), key_of(twin, stream));
  classes_of(twin, classes, of);
  for (size_t n = 0; n < N && conditioned(twin); n++) {
    logits[n] = outputs[n * (1 + CLASSES)] + outputs[n * (1 + CLASSES) + 1 + classes[n]];
  }
}

/* What D sees of N images. */
static void seen_of(const Twin *twin, double *seen, const double *x, RngStream stream) {
  size_t M = N / packs_of(twin);
  Augmentation draws[N];
  double changed[N * 15];
  if (twin->settings->augment != 0) {
    ref_augment_draw(draws, twin->settings->augment, twin->settings->augment_probability,
                     key_of(twin, stream), 0, N, image.h, image.w);
    ref_augment_forward(changed, x, draws, N, image.h, image.w, image.c);
    x = changed;
  }
  ref_pack_forward(seen, x, N / M, M, shape_count(image), 1);
}

static double value(LossFunction function, double logit) {
  double slope;
  Score score = score_of(logit);
  return function(&score, &slope);
}

static double squared_itself(double squared, double *slope) {
  *slope = 1.0;
  return squared;
}

/* The mean of a function of |d logit / d what D sees|^2. */
static double mean_penalty(const Twin *twin, PenaltyFunction function, const double *D, const double *x,
                           RngStream stream, RngStream of) {
  const size_t packs = packs_of(twin), E = N * shape_count(image) / packs;
  double moved[N * 15], above[N], below[N], squared[N] = {0.0}, sum = 0.0, slope;
  for (size_t e = 0; e < E; e++) {
    memcpy(moved, x, sizeof moved);
    for (size_t n = 0; n < packs; n++) {
      moved[n * E + e] += SMALL;
    }
    logits_of(twin, above, D, moved, stream, of);
    for (size_t n = 0; n < packs; n++) {
      moved[n * E + e] -= 2.0 * SMALL;
    }
    logits_of(twin, below, D, moved, stream, of);
    for (size_t n = 0; n < packs; n++) {
      squared[n] += pow((above[n] - below[n]) / (2.0 * SMALL), 2.0);
    }
  }
  for (size_t n = 0; n < packs; n++) {
    sum += function(squared[n], &slope) / (double)packs;
  }
  return sum;
}

/* Points between what D sees of real images and of fakes, one place a pack. */
static void between_of(const Twin *twin, double *between, const double *reals, const double *fakes) {
  const size_t packs = packs_of(twin), E = N * shape_count(image) / packs;
  for (size_t i = 0; i < packs * E; i++) {
    double place = floor(ref_word(key_of(twin, RNG_BETWEEN), (uint32_t)(i / E), 0) / 256.0) * 0x1p-24;
    between[i] = place * reals[i] + (1.0 - place) * fakes[i];
  }
}

/* All of D's penalties on what it sees of real images and of fakes. */
static double penalties(const Twin *twin, const double *reals, const double *fakes) {
  double between[N * 15], sum = 0.0;
  const double *points[GAN_SIDES] = {reals, fakes, between};
  const RngStream streams[GAN_SIDES] = {RNG_DROPOUT_REAL, RNG_DROPOUT_FAKE, RNG_DROPOUT_BETWEEN};
  between_of(twin, between, reals, fakes);
  for (int i = 0; i < GAN_PENALTIES; i++) {
    const GanPenaltyRow *row = &gan_penalties[i];
    RngStream of = row->side == GAN_FAKE ? RNG_LATENT_D : 0;
    if (twin->settings->penalty[i] > 0.0) {
      sum += twin->settings->penalty[i] *
             mean_penalty(twin, row->function, twin->D, points[row->side], streams[row->side], of);
    }
  }
  return sum;
}

/* Some rows are under the cap and some above it, or its test would show nothing. */
static void check_cap(const Twin *twin) {
  double fakes[N * 15], reals[N * 15], seen[N * 15], between[N * 15];
  fakes_of(twin, fakes, RNG_LATENT_D);
  seen_of(twin, reals, twin->real, RNG_AUGMENT_REAL);
  seen_of(twin, seen, fakes, RNG_AUGMENT_FAKE);
  between_of(twin, between, reals, seen);
  double cap = mean_penalty(twin, penalty_cap, twin->D, between, RNG_DROPOUT_BETWEEN, 0);
  assert_true(cap > 0.0);
  assert_true(cap < mean_penalty(twin, penalty_centred, twin->D, between, RNG_DROPOUT_BETWEEN, 0));
}

/* D's loss on a logit of that side, against its label where labels are not just 1 and 0. */
static double d_value(const Twin *twin, int side, size_t n, double logit) {
  const GanSettings *settings = twin->settings;
  bool real = side == GAN_REAL, labelled = settings->real_label > 0.0 || settings->flip_labels > 0.0;
  if (!labelled) {
    return value(real ? settings->loss->real : settings->loss->fake, logit);
  }
  RngKey key = key_of(twin, real ? RNG_FLIP_REAL : RNG_FLIP_FAKE);
  bool flipped = floor(ref_word(key, (uint32_t)n, 0) / 256.0) * 0x1p-24 < settings->flip_labels;
  double high = settings->real_label > 0.0 ? settings->real_label : 1.0, slope;
  Score score = score_of(logit);
  return settings->loss->against(&score, real != flipped ? high : 0.0, &slope);
}

static double d_objective(const Twin *twin) {
  const Loss *loss = twin->settings->loss;
  bool paired = loss->paired;
  double fakes[N * 15], reals[N * 15], seen[N * 15], r[N], f[N], sum = 0.0, packs = (double)packs_of(twin);
  fakes_of(twin, fakes, RNG_LATENT_D);
  seen_of(twin, reals, twin->real, RNG_AUGMENT_REAL);
  seen_of(twin, seen, fakes, RNG_AUGMENT_FAKE);
  logits_of(twin, r, twin->D, reals, RNG_DROPOUT_REAL, 0);
  logits_of(twin, f, twin->D, seen, RNG_DROPOUT_FAKE, RNG_LATENT_D);
  for (size_t n = 0; n < packs_of(twin); n++) {
    sum += (paired ? value(loss->real, r[n] - f[n])
                   : d_value(twin, GAN_REAL, n, r[n]) + d_value(twin, GAN_FAKE, n, f[n])) /
           packs;
  }
  sum += penalties(twin, reals, seen);
  return paired ? sum : sum / 2.0;
}

static double g_objective(const Twin *twin) {
  const Loss *loss = twin->settings->loss;
  bool paired = loss->paired;
  double fakes[N * 15], reals[N * 15], seen[N * 15], r[N], f[N], sum = 0.0, packs = (double)packs_of(twin);
  RngStream noise = twin->settings->reuse_fakes ? RNG_LATENT_D : RNG_LATENT_G;
  fakes_of(twin, fakes, noise);
  seen_of(twin, reals, twin->real, RNG_AUGMENT_G_REAL);
  seen_of(twin, seen, fakes, RNG_AUGMENT_G);
  logits_of(twin, r, twin->newD, reals, RNG_DROPOUT_G_REAL, 0);
  logits_of(twin, f, twin->newD, seen, RNG_DROPOUT_G, noise);
  for (size_t n = 0; n < packs_of(twin); n++) {
    sum += (paired ? value(loss->generator, f[n] - r[n]) : value(loss->generator, f[n])) / packs;
  }
  return sum;
}

static void check_player(const Twin *twin, int p, double *params, double (*objective)(const Twin *twin)) {
  const Player *player = &twin->gan->player[p];
  const Arena *arena = &player->network.params;
  double *expected = ref_doubles(arena->count);
  for (int t = 0; t < arena->tensors_count; t++) {
    for (size_t i = arena->tensors[t].first; i < arena->tensors[t].first + arena->tensors[t].count; i++) {
      double before = params[i];
      params[i] = before + SMALL;
      double above = objective(twin);
      params[i] = before - SMALL;
      expected[i] = (above - objective(twin)) / (2.0 * SMALL);
      params[i] = before;
    }
  }
  assert_true(ref_close(player->network.name, player->grads, expected, arena->count, 1e-4, 2e-6));
  free(expected);
}

/* D as it is before its last update in a step. */
static void keep_d(void *context, int begins) {
  const Twin *twin = context;
  const Player *d = &twin->gan->player[GAN_D];
  if (begins == GAN_PHASE_D_REAL) {
    ref_widen(twin->D, d->params, d->network.params.count);
  }
}

/* Several batches, in the last of which the rows have these classes and before it others. */
static void fill_batches(Gan *gan) {
  const size_t E = N * shape_count(image);
  for (uint32_t turn = 0; turn < (uint32_t)gan->settings.d_steps; turn++) {
    bool last = turn + 1 == (uint32_t)gan->settings.d_steps;
    ref_fill(gan->real + turn * E, E, 1.0, 3 + turn);
    for (size_t n = 0; gan->condition > 0 && n < N; n++) {
      condition_encode(gan->side[GAN_REAL].conditions + (turn * N + n) * CLASSES, CLASSES, &three_classes,
                       &real_classes[last ? n : N - 1 - n], 1);
    }
  }
}

static void check_settings(GanSettings settings) {
  Gan *gan = calloc(1, sizeof *gan);
  Architecture a = architecture();
  const Condition *condition = settings.condition;
  settings.seed = SEED;
  settings.adam[GAN_G] = settings.adam[GAN_D] = a.adam;
  const Share share = {.rows = N, .batch = N, .shard_rows = N / 2};
  int64_t sums[GAN_SUMS];
  if (settings.shard_statistics) {
    add_normalisation(&a, &settings);
  }
  if (condition != NULL) {
    assert_int_equal(architecture_add_condition(&a, condition->length), GT_OK);
  }
  assert_int_equal(gan_create(gan, &a, image, &settings, share), GT_OK);
  fill_batches(gan);
  Player *g = &gan->player[GAN_G], *d = &gan->player[GAN_D];
  for (size_t i = 0; i < d->network.params.count; i++) {
    d->params[i] *= 1.45F; /* slopes on both sides of a cap of 1 */
  }
  Twin twin = {.gan = gan,
               .settings = &settings,
               .G = widened(g->params, g->network.params.count),
               .D = widened(d->params, d->network.params.count),
               .none = ref_doubles(g->network.running.count + d->network.running.count + 1),
               .turn = (uint32_t)gan->settings.d_steps - 1};
  twin.real = widened(gan->real + twin.turn * N * shape_count(image), N * shape_count(image));
  gan->hooks.phase = keep_d;
  gan->hooks.watcher = &twin;
  gan_step(gan, sums);
  gan_finish(gan);
  twin.newD = widened(d->params, d->network.params.count);
  if (settings.penalty[GAN_PENALTY_CAP] > 0.0) {
    check_cap(&twin);
  }
  check_player(&twin, GAN_D, twin.D, d_objective);
  check_player(&twin, GAN_G, twin.G, g_objective);
  double g_loss = exact_value(sums[GAN_SUM_G_LOSS], EXACT_LOSS_BITS) / N;
  assert_true(fabs(g_loss - g_objective(&twin)) < 1e-5);
  double slope = exact_value(sums[GAN_SUM_D_SLOPE_REAL], EXACT_LOSS_BITS) / N;
  double reals[N * 15];
  seen_of(&twin, reals, twin.real, RNG_AUGMENT_REAL);
  double expected = settings.penalty[GAN_PENALTY_R1] > 0.0
                        ? mean_penalty(&twin, squared_itself, twin.D, reals, RNG_DROPOUT_REAL, 0)
                        : 0.0;
  assert_true(twin.turn > 0 || fabs(slope - expected) <= 1e-4 * expected);
  slope = exact_value(sums[GAN_SUM_D_SLOPE_BETWEEN], EXACT_LOSS_BITS);
  assert_true((slope > 0.0) == penalised_between(&twin));
  double real = exact_value(sums[GAN_SUM_D_REAL], EXACT_LOSS_BITS),
         fake = exact_value(sums[GAN_SUM_D_FAKE], EXACT_LOSS_BITS);
  assert_true(!settings.loss->paired || (real > 0.0 && fabs(real + fake - N * (twin.turn + 1)) < 1e-9));
  double *blocks[] = {twin.G, twin.D, twin.newD, twin.none, twin.real};
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    free(blocks[b]);
  }
  gan_free(gan);
  free(gan);
}

static void check_with(const Condition *condition, const char *loss, double r1, double r2, bool exact) {
  check_settings(
      (GanSettings){.loss = loss_find(loss), .penalty = {r1, r2}, .exact = exact, .condition = condition});
}

static void check(const char *loss, double r1, double r2, bool exact) {
  check_with(NULL, loss, r1, r2, exact);
}

static void test_conditions(void **state) {
  (void)state;
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    check_with(&three_classes, loss_at(i)->name, 1.0, 0.5, i % 2 == 0);
    if (!loss_at(i)->needs_penalty) {
      check_with(&three_classes, loss_at(i)->name, 0.0, 0.0, i % 2 == 1);
    }
  }
}

/* What follows is about images, not about scores: one loss of single images and one of pairs. */
static const char *const two_losses[] = {"cross-entropy", "rpgan"};

static void test_packs(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    const Loss *loss = loss_find(two_losses[i]);
    check_settings((GanSettings){.loss = loss, .pack = 3, .penalty = {1.0, 0.5}, .exact = i == 0});
    check_settings((GanSettings){.loss = loss, .pack = 3, .exact = i == 1});
  }
}

/* Images of 5 x 3 pixels are too small to be moved. */
static void test_augmentation(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    check_settings((GanSettings){.loss = loss_find(two_losses[i]),
                                 .augment = AUGMENT_CUTOUT | AUGMENT_BRIGHTNESS,
                                 .augment_probability = 0.7,
                                 .pack = i == 0 ? 3 : 1,
                                 .penalty = {1.0, 0.5},
                                 .exact = i == 0});
  }
}

static void test_statistics_of_shards(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    const Loss *loss = loss_find(two_losses[i]);
    check_settings(
        (GanSettings){.loss = loss, .shard_statistics = true, .penalty = {1.0, 0.5}, .exact = i == 0});
    check_settings((GanSettings){.loss = loss, .shard_statistics = true, .exact = i == 1});
  }
}

/* G learns from the fakes of D's update: their noise, classes and dropout, and the new D. */
static void test_reused_fakes(void **state) {
  (void)state;
  check_settings((GanSettings){.loss = loss_find("cross-entropy"), .reuse_fakes = true});
  check_settings((GanSettings){.loss = loss_find("rpgan"), .reuse_fakes = true, .penalty = {1.0, 0.5}});
  check_settings((GanSettings){
      .loss = loss_find("hinge"), .reuse_fakes = true, .exact = true, .condition = &three_classes});
  check_settings(
      (GanSettings){.loss = loss_find("rpgan"), .reuse_fakes = true, .pack = 3, .penalty = {0.0, 0.5}});
}

/* Between real images and fakes: centred, and one-sided; beside others, and under a cap that some are below.
 */
static void test_between(void **state) {
  (void)state;
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    check_settings((GanSettings){.loss = loss_at(i), .penalty = {[GAN_PENALTY_GRADIENT] = 3.0}});
    check_settings(
        (GanSettings){.loss = loss_at(i), .penalty = {[GAN_PENALTY_CAP] = 5.0}, .exact = i % 2 == 0});
  }
  const double all[GAN_PENALTIES] = {1.0, 0.5, 2.0, 0.0};
  GanSettings settings = {.loss = loss_find("wasserstein"), .condition = &three_classes, .reuse_fakes = true};
  memcpy(settings.penalty, all, sizeof all);
  check_settings(settings);
  settings.loss = loss_find("rpgan");
  check_settings(settings);
  settings = (GanSettings){.loss = loss_find("hinge"), .pack = 3, .exact = true};
  memcpy(settings.penalty, all, sizeof all);
  check_settings(settings);
}

/* The last of several updates of D in a step, and G after it: batches, classes and draws of their own. */
static void test_several_updates_of_d(void **state) {
  (void)state;
  const double penalty[GAN_PENALTIES] = {1.0, 0.0, 2.0, 0.0};
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    GanSettings settings = {.loss = loss_at(i),
                            .d_steps = 2 + (int)i % 2,
                            .reuse_fakes = i % 2 == 0,
                            .augment = AUGMENT_CUTOUT | AUGMENT_BRIGHTNESS,
                            .augment_probability = 0.7,
                            .exact = i % 3 == 0,
                            .condition = i % 4 < 2 ? &three_classes : NULL};
    if (loss_at(i)->needs_penalty || i % 2 == 1) {
      memcpy(settings.penalty, penalty, sizeof penalty);
    }
    check_settings(settings);
  }
}

/* Labels of D alone: smoothed, flipped (a row of one in two, so that some are), a pack's in common. */
static void test_labels(void **state) {
  (void)state;
  int count = 0;
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    if (loss_at(i)->against != NULL) {
      check_settings((GanSettings){.loss = loss_at(i), .real_label = 0.9});
      check_settings(
          (GanSettings){.loss = loss_at(i), .flip_labels = 0.5, .d_steps = 2, .penalty = {0.0, 1.0}});
      check_settings(
          (GanSettings){.loss = loss_at(i), .real_label = 0.8, .flip_labels = 0.5, .pack = 3, .exact = true});
      count++;
    }
  }
  assert_int_equal(count, 3);
}

static void test_labels_are_refused(void **state) {
  (void)state;
  Gan *gan = calloc(1, sizeof *gan);
  const Architecture a = architecture();
  GanSettings settings = {.loss = loss_find("hinge"), .real_label = 0.9, .adam = {a.adam, a.adam}};
  const Share share = {.rows = N, .batch = N, .shard_rows = N};
  assert_int_equal(gan_create(gan, &a, image, &settings, share), GT_USAGE);
  assert_non_null(strstr(status_message(), "--smooth-labels: --loss hinge has no labels"));
  settings = (GanSettings){.loss = loss_find("rpgan"), .flip_labels = 0.1, .adam = {a.adam, a.adam}};
  assert_int_equal(gan_create(gan, &a, image, &settings, share), GT_USAGE);
  assert_non_null(strstr(status_message(), "--flip-labels: --loss rpgan has no labels"));
  free(gan);
}

static void test_condition_needs_a_dense_end(void **state) {
  (void)state;
  Architecture a = architecture();
  a.discriminator_count--;
  assert_int_equal(architecture_add_condition(&a, CLASSES), GT_USAGE);
  assert_non_null(strstr(status_message(), "dense layer of one unit"));
}

static void test_cross_entropy(void **state) {
  (void)state;
  check("cross-entropy", 0.0, 0.0, false);
  check("cross-entropy", 2.0, 0.0, false);
  check("cross-entropy", 0.0, 3.0, true);
}

static void test_pairs(void **state) {
  (void)state;
  check("rpgan", 0.0, 0.0, false);
  check("rpgan", 2.0, 3.0, false);
  check("rpgan", 2.0, 3.0, true);
}

static void test_penalties_are_refused(void **state) {
  (void)state;
  Gan *gan = calloc(1, sizeof *gan);
  Architecture a = architecture();
  a.discriminator[1] = (LayerSpec){.ops = &layer_tanh};
  const GanSettings settings = {.seed = SEED, .penalty = {0.0, 1.0}, .adam = {a.adam, a.adam}};
  const Share share = {.rows = N, .batch = N, .shard_rows = N};
  assert_int_equal(gan_create(gan, &a, image, &settings, share), GT_USAGE);
  assert_non_null(strstr(status_message(), "--r2"));
  assert_non_null(strstr(status_message(), "layer tanh"));
  free(gan);
}

/* The rest of the table, with penalties and without where that can be. */
static void test_other_losses(void **state) {
  (void)state;
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    check(loss_at(i)->name, 1.0, 0.5, i % 2 == 0);
    if (!loss_at(i)->needs_penalty) {
      check(loss_at(i)->name, 0.0, 0.0, false);
    }
  }
}

static void test_two_forms_of_one_penalty(void **state) {
  (void)state;
  Gan *gan = calloc(1, sizeof *gan);
  const Architecture a = architecture();
  const GanSettings settings = {.seed = SEED,
                                .penalty = {[GAN_PENALTY_GRADIENT] = 1.0, [GAN_PENALTY_CAP] = 1.0},
                                .adam = {a.adam, a.adam}};
  const Share share = {.rows = N, .batch = N, .shard_rows = N};
  assert_int_equal(gan_create(gan, &a, image, &settings, share), GT_USAGE);
  assert_non_null(strstr(status_message(), "--gradient-penalty and --lipschitz-cap"));
  free(gan);
}

static void test_penalty_needed(void **state) {
  (void)state;
  Gan *gan = calloc(1, sizeof *gan);
  const Architecture a = architecture();
  const GanSettings settings = {.seed = SEED, .loss = loss_find("wasserstein"), .adam = {a.adam, a.adam}};
  const Share share = {.rows = N, .batch = N, .shard_rows = N};
  assert_int_equal(gan_create(gan, &a, image, &settings, share), GT_USAGE);
  assert_non_null(strstr(status_message(), "--r1"));
  free(gan);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_reused_fakes),
                                     cmocka_unit_test(test_labels),
                                     cmocka_unit_test(test_labels_are_refused),
                                     cmocka_unit_test(test_several_updates_of_d),
                                     cmocka_unit_test(test_between),
                                     cmocka_unit_test(test_two_forms_of_one_penalty),
                                     cmocka_unit_test(test_other_losses),
                                     cmocka_unit_test(test_conditions),
                                     cmocka_unit_test(test_packs),
                                     cmocka_unit_test(test_augmentation),
                                     cmocka_unit_test(test_statistics_of_shards),
                                     cmocka_unit_test(test_condition_needs_a_dense_end),
                                     cmocka_unit_test(test_penalty_needed),
                                     cmocka_unit_test(test_cross_entropy),
                                     cmocka_unit_test(test_pairs),
                                     cmocka_unit_test(test_penalties_are_refused)};
  return cmocka_run_group_tests_name("objective", tests, NULL, NULL);
}
