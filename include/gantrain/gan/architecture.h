/* Architectures: pairs of layer lists by name, sized to the data's H, W and C.
 *
 * To add one: a function in src/gan/architecture.c and its line in the table there. */
#ifndef GANTRAIN_ARCHITECTURE_H
#define GANTRAIN_ARCHITECTURE_H

#include "gantrain/nn/adam.h"
#include "gantrain/nn/network.h"

enum { GAN_G = 0, GAN_D = 1 }; /* the players, wherever there is one of each */

typedef struct Architecture {
  const char *name;
  int latent;
  int condition; /* floats of an image's condition; 0: there is none */
  LayerSpec generator[GT_LAYERS_MAX];
  int generator_count;
  LayerSpec discriminator[GT_LAYERS_MAX];
  int discriminator_count;
  AdamSettings adam; /* defaults of both players */
} Architecture;

/* GT_USAGE for an unknown name, with the list of names. */
Status architecture_find(Architecture *architecture, const char *name, Shape image);

/* Let both networks have conditions of so many floats: G beside its latent, D by as many outputs more.
 * GT_USAGE where D does not end in a dense layer. */
Status architecture_add_condition(Architecture *architecture, size_t length);

/* Build the player's network for images of that size. GT_USAGE where it does not end in such an image, or D
 * not in one value and one for each float of a condition. */
Status architecture_build(Network *network, const Architecture *architecture, int player, Shape image);

#endif
