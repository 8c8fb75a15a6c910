/* A model: the networks of a checkpoint with their parameters, for all who need trained networks without the
 * run that made them. Not collective. */
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
  Condition condition;    /* of size 0: there is none */
  ModelNetwork player[2]; /* [GAN_G], [GAN_D] */
} Model;

/* Which networks to open: a sum. */
typedef enum ModelParts { MODEL_GENERATOR = 1 << GAN_G, MODEL_DISCRIMINATOR = 1 << GAN_D } ModelParts;

/* Open `name`: a checkpoint, or a run's folder or its folder of checkpoints, which stand for the newest whole
 * one. GT_FAILED: no such checkpoint, a damaged one, memory; GT_USAGE: an architecture that this program does
 * not know. Free with model_free in any case. */
Status model_open(Model *model, const char *name, unsigned parts);
void model_free(Model *model);

/* Its generator, which was opened: classes, where it has a condition, come as often as in the training data.
 * Points into the model. */
Generator model_generator(const Model *model);

#endif
