/* dump_inputs ARCHITECTURE SEED FILE: everything random that a training of golden_run() uses, for
 * make_golden.py: initial weights, real batches, noise and dropout masks, made by our own generator.
 *
 * The file is a run of records: a line "name count", then count floats of this machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/gan/gan.h"
#include "gantrain/io/dataset.h"
#include "gantrain/math/kernels.h"
#include "golden.h"

static FILE *out;
static uint64_t seed;
static GoldenRun run;

static void write_record(const char *name, const float *values, size_t count) {
  fprintf(out, "%s %zu\n", name, count);
  if (fwrite(values, sizeof *values, count, out) != count) {
    perror("dump_inputs");
    exit(1);
  }
}

static void write_params(const Player *player) {
  const Arena *arena = &player->network.params;
  for (int t = 0; t < arena->tensors_count; t++) {
    char name[128];
    snprintf(name, sizeof name, "%s/%s", player->network.name, arena->tensors[t].name);
    write_record(name, player->params + arena->tensors[t].first, arena->tensors[t].count);
  }
}

/* The masks of D's dropout layers in one of its three passes. */
static void write_masks(const Network *network, RngStream stream, uint32_t step, const char *what) {
  for (int l = 0; l < network->layers_count; l++) {
    const Layer *layer = &network->layers[l];
    if (layer->spec.ops != &layer_dropout) {
      continue;
    }
    size_t count = run.rows * shape_count(layer->out);
    float *mask = malloc(count * sizeof *mask);
    RngKey key = {seed, (uint32_t)stream + (uint32_t)layer->index, step};
    dropout_mask(mask, layer->spec.rate, key, 0, run.rows, shape_count(layer->out));
    write_record(what, mask, count);
    free(mask);
  }
}

static void write_latents(size_t latent, RngStream stream, uint32_t step, const char *what) {
  float *values = malloc(run.rows * latent * sizeof *values);
  rng_normal(values, (RngKey){seed, (uint32_t)stream, step}, 0, run.rows, latent);
  write_record(what, values, run.rows * latent);
  free(values);
}

int main(int argc, char **argv) {
  Gan *gan = calloc(1, sizeof *gan);
  if (argc != 4 || gan == NULL || (out = fopen(argv[3], "wb")) == NULL) {
    fprintf(stderr, "usage: dump_inputs ARCHITECTURE SEED FILE\n");
    return 2;
  }
  seed = strtoull(argv[2], NULL, 10);
  run = golden_run(argv[1]);
  GoldenImages images = {0};
  Architecture architecture;
  if (golden_images_read(&images, run) != GT_OK ||
      architecture_find(&architecture, argv[1], images.shape) != GT_OK) {
    fprintf(stderr, "dump_inputs: %s\n", status_message());
    return 1;
  }
  const GanSettings settings = {.seed = seed, .adam = {architecture.adam, architecture.adam}};
  const Share share = {.rows = run.rows, .batch = run.rows, .shard_rows = run.rows};
  if (gan_create(gan, &architecture, images.shape, &settings, share) != GT_OK) {
    fprintf(stderr, "dump_inputs: %s\n", status_message());
    return 1;
  }
  float rates[4] = {(float)settings.adam[0].lr, (float)settings.adam[0].beta1, (float)settings.adam[0].beta2,
                    (float)settings.adam[0].epsilon};
  write_record("adam", rates, 4);
  write_record("sizes", (const float[]){(float)run.rows, (float)images.shape.h, (float)images.shape.w}, 3);
  write_params(&gan->player[GAN_G]);
  write_params(&gan->player[GAN_D]);
  for (uint32_t step = 0; step < run.steps; step++) {
    golden_images_batch(gan->real, &images, run, step);
    write_record("real", gan->real, run.rows * shape_count(images.shape));
    write_latents(gan->latent, RNG_LATENT_D, step, "latent_d");
    write_latents(gan->latent, RNG_LATENT_G, step, "latent_g");
    write_masks(&gan->player[GAN_D].network, RNG_DROPOUT_REAL, step, "mask_real");
    write_masks(&gan->player[GAN_D].network, RNG_DROPOUT_FAKE, step, "mask_fake");
    write_masks(&gan->player[GAN_D].network, RNG_DROPOUT_G, step, "mask_g");
  }
  gan_free(gan);
  free(gan);
  golden_images_free(&images);
  return fclose(out) == 0 ? 0 : 1;
}
