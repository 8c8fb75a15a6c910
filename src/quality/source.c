#include "source.h"

#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/h5/trial.h"
#include "gantrain/math/kernels.h"

/* Rank 0 checks the checkpoint for all ranks that see the same one. */
static Status open_together(Source *source, const World *world, const char *subject) {
  FileIdentity identity = {0};
  GT_TRY(comm_follow(world->rank == 0 ? model_open(source->model, subject, MODEL_GENERATOR) : GT_OK));
  if (world->rank == 0) {
    memcpy(source->name, source->model->checkpoint, sizeof source->name);
    identity = file_identity(source->name);
  }
  comm_broadcast(source->name, sizeof source->name);
  comm_broadcast(&identity, sizeof identity);
  if (world->rank == 0) {
    return comm_agree(GT_OK);
  }
  trial_trust(&identity);
  return comm_agree(model_open(source->model, source->name, MODEL_GENERATOR));
}

static Status open_generator(Source *source, const World *world, const char *subject) {
  source->model = memory_alloc(1, sizeof *source->model);
  GT_TRY(comm_agree(source->model == NULL ? GT_FAILED : GT_OK));
  GT_TRY(open_together(source, world, subject));
  const Model *model = source->model;
  const Attribute *data = attributes_find(&model->recipe, "data");
  if (data != NULL && data->type == ATTRIBUTE_TEXT) {
    memcpy(source->data, data->text, sizeof source->data);
  }
  source->step = model->info.step;
  source->image = model->image;
  source->rows = SIZE_MAX;
  source->generator = model_generator(model);
  return comm_agree(tape_create(&source->tape, source->generator.network, SOURCE_ROWS, TAPE_FORWARD));
}

/* Is it FILE:/path, and not the name of a file? What rank 0 finds on its disk counts. */
static Status names_stack(bool *stack, const World *world, const char *subject) {
  bool whole = false;
  *stack = strstr(subject, ":/") != NULL;
  GT_TRY(comm_follow(world->rank == 0 && *stack ? file_find(&whole, subject) : GT_OK));
  *stack = *stack && !whole;
  comm_broadcast(stack, sizeof *stack);
  return GT_OK;
}

Status source_open(Source *source, const World *world, const char *subject) {
  bool stack;
  *source = (Source){.step = -1};
  GT_TRY(path_format(source->name, "%s", subject));
  GT_TRY(names_stack(&stack, world, subject));
  if (!stack) {
    return open_generator(source, world, subject);
  }
  GT_TRY(images_open(&source->stack, world, subject));
  source->image = source->stack.info.image;
  source->rows = source->stack.info.rows[DATASET_TRAIN];
  return GT_OK;
}

void source_close(Source *source) {
  images_close(&source->stack);
  if (source->model != NULL) {
    tape_free(&source->tape);
    model_free(source->model);
    memory_free(source->model);
  }
  source->model = NULL;
}

static RngKey noise(uint64_t seed) {
  return (RngKey){.seed = seed, .stream = RNG_LATENT_SAMPLES, .step = 0};
}

void source_classes(double *classes, const Source *source, Range rows, uint64_t seed) {
  const Generator *generator = &source->generator;
  uint8_t class;
  for (size_t i = 0; i < rows.count; i++) {
    classes[i] = -1.0;
    if (generator->condition != NULL) {
      condition_choose(&class, generator->condition, generator->wanted, noise(seed),
                       (uint32_t)(rows.first + i), 1);
      classes[i] = (double)class;
    }
  }
}

Status source_read(Source *source, float *x, Range rows, const Images *like, uint64_t seed) {
  uint32_t which[SOURCE_ROWS];
  size_t E = shape_count(source->image);
  if (source->generator.network == NULL) {
    Images stack = source->stack;
    if (stack.info.is_float && !stack.info.has_range && like->info.is_float) {
      stack.scale = like->scale; /* otherwise a stack of twice the brightness would give the same images */
      stack.shift = like->shift;
    }
    return images_read(&stack, x, DATASET_TRAIN, rows);
  }
  uint8_t *levels = memory_alloc(SOURCE_ROWS * E, sizeof *levels);
  if (levels == NULL) {
    return GT_FAILED;
  }
  for (uint32_t i = 0; i < SOURCE_ROWS; i++) {
    which[i] = i;
  }
  for (size_t done = 0; done < rows.count; done += SOURCE_ROWS) {
    size_t count = rows.count - done < SOURCE_ROWS ? rows.count - done : SOURCE_ROWS;
    const float *images =
        gan_draw(&source->generator, &source->tape, noise(seed), (uint32_t)(rows.first + done), count);
    if (like->info.is_float) {
      memcpy(x + done * E, images, count * E * sizeof *x);
    } else {
      pixels_to_u8(levels, images, count * E);
      pixels_gather_u8(x + done * E, levels, which, 2.0F / 255.0F, -1.0F, count, E);
    }
  }
  memory_free(levels);
  return GT_OK;
}
