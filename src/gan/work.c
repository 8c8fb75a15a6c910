/* How much arithmetic a step needs, from the shapes of its layers alone. */
#include "gantrain/gan/gan.h"

/* One pass through all layers, and how much of it the first one with a kernel is. */
static double network_work(const Network *network, double *first) {
  double work = 0.0;
  *first = 0.0;
  for (int i = 0; i < network->layers_count; i++) {
    double layer = network_layer_work(network, i);
    *first = *first == 0.0 ? layer : *first;
    work += layer;
  }
  return work;
}

void gan_work(double work[GAN_PHASES], const Gan *gan) {
  double g_first, d_first;
  double g = network_work(&gan->player[GAN_G].network, &g_first);
  double d = network_work(&gan->player[GAN_D].network, &d_first);
  for (int phase = 0; phase < GAN_PHASES; phase++) {
    work[phase] = 0.0; /* both updates have no products */
  }
  work[GAN_PHASE_D_REAL] = work[GAN_PHASE_D_FAKE] = d + d + (d - d_first); /* forward, kernels, inputs */
  work[GAN_PHASE_D_FAKES] = work[GAN_PHASE_G_FAKES] = g;
  work[GAN_PHASE_G_SCORE] = work[GAN_PHASE_G_THROUGH] = d;
  work[GAN_PHASE_G_BACK] = g + (g - g_first);
}
