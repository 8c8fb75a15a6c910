/* How much arithmetic a step needs, from the shapes of its layers alone. */
#include "gantrain/gan/gan.h"

/* One pass through all layers, and how much of it the first and the last one with a kernel are. */
static double network_work(const Network *network, double *first, double *last) {
  double work = 0.0;
  *first = *last = 0.0;
  for (int i = 0; i < network->layers_count; i++) {
    double layer = layer_work(&network->layers[i]);
    *first = *first == 0.0 ? layer : *first;
    *last = layer == 0.0 ? *last : layer;
    work += layer;
  }
  return work;
}

void gan_work(double work[GAN_PHASES], const Gan *gan) {
  double g_first, d_first, last;
  double g = network_work(&gan->player[GAN_G].network, &g_first, &last);
  double d = network_work(&gan->player[GAN_D].network, &d_first, &last);
  for (int phase = 0; phase < GAN_PHASES; phase++) {
    work[phase] = 0.0; /* both updates have no products */
  }
  for (int side = 0; side < 2;
       side++) { /* forward, kernels, inputs; with a penalty down to the image and up */
    double penalty = gan->side[side].gamma > 0.0 ? d_first + (d - last) : 0.0;
    double look = d + penalty, learn = d + (d - d_first);
    work[side == GAN_REAL ? GAN_PHASE_D_REAL : GAN_PHASE_D_FAKE] += look;
    work[side == GAN_REAL && !gan->settings.loss->paired ? GAN_PHASE_D_REAL : GAN_PHASE_D_FAKE] += learn;
  }
  work[GAN_PHASE_D_FAKES] = work[GAN_PHASE_G_FAKES] = g;
  work[GAN_PHASE_G_SCORE] = gan->settings.loss->paired ? d + d : d;
  work[GAN_PHASE_G_THROUGH] = d;
  work[GAN_PHASE_G_BACK] = g + (g - g_first);
}
