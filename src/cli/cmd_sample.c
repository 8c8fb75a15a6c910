/* gantrain sample: images from a checkpoint's generator. Serial. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/io/outputs.h"
#include "gantrain/math/kernels.h"
#include "gantrain/models/model.h"

#define ROWS 256 /* images per pass of the generator */

typedef struct Sampler {
  Model model;
  Generator generator;
  Tape tape;
  RngKey key;
  size_t n, scale;
  /* Of a piece: all images of a picture, or as many as a file packs together. */
  size_t piece;
  uint8_t *images, *labels;    /* (piece, image), (piece) */
  float *latents, *conditions; /* (piece, latent), (piece, condition) */
} Sampler;

static bool is_picture(const char *path) {
  return strcmp(strrchr(path, '.'), ".png") == 0;
}

/* Images first .. first + n - 1 into the piece. */
static void draw(Sampler *sampler, size_t first, size_t n) {
  const Generator *generator = &sampler->generator;
  size_t E = shape_count(sampler->model.image), L = generator_latent(generator),
         K = generator_condition(generator);
  for (size_t done = 0; done < n; done += ROWS) {
    size_t count = n - done < ROWS ? n - done : ROWS;
    uint32_t number = (uint32_t)(first + done);
    const float *images = gan_draw(generator, &sampler->tape, sampler->key, number, count);
    pixels_to_u8(sampler->images + done * E, images, count * E);
    generator_split(sampler->latents + done * L, sampler->conditions + done * K, generator, sampler->tape.x,
                    count);
    if (K > 0) {
      condition_choose(sampler->labels + done, generator->condition, generator->wanted, sampler->key, number,
                       count);
    }
  }
}

/* With a row for each class where all are wanted. */
static Status write_picture(const Sampler *sampler, const char *path) {
  const Generator *generator = &sampler->generator;
  Shape image = sampler->model.image;
  if (generator->wanted != CONDITION_IN_TURN) {
    return image_grid_write(path, sampler->images, sampler->n, image, 0, sampler->scale);
  }
  uint8_t *sorted = memory_alloc(sampler->n, shape_count(image));
  if (sorted == NULL) {
    return GT_FAILED;
  }
  size_t classes = condition_classes(generator->condition);
  image_group_by_class(sorted, sampler->images, sampler->n, classes, shape_count(image));
  Status status = image_grid_write(path, sorted, sampler->n, image, sampler->n / classes, sampler->scale);
  memory_free(sorted);
  return status;
}

static Status write_file(Sampler *sampler, const char *path) {
  SampleSet set = {.image = sampler->model.image,
                   .n = sampler->n,
                   .latent = generator_latent(&sampler->generator),
                   .condition = generator_condition(&sampler->generator),
                   .latents = sampler->latents,
                   .conditions = sampler->conditions};
  SampleWriter *writer;
  Status status = GT_OK;
  GT_TRY(sample_writer_open(&writer, path, &sampler->model.recipe, &set));
  for (size_t first = 0; first < sampler->n && status == GT_OK; first += set.n) {
    set.n = sampler->n - first < sampler->piece ? sampler->n - first : sampler->piece;
    draw(sampler, first, set.n);
    status = sample_writer_write(writer, sampler->images, sampler->labels, &set);
  }
  return sample_writer_close(writer, status);
}

static Status check_name(const char *path, bool scaled) {
  const char *dot = strrchr(path, '.');
  if (dot == NULL || (strcmp(dot, ".h5") != 0 && strcmp(dot, ".png") != 0)) {
    return status_set(GT_USAGE, "-o %s: the name must end in .h5 (a file of samples) or .png (a picture)",
                      path);
  }
  if (scaled && strcmp(dot, ".h5") == 0) {
    return status_set(
        GT_USAGE, "--scale is for pictures only, and -o %s is not one: leave --scale out, or write a .png",
        path);
  }
  return GT_OK;
}

/* "a, b and c" of the classes that there are, runs as "0 to 9". */
static const char *list_classes(char *out, size_t room, const Condition *condition) {
  size_t used = 0;
  for (size_t k = 0, last; k < condition->length && used < room; k = last + 1) {
    last = k;
    if (condition->counts[k] == 0) {
      continue;
    }
    while (last + 1 < condition->length && condition->counts[last + 1] > 0) {
      last++;
    }
    used += (size_t)snprintf(out + used, room - used, last > k ? "%s%zu to %zu" : "%s%zu",
                             used > 0 ? ", " : "", k, last);
  }
  return out;
}

/* What --class asks for; all of them n times each. */
static Status choose_class(Sampler *sampler, const char *text) {
  const Condition *condition = sampler->generator.condition;
  char there[400], *end = NULL;
  if (text == NULL) {
    return GT_OK;
  }
  if (condition == NULL) {
    return status_set(
        GT_USAGE,
        "--class %s: %s was trained without a condition, so its classes cannot be chosen: leave "
        "--class out, or train with --condition labels",
        text, sampler->model.checkpoint);
  }
  if (strcmp(text, "all") == 0) {
    sampler->generator.wanted = CONDITION_IN_TURN;
    sampler->n *= condition_classes(condition);
    return GT_OK;
  }
  unsigned long class = strtoul(text, &end, 10);
  bool number = text[0] >= '0' && text[0] <= '9' && *end == '\0';
  if (!number || class >= condition->length || condition->counts[class] == 0) {
    return status_set(GT_USAGE, "--class %s: %s; %s was trained with the classes %s", text,
                      number ? "there is no such class" : "a class or \"all\" was expected",
                      sampler->model.checkpoint, list_classes(there, sizeof there, condition));
  }
  sampler->generator.wanted = (int)class;
  return GT_OK;
}

/* Before anything is drawn: is the answer of a size that can be held and written? A file of samples is made
 * in memory, twice while it is written, and incompressible at worst. */
static Status check_size(const Sampler *sampler, const char *path) {
  const Generator *generator = &sampler->generator;
  const size_t most = UINT32_MAX; /* the random streams count images in 32 bits */
  if (sampler->n > most) {
    return status_set(GT_USAGE, "-n: %zu images in all classes; at most %zu can be told apart", sampler->n,
                      most);
  }
  size_t one = shape_count(sampler->model.image) + sizeof(float) * shape_count(generator->network->in);
  const MemoryNeed need = {"a file of so many samples", 2 * sampler->n * one};
  if (is_picture(path)) {
    size_t columns =
        generator->wanted == CONDITION_IN_TURN ? sampler->n / condition_classes(generator->condition) : 0;
    GT_TRY(image_grid_check(path, sampler->n, sampler->model.image, columns, sampler->scale));
  }
  return memory_check_needs(&need, 1, 0, "draw fewer images, and others with another --seed");
}

static Status allocate(Sampler *sampler, const char *path) {
  size_t fit = samples_chunk_rows(sampler->model.image);
  sampler->piece = is_picture(path) || sampler->n < fit ? sampler->n : fit;
  sampler->images = memory_alloc(sampler->piece, shape_count(sampler->model.image));
  sampler->labels = memory_alloc(sampler->piece, 1);
  sampler->latents = memory_alloc(sampler->piece * generator_latent(&sampler->generator), sizeof(float));
  sampler->conditions =
      memory_alloc(sampler->piece * generator_condition(&sampler->generator), sizeof(float));
  return sampler->images == NULL || sampler->labels == NULL || sampler->latents == NULL ||
                 sampler->conditions == NULL
             ? GT_FAILED
             : tape_create(&sampler->tape, sampler->generator.network, ROWS, TAPE_FORWARD);
}

static Status write_out(Sampler *sampler, const char *path) {
  if (!is_picture(path)) {
    return write_file(sampler, path);
  }
  draw(sampler, 0, sampler->n);
  return write_picture(sampler, path);
}

static Status sample(Sampler *sampler, const Options *options) {
  const OptionValue *seed = &options->value[OPTION_SEED];
  Model *model = &sampler->model;
  const char *path = options->value[OPTION_OUTPUT].text;
  sampler->n = (size_t)options->value[OPTION_N].integer;
  sampler->scale = (size_t)options->value[OPTION_SCALE].integer;
  sampler->key = (RngKey){.seed = (uint64_t)seed->integer, .stream = RNG_LATENT_SAMPLES, .step = 0};
  GT_TRY(check_name(path, options->value[OPTION_SCALE].given));
  const char *name = options->arguments[0];
  char best[GT_PATH_MAX];
  if (options->value[OPTION_BEST].given) {
    GT_TRY(best_find(best, name));
    name = best;
  }
  GT_TRY(model_open(model, name, MODEL_GENERATOR));
  sampler->generator = model_generator(model);
  GT_TRY(choose_class(sampler, options->value[OPTION_CLASS].text));
  GT_TRY(check_size(sampler, path));
  GT_TRY(allocate(sampler, path));
  attributes_set_int(&model->recipe, "samples", (int64_t)sampler->n);
  attributes_set_int(&model->recipe, "sample_seed", seed->integer);
  attributes_set_int(&model->recipe, "sample_step", model->info.step);
  GT_TRY(write_out(sampler, path));
  log_info("%s: %zu %s of step %lld (%s)", path, sampler->n, sampler->n == 1 ? "image" : "images",
           (long long)model->info.step, model->checkpoint);
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
  memory_free(sampler->labels);
  memory_free(sampler->latents);
  memory_free(sampler->conditions);
  tape_free(&sampler->tape);
  memory_free(sampler);
  return outcome;
}
