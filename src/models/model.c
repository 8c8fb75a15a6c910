#include "gantrain/models/model.h"

#include <limits.h>
#include <string.h>

#include "gantrain/base/memory.h"

static Status read_side(const Model *model, const char *name, int *value) {
  const Attribute *attribute = attributes_find(&model->recipe, name);
  if (attribute == NULL || attribute->type != ATTRIBUTE_INT || attribute->integer < 1 ||
      attribute->integer > 1 << 20) {
    return status_set(GT_FAILED,
                      "%s: the attribute %s is missing or out of range, so the size of the images is unknown",
                      model->checkpoint, name);
  }
  *value = (int)attribute->integer;
  return GT_OK;
}

/* Builds the checkpoint's architecture for its image shape. */
static Status read_architecture(Model *model, Architecture *architecture) {
  GT_TRY(read_side(model, "image_h", &model->image.h));
  GT_TRY(read_side(model, "image_w", &model->image.w));
  GT_TRY(read_side(model, "image_c", &model->image.c));
  Shape image = model->image;
  if (!shape_is_possible((unsigned)image.h, (unsigned)image.w, (unsigned)image.c)) {
    return status_set(GT_FAILED, "%s: is of images of %d x %d x %d, which are too large", model->checkpoint,
                      image.h, image.w, image.c);
  }
  const Attribute *arch = attributes_find(&model->recipe, "arch");
  if (arch == NULL || arch->type != ATTRIBUTE_TEXT) {
    return status_set(GT_FAILED, "%s: the attribute arch is missing", model->checkpoint);
  }
  GT_TRY(condition_recorded(&model->condition, &model->recipe, model->checkpoint));
  GT_TRY(architecture_find(architecture, arch->text, model->image));
  return model->condition.length > 0 ? architecture_add_condition(architecture, model->condition.length)
                                     : GT_OK;
}

/* What the player's network is built for: D sees packs of images, where the checkpoint says so. */
static Status read_image(const Model *model, int player, Shape *image) {
  int pack = 1;
  *image = model->image;
  if (player == GAN_D && attributes_find(&model->recipe, "pack") != NULL) {
    GT_TRY(read_side(model, "pack", &pack));
  }
  if (pack > INT_MAX / image->c) {
    return status_set(GT_FAILED, "%s: packs of %d images with %d channels are too large", model->checkpoint,
                      pack, image->c);
  }
  image->c *= pack;
  return GT_OK;
}

static Status open_once(Model *model, const char *name, unsigned parts) {
  Architecture architecture;
  Block blocks[4];
  int count = 0;
  memset(model, 0, sizeof *model);
  GT_TRY(checkpoint_locate(model->checkpoint, name));
  GT_TRY(checkpoint_read_info(model->checkpoint, &model->info, &model->recipe));
  GT_TRY(read_architecture(model, &architecture));
  const Attribute *average = attributes_find(&model->recipe, "average");
  bool averaged = average != NULL && average->type == ATTRIBUTE_REAL;
  const char *const groups[2][2] = {
      [GAN_G] = {gan_images_by(averaged ? average->real : 0.0), STATE_G_RUNNING},
      [GAN_D] = {STATE_D_PARAMETERS, STATE_D_RUNNING}};
  for (int p = 0; p < 2; p++) {
    ModelNetwork *player = &model->player[p];
    if ((parts & 1u << p) == 0) {
      continue;
    }
    Shape image;
    GT_TRY(read_image(model, p, &image));
    GT_TRY(architecture_build(&player->network, &architecture, p, image));
    GT_TRY(file_check_holds(model->checkpoint, arena_elements(&player->network.params) * sizeof(float),
                            "a network"));
    player->params = arena_block(&player->network.params);
    player->running = arena_block(&player->network.running);
    if (player->params == NULL || player->running == NULL) {
      return GT_FAILED;
    }
    blocks[count++] = (Block){groups[p][0], &player->network.params, player->params};
    blocks[count++] = (Block){groups[p][1], &player->network.running, player->running};
  }
  return checkpoint_read(model->checkpoint, blocks, count);
}

/* A training run deletes its old checkpoints, perhaps this one now: then the next one is opened. */
Status model_open(Model *model, const char *name, unsigned parts) {
  Status outcome = open_once(model, name, parts);
  for (int look = 1; outcome != GT_OK && strcmp(model->checkpoint, name) != 0 &&
                     model->checkpoint[0] != '\0' && checkpoint_was_deleted(model->checkpoint);
       look++) {
    if (look == CHECKPOINT_LOOKS) {
      return status_set(GT_FAILED, "%s: its checkpoints are deleted faster than they can be read: try again",
                        name);
    }
    model_free(model);
    outcome = open_once(model, name, parts);
  }
  return outcome;
}

void model_free(Model *model) {
  for (int p = 0; p < 2; p++) {
    memory_free(model->player[p].params);
    memory_free(model->player[p].running);
    model->player[p].params = model->player[p].running = NULL;
  }
}

Generator model_generator(const Model *model) {
  const ModelNetwork *player = &model->player[GAN_G];
  return (Generator){.network = &player->network,
                     .params = player->params,
                     .running = player->running,
                     .condition = model->condition.length > 0 ? &model->condition : NULL,
                     .wanted = CONDITION_DRAWN};
}
