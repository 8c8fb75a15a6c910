#include "gantrain/gan/architecture.h"

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

#define CNN_SIDE 8    /* halved until no side is longer */
#define CNN_LEVELS 32 /* more than any image needs */

/* Convolutions without normalisation, with windows of 4 x 4 that their stride of 2 divides (Odena, Dumoulin
 * and Olah, "Deconvolution and checkerboard artifacts", 2016): one for each halving of the image, once at
 * least. With more than two the full size gets a convolution of its own on both sides. */
static void build_cnn(Architecture *a, Shape image) {
  Shape level[CNN_LEVELS] = {image};
  int levels = 0;
  do {
    levels++;
    level[levels] = (Shape){half_of(level[levels - 1].h), half_of(level[levels - 1].w), 0};
  } while (level[levels].h > CNN_SIDE || level[levels].w > CNN_SIDE);
  bool fine = levels > 2;
  level[0].c = fine ? 32 : image.c;
  for (int i = 1; i <= levels; i++) {
    int filters = i == 1 ? (fine ? 32 : 64) : 2 * level[i - 1].c;
    level[i].c = filters < 256 ? filters : 256;
  }
  a->latent = 64;
  add_generator(a, dense((int)shape_count(level[levels]), INITIALIZER_GLOROT_UNIFORM));
  add_generator(a, (LayerSpec){.ops = &layer_reshape, .target = level[levels]});
  for (int i = levels - 1; i >= 0; i--) {
    add_generator(a, leaky_relu(0.2f));
    add_generator(a, conv_of(4, &layer_conv2d_transpose, level[i].c, 2, level[i], true));
  }
  if (fine) {
    add_generator(a, leaky_relu(0.2f));
    add_generator(a, conv_of(3, &layer_conv2d, image.c, 1, (Shape){0, 0, 0}, true));
    add_discriminator(a, conv_of(3, &layer_conv2d, level[0].c, 1, (Shape){0, 0, 0}, true));
    add_discriminator(a, leaky_relu(0.2f));
  }
  add_generator(a, (LayerSpec){.ops = &layer_tanh});
  for (int i = 1; i <= levels; i++) {
    add_discriminator(a, conv_of(4, &layer_conv2d, level[i].c, 2, (Shape){0, 0, 0}, true));
    add_discriminator(a, leaky_relu(0.2f));
  }
  add_discriminator(a, (LayerSpec){.ops = &layer_flatten});
  add_discriminator(a, dense(1, INITIALIZER_GLOROT_UNIFORM));
  a->adam = (AdamSettings){.lr = 2e-4, .beta1 = 0.0, .beta2 = 0.99, .epsilon = 1e-8};
}

static const struct {
  const char *name;
  void (*build)(Architecture *architecture, Shape image);
} architectures[] = {
    {"article", build_article}, {"mlp", build_mlp}, {"dcgan", build_dcgan}, {"cnn", build_cnn}};

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

Status architecture_add_condition(Architecture *architecture, size_t size) {
  LayerSpec *last = &architecture->discriminator[architecture->discriminator_count - 1];
  if (last->ops != &layer_dense || last->units != 1) {
    return status_set(GT_USAGE,
                      "architecture %s: with a condition the discriminator must end in a dense layer of one "
                      "unit",
                      architecture->name);
  }
  architecture->condition = (int)size;
  last->units = 1 + (int)size;
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
