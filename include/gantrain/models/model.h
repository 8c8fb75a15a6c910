/* A model: networks of a checkpoint with their parameters, for all commands that need trained networks
 * without a run. Not collective. */
#ifndef GANTRAIN_MODEL_H
#define GANTRAIN_MODEL_H

#include "gantrain/gan/gan.h"
#include "gantrain/io/checkpoint.h"

typedef struct ModelNetwork {
  Network network;
  float *params, *running; /* blocks of network.params and network.running; NULL: not opened */
} ModelNetwork;

typedef struct Model {
  char checkpoint[GT_PATH_MAX];
  CheckpointInfo info;
  Attributes recipe;
  Shape image;
  Condition condition;    /* its size is 0 where there is none */
  ModelNetwork player[2]; /* [GAN_G], [GAN_D] */
} Model;

/* Which networks to open; values can be added. */
typedef enum ModelParts { MODEL_GENERATOR = 1 << GAN_G, MODEL_DISCRIMINATOR = 1 << GAN_D } ModelParts;

/* Open `name`: a checkpoint, or a run's folder or its checkpoints/ for the newest whole checkpoint.
 * GT_FAILED: no such checkpoint, a damaged one, memory; GT_USAGE: an architecture that this program does
 * not have. Call model_free in any case. */
Status model_open(Model *model, const char *name, unsigned parts);
void model_free(Model *model);

/* The model's generator, which must be open. Points into the model. With a condition, classes are as
 * frequent as in the training data. */
Generator model_generator(const Model *model);

#endif
