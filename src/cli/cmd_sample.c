/* gantrain sample: images from a checkpoint's generator. Serial. */
#include <inttypes.h>
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/gan/gan.h"
#include "gantrain/io/checkpoint.h"
#include "gantrain/io/outputs.h"
#include "gantrain/math/kernels.h"

#define ROWS 256 /* images of one pass */

typedef struct Sampler {
  char checkpoint[GT_PATH_MAX];
  CheckpointInfo info;
  Attributes recipe;
  Shape image;
  Network generator;
  float *params, *running;
  Tape tape;
  uint8_t *images; /* (n, image) */
  float *latents;  /* (n, latent) */
} Sampler;

static Status read_int(const Sampler *sampler, const char *name, int *value) {
  const Attribute *attribute = attributes_find(&sampler->recipe, name);
  if (attribute == NULL || attribute->type != ATTRIBUTE_INT || attribute->integer < 1 ||
      attribute->integer > 1 << 20) {
    return status_set(GT_FAILED,
                      "%s: the attribute %s is missing or out of range, so the size of the images is unknown",
                      sampler->checkpoint, name);
  }
  *value = (int)attribute->integer;
  return GT_OK;
}

static Status load(Sampler *sampler) {
  Architecture architecture;
  GT_TRY(checkpoint_read_info(sampler->checkpoint, &sampler->info, &sampler->recipe));
  GT_TRY(read_int(sampler, "image_h", &sampler->image.h));
  GT_TRY(read_int(sampler, "image_w", &sampler->image.w));
  GT_TRY(read_int(sampler, "image_c", &sampler->image.c));
  const Attribute *arch = attributes_find(&sampler->recipe, "arch");
  if (arch == NULL || arch->type != ATTRIBUTE_TEXT) {
    return status_set(GT_FAILED, "%s: the attribute arch is missing", sampler->checkpoint);
  }
  GT_TRY(architecture_find(&architecture, arch->text, sampler->image));
  GT_TRY(network_build(&sampler->generator, "generator", (Shape){1, 1, architecture.latent},
                       architecture.generator, architecture.generator_count));
  sampler->params = arena_block(&sampler->generator.params);
  sampler->running = arena_block(&sampler->generator.running);
  if (sampler->params == NULL || sampler->running == NULL) {
    return GT_FAILED;
  }
  GT_TRY(tape_create(&sampler->tape, &sampler->generator, ROWS, false));
  Block blocks[] = {{"/generator/parameters", &sampler->generator.params, sampler->params},
                    {"/generator/running", &sampler->generator.running, sampler->running}};
  return checkpoint_read(sampler->checkpoint, blocks, 2);
}

static Status draw(Sampler *sampler, size_t n, uint64_t seed) {
  size_t E = shape_count(sampler->image), L = shape_count(sampler->generator.in);
  RngKey key = {.seed = seed, .stream = RNG_LATENT_SAMPLES, .step = 0};
  sampler->images = memory_alloc(n, E);
  sampler->latents = memory_alloc(n * L, sizeof(float));
  if (sampler->images == NULL || sampler->latents == NULL) {
    return GT_FAILED;
  }
  for (size_t first = 0; first < n; first += ROWS) {
    size_t count = n - first < ROWS ? n - first : ROWS;
    const float *images = gan_draw(&sampler->generator, sampler->params, sampler->running, &sampler->tape,
                                   key, (uint32_t)first, count);
    pixels_to_u8(sampler->images + first * E, images, count * E);
    memcpy(sampler->latents + first * L, sampler->tape.x, count * L * sizeof(float));
  }
  return GT_OK;
}

static Status write_out(const Sampler *sampler, const char *path, size_t n, size_t scale) {
  if (strcmp(strrchr(path, '.'), ".png") == 0) {
    return image_grid_write(path, sampler->images, n, sampler->image, 0, scale);
  }
  return samples_write(path, &sampler->recipe, sampler->images, sampler->latents, n, sampler->image,
                       shape_count(sampler->generator.in));
}

static Status check_name(const char *path, bool scaled) {
  const char *dot = strrchr(path, '.');
  if (dot == NULL || (strcmp(dot, ".h5") != 0 && strcmp(dot, ".png") != 0)) {
    return status_set(GT_USAGE, "-o %s: the name must end in .h5 or .png, which decides what is written",
                      path);
  }
  if (scaled && strcmp(dot, ".h5") == 0) {
    return status_set(GT_USAGE, "--scale enlarges pictures, and -o %s is none: leave it out, or write a .png",
                      path);
  }
  return GT_OK;
}

static Status sample(Sampler *sampler, const Options *options) {
  const OptionValue *seed = &options->value[OPTION_SEED];
  const char *path = options->value[OPTION_OUTPUT].text;
  size_t n = (size_t)options->value[OPTION_N].integer;
  GT_TRY(check_name(path, options->value[OPTION_SCALE].given));
  GT_TRY(checkpoint_locate(sampler->checkpoint, options->arguments[0]));
  GT_TRY(load(sampler));
  GT_TRY(draw(sampler, n, (uint64_t)seed->integer));
  attributes_set_int(&sampler->recipe, "samples", (int64_t)n);
  attributes_set_int(&sampler->recipe, "sample_seed", seed->integer);
  attributes_set_int(&sampler->recipe, "sample_step", sampler->info.step);
  GT_TRY(write_out(sampler, path, n, (size_t)options->value[OPTION_SCALE].integer));
  log_info("%s: %zu %s of step %lld (%s)", path, n, n == 1 ? "image" : "images",
           (long long)sampler->info.step, sampler->checkpoint);
  return GT_OK;
}

Status cmd_sample(const World *world, Options *options) {
  (void)world;
  Sampler *sampler = memory_alloc(1, sizeof *sampler);
  if (sampler == NULL) {
    return GT_FAILED;
  }
  Status outcome = sample(sampler, options);
  memory_free(sampler->params);
  memory_free(sampler->running);
  memory_free(sampler->images);
  memory_free(sampler->latents);
  tape_free(&sampler->tape);
  memory_free(sampler);
  return outcome;
}
