/* gantrain sample: images from a checkpoint's generator. Serial. */
#include <inttypes.h>
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/gan/gan.h"
#include "gantrain/io/outputs.h"
#include "gantrain/math/kernels.h"
#include "gantrain/models/model.h"

#define ROWS 256 /* images of one pass */

typedef struct Sampler {
  Model model;
  Tape tape;
  uint8_t *images; /* (n, image) */
  float *latents;  /* (n, latent) */
} Sampler;

static Status draw(Sampler *sampler, size_t n, uint64_t seed) {
  const Generator generator = model_generator(&sampler->model);
  size_t E = shape_count(sampler->model.image), L = shape_count(generator.network->in);
  RngKey key = {.seed = seed, .stream = RNG_LATENT_SAMPLES, .step = 0};
  GT_TRY(tape_create(&sampler->tape, generator.network, ROWS, false));
  sampler->images = memory_alloc(n, E);
  sampler->latents = memory_alloc(n * L, sizeof(float));
  if (sampler->images == NULL || sampler->latents == NULL) {
    return GT_FAILED;
  }
  for (size_t first = 0; first < n; first += ROWS) {
    size_t count = n - first < ROWS ? n - first : ROWS;
    const float *images = gan_draw(&generator, &sampler->tape, key, (uint32_t)first, count);
    pixels_to_u8(sampler->images + first * E, images, count * E);
    memcpy(sampler->latents + first * L, sampler->tape.x, count * L * sizeof(float));
  }
  return GT_OK;
}

static Status write_out(const Sampler *sampler, const char *path, size_t n, size_t scale) {
  if (strcmp(strrchr(path, '.'), ".png") == 0) {
    return image_grid_write(path, sampler->images, n, sampler->model.image, 0, scale);
  }
  return samples_write(path, &sampler->model.recipe, sampler->images, sampler->latents, n,
                       sampler->model.image, shape_count(sampler->model.player[GAN_G].network.in));
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

/* Before anything is drawn: is the answer of a size that can be held and written? A file of samples is made
 * in memory, beside the images and latents themselves, and incompressible at worst. */
static Status check_size(const Sampler *sampler, const char *path, size_t n, size_t scale) {
  const Model *model = &sampler->model;
  size_t one =
      shape_count(model->image) +
      sizeof(float) * shape_count(model->player[GAN_G].network.in); /* bytes of an image and latent */
  if (strcmp(strrchr(path, '.'), ".png") == 0) {
    return image_grid_check(path, n, model->image, 0, scale);
  }
  return memory_check(3 * n * one, "a file of so many samples");
}

static Status sample(Sampler *sampler, const Options *options) {
  const OptionValue *seed = &options->value[OPTION_SEED];
  Model *model = &sampler->model;
  const char *path = options->value[OPTION_OUTPUT].text;
  size_t n = (size_t)options->value[OPTION_N].integer;
  GT_TRY(check_name(path, options->value[OPTION_SCALE].given));
  const char *name = options->arguments[0];
  char best[GT_PATH_MAX];
  if (options->value[OPTION_BEST].given) {
    GT_TRY(best_find(best, name));
    name = best;
  }
  GT_TRY(model_open(model, name, MODEL_GENERATOR));
  GT_TRY(check_size(sampler, path, n, (size_t)options->value[OPTION_SCALE].integer));
  GT_TRY(draw(sampler, n, (uint64_t)seed->integer));
  attributes_set_int(&model->recipe, "samples", (int64_t)n);
  attributes_set_int(&model->recipe, "sample_seed", seed->integer);
  attributes_set_int(&model->recipe, "sample_step", model->info.step);
  GT_TRY(write_out(sampler, path, n, (size_t)options->value[OPTION_SCALE].integer));
  log_info("%s: %zu %s of step %lld (%s)", path, n, n == 1 ? "image" : "images", (long long)model->info.step,
           model->checkpoint);
  return GT_OK;
}

Status cmd_sample(const World *world, Options *options) {
  (void)world;
  Sampler *sampler = memory_alloc(1, sizeof *sampler);
  if (sampler == NULL) {
    return GT_FAILED;
  }
  Status outcome = sample(sampler, options);
  model_free(&sampler->model);
  memory_free(sampler->images);
  memory_free(sampler->latents);
  tape_free(&sampler->tape);
  memory_free(sampler);
  return outcome;
}
