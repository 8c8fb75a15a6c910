#include "gantrain/gan/architecture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Builders of layer settings, with Keras' defaults. */
static LayerSpec dense(int units, Initializer kernel) {
  return (LayerSpec){.ops = &layer_dense, .units = units, .kernel = kernel};
}

static LayerSpec leaky_relu(float slope) {
  return (LayerSpec){.ops = &layer_leaky_relu, .slope = slope};
}

static LayerSpec batch_normalization(float momentum) {
  return (LayerSpec){.ops = &layer_batch_normalization, .momentum = momentum, .epsilon = 1e-3f};
}

static LayerSpec dropout(float rate) {
  return (LayerSpec){.ops = &layer_dropout, .rate = rate};
}

static void add_generator(Architecture *a, LayerSpec spec) {
  a->generator[a->generator_count++] = spec;
}

static void add_discriminator(Architecture *a, LayerSpec spec) {
  a->discriminator[a->discriminator_count++] = spec;
}

/* The article's dense networks; the generator's last activation is given. */
static void build_dense_pair(Architecture *a, Shape image, LayerSpec last) {
  a->latent = 100;
  for (int i = 0; i < 2; i++) {
    add_generator(a, dense(128, INITIALIZER_NORMAL));
    add_generator(a, leaky_relu(0.2f));
    add_generator(a, batch_normalization(0.8f));
  }
  add_generator(a, dense((int)shape_count(image), INITIALIZER_NORMAL));
  add_generator(a, last);
  add_generator(a, (LayerSpec){.ops = &layer_reshape, .target = image});
  add_discriminator(a, (LayerSpec){.ops = &layer_flatten});
  add_discriminator(a, dense(128, INITIALIZER_NORMAL));
  add_discriminator(a, leaky_relu(0.2f));
  add_discriminator(a, dropout(0.3f));
  add_discriminator(a, dense(1, INITIALIZER_NORMAL));
}

/* The Keras article's networks as written: LeakyReLU at the generator's end, Keras' default Adam. */
static void build_article(Architecture *a, Shape image) {
  build_dense_pair(a, image, leaky_relu(0.2f));
  a->adam = (AdamSettings){.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-7};
}

/* The same, made to train well: tanh output, and Adam as Radford, Metz and Chintala (2015) set it. */
static void build_mlp(Architecture *a, Shape image) {
  build_dense_pair(a, image, (LayerSpec){.ops = &layer_tanh});
  a->adam = (AdamSettings){.lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-7};
}

/* A convolution with a square window, transposed to an image of h x w where h is given; a bias only where no
 * normalisation follows. */
static LayerSpec conv_of(int window, const LayerOps *ops, int filters, int stride, Shape target, bool bias) {
  return (LayerSpec){.ops = ops,
                     .units = filters,
                     .window_h = window,
                     .window_w = window,
                     .stride_h = stride,
                     .stride_w = stride,
                     .target = target,
                     .no_bias = !bias,
                     .kernel = INITIALIZER_GLOROT_UNIFORM};
}

static LayerSpec conv(const LayerOps *ops, int filters, int stride, Shape target, bool bias) {
  return conv_of(5, ops, filters, stride, target, bias);
}

static void add_normalised_activation(Architecture *a) {
  add_generator(a, batch_normalization(0.9f));
  add_generator(a, leaky_relu(0.2f));
}

static int half_of(int size) {
  return (size + 1) / 2;
}

/* After Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative
 * adversarial networks" (2015), at the size for small images; odd sizes are halved upwards and met exactly on
 * the way back. */
static void build_dcgan(Architecture *a, Shape image) {
  Shape half = {half_of(image.h), half_of(image.w), 64};
  Shape quarter = {half_of(half.h), half_of(half.w), 128};
  LayerSpec seed = dense((int)shape_count(quarter), INITIALIZER_GLOROT_UNIFORM);
  seed.no_bias = true;
  a->latent = 100;
  add_generator(a, seed);
  add_generator(a, (LayerSpec){.ops = &layer_reshape, .target = quarter});
  add_normalised_activation(a);
  add_generator(a, conv(&layer_conv2d_transpose, quarter.c, 1, quarter, false));
  add_normalised_activation(a);
  add_generator(a, conv(&layer_conv2d_transpose, half.c, 2, half, false));
  add_normalised_activation(a);
  add_generator(a, conv(&layer_conv2d_transpose, image.c, 2, image, true));
  add_generator(a, (LayerSpec){.ops = &layer_tanh});
  for (int filters = half.c; filters <= quarter.c; filters *= 2) {
    add_discriminator(a, conv(&layer_conv2d, filters, 2, (Shape){0, 0, 0}, true));
    add_discriminator(a, leaky_relu(0.2f));
    add_discriminator(a, dropout(0.3f));
  }
  add_discriminator(a, (LayerSpec){.ops = &layer_flatten});
  add_discriminator(a, dense(1, INITIALIZER_GLOROT_UNIFORM));
  a->adam = (AdamSettings){.lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-7};
}

#define CNN_SIDE 8    /* a side is halved until it is not longer */
#define CNN_LEVELS 32 /* more than any image needs */
#define BLOCK_LAYERS 6

/* The sizes that a network of convolutions goes through, from the image (0) to the coarsest, with the filters
 * of each, and how many of the coarsest get a residual block. */
typedef struct Pyramid {
  Shape level[CNN_LEVELS];
  int levels; /* halvings: one at least */
  bool fine;  /* the full size has a convolution of its own on both sides */
  int blocks;
} Pyramid;

/* A side is halved at the first level, and after that while it is too long. */
static int halved(int size, int level) {
  return level == 0 || size > CNN_SIDE ? half_of(size) : size;
}

static Pyramid pyramid_of(Shape image, bool residual) {
  Pyramid p = {.level = {image}};
  do {
    Shape above = p.level[p.levels];
    p.level[p.levels + 1] = (Shape){halved(above.h, p.levels), halved(above.w, p.levels), 0};
    p.levels++;
  } while (p.level[p.levels].h > CNN_SIDE || p.level[p.levels].w > CNN_SIDE);
  p.fine = p.levels > 2;
  p.level[0].c = p.fine ? 32 : image.c;
  for (int i = 1; i <= p.levels; i++) {
    int filters = i == 1 ? 32 : 2 * p.level[i - 1].c;
    p.level[i].c = filters < 256 ? filters : 256;
  }
  int room = (GT_LAYERS_MAX - 2 * p.levels - 8) / BLOCK_LAYERS;
  p.blocks = !residual ? 0 : p.levels < room ? p.levels : room;
  return p;
}

/* Between two levels: windows of 4 that their stride of 2 divides (Odena, Dumoulin and Olah, "Deconvolution
 * and checkerboard artifacts", 2016), and of 3 along a side that stays. */
static LayerSpec level_conv(const LayerOps *ops, const Pyramid *p, int level, Shape target) {
  bool h = halved(p->level[level].h, level) < p->level[level].h || level == 0;
  bool w = halved(p->level[level].w, level) < p->level[level].w || level == 0;
  LayerSpec spec = conv_of(4, ops, target.c, 2, target, true);
  spec.window_h = h ? 4 : 3;
  spec.window_w = w ? 4 : 3;
  spec.stride_h = h ? 2 : 1;
  spec.stride_w = w ? 2 : 1;
  return spec;
}

/* Where the level has one, a residual block without normalisation, x + W3 f(W2 f(W1 x)), which begins as x
 * (Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", 2024; He et al., 2015, for the
 * rest): W3 is 0, and W1 and W2 keep the size of what goes through, less the more blocks there are. */
static void add_block(Architecture *a, void (*add)(Architecture *, LayerSpec), const Pyramid *p, int level) {
  const Shape none = {0, 0, 0};
  int filters = p->level[level].c;
  if (level <= p->levels - p->blocks) {
    return;
  }
  LayerSpec inner[] = {conv_of(1, &layer_conv2d, filters / 2, 1, none, true),
                       conv_of(3, &layer_conv2d, filters / 2, 1, none, true)};
  for (int i = 0; i < 2; i++) {
    inner[i].kernel = INITIALIZER_FAN_IN;
    inner[i].gain = (float)(sqrt(2.0 / (1.0 + 0.2 * 0.2)) * pow(p->blocks, -0.25));
    add(a, inner[i]);
    add(a, leaky_relu(0.2f));
  }
  LayerSpec last = conv_of(1, &layer_conv2d, filters, 1, none, false);
  last.kernel = INITIALIZER_ZEROS;
  add(a, last);
  add(a, (LayerSpec){.ops = &layer_add, .inside = BLOCK_LAYERS - 1});
}

/* Convolutions without normalisation: one for each halving of the image, once at least. A dense layer of its
 * own before those of G, and one behind those of D, bring more than wider convolutions at the same cost
 * (jobs/bench/README.md, "Recipes tried"). */
static void build_pyramid(Architecture *a, Shape image, bool residual) {
  const Pyramid p = pyramid_of(image, residual);
  const Shape none = {0, 0, 0};
  Shape coarsest = p.level[p.levels];
  a->latent = 32;
  add_generator(a, dense(256, INITIALIZER_GLOROT_UNIFORM));
  add_generator(a, leaky_relu(0.2f));
  add_generator(a, dense((int)shape_count(coarsest), INITIALIZER_GLOROT_UNIFORM));
  add_generator(a, (LayerSpec){.ops = &layer_reshape, .target = coarsest});
  for (int i = p.levels - 1; i >= 0; i--) {
    add_block(a, add_generator, &p, i + 1);
    add_generator(a, leaky_relu(0.2f));
    add_generator(a, level_conv(&layer_conv2d_transpose, &p, i, p.level[i]));
  }
  if (p.fine) {
    add_generator(a, leaky_relu(0.2f));
    add_generator(a, conv_of(3, &layer_conv2d, image.c, 1, none, true));
    add_discriminator(a, conv_of(3, &layer_conv2d, p.level[0].c, 1, none, true));
    add_discriminator(a, leaky_relu(0.2f));
  }
  add_generator(a, (LayerSpec){.ops = &layer_tanh});
  for (int i = 1; i <= p.levels; i++) {
    add_discriminator(a, level_conv(&layer_conv2d, &p, i - 1, (Shape){0, 0, p.level[i].c}));
    add_block(a, add_discriminator, &p, i);
    add_discriminator(a, leaky_relu(0.2f));
  }
  add_discriminator(a, (LayerSpec){.ops = &layer_flatten});
  add_discriminator(a, dense(128, INITIALIZER_GLOROT_UNIFORM));
  add_discriminator(a, leaky_relu(0.2f));
  add_discriminator(a, dense(1, INITIALIZER_GLOROT_UNIFORM));
  a->adam = (AdamSettings){.lr = 2e-4, .beta1 = 0.0, .beta2 = 0.99, .epsilon = 1e-8};
}

static void build_cnn(Architecture *a, Shape image) {
  build_pyramid(a, image, false);
}

static void build_resnet(Architecture *a, Shape image) {
  build_pyramid(a, image, true);
}

static const struct {
  const char *name;
  void (*build)(Architecture *architecture, Shape image);
} architectures[] = {{"article", build_article},
                     {"mlp", build_mlp},
                     {"dcgan", build_dcgan},
                     {"cnn", build_cnn},
                     {"resnet", build_resnet}};

Status architecture_find(Architecture *architecture, const char *name, Shape image) {
  char names[256] = "";
  memset(architecture, 0, sizeof *architecture);
  for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++) {
    if (strcmp(architectures[i].name, name) == 0) {
      architecture->name = architectures[i].name;
      architectures[i].build(architecture, image);
      return GT_OK;
    }
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", architectures[i].name);
  }
  return status_set(GT_USAGE, "--arch %s: there is no such architecture; there are: %s", name, names);
}

Status architecture_add_condition(Architecture *architecture, size_t length) {
  LayerSpec *last = &architecture->discriminator[architecture->discriminator_count - 1];
  if (last->ops != &layer_dense || last->units != 1) {
    return status_set(GT_USAGE,
                      "architecture %s: with a condition the discriminator must end in a dense layer of one "
                      "unit",
                      architecture->name);
  }
  architecture->condition = (int)length;
  last->units = 1 + (int)length;
  return GT_OK;
}

Status architecture_build(Network *network, const Architecture *architecture, int player, Shape image) {
  if (player == GAN_D) {
    size_t outputs = 1 + (size_t)architecture->condition;
    GT_TRY(network_build(network, "discriminator", image, architecture->discriminator,
                         architecture->discriminator_count));
    return shape_count(network->out) == outputs
               ? GT_OK
               : status_set(
                     GT_USAGE, "architecture %s: the discriminator ends in %zu value%s, expected %s%zu",
                     architecture->name, shape_count(network->out), shape_count(network->out) == 1 ? "" : "s",
                     outputs == 1 ? "one logit, " : "", outputs);
  }
  Shape latent = {1, 1, architecture->latent + architecture->condition};
  GT_TRY(network_build(network, "generator", latent, architecture->generator, architecture->generator_count));
  Shape made = network->out;
  return made.h == image.h && made.w == image.w && made.c == image.c
             ? GT_OK
             : status_set(GT_USAGE,
                          "architecture %s: the generator makes %d x %d x %d, the images are %d x %d x %d",
                          architecture->name, made.h, made.w, made.c, image.h, image.w, image.c);
}
