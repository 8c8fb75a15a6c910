/* How much arithmetic a step needs, from the shapes of its layers alone. */
#include "gantrain/gan/gan.h"

typedef struct Work {
  double all, first, last; /* one pass through all layers, and through the first and last one with a kernel */
} Work;

static Work network_work(const Network *network) {
  Work work = {0};
  for (int i = 0; i < network->layers_count; i++) {
    double layer = layer_work(&network->layers[i]);
    work.all += layer;
    work.first = work.first == 0.0 ? layer : work.first;
    work.last = layer == 0.0 ? work.last : layer;
  }
  return work;
}

void gan_work(double work[GAN_PHASES], const Gan *gan) {
  const Work players[2] = {network_work(&gan->player[GAN_G].network),
                           network_work(&gan->player[GAN_D].network)};
  for (int phase = 0; phase < GAN_PHASES; phase++) {
    const GanPhaseRow *row = &gan_phases[phase];
    const GanPasses *passes = gan->settings.loss->paired ? &row->paired : &row->single;
    const Work *w = &players[row->player];
    int slopes = gan->side[row->side].row != NULL ? passes->slopes : 0;
    double images = row->player == GAN_D ? (double)gan->settings.pack : 1.0; /* a row */
    work[phase] = (passes->forward * w->all + passes->learn * (w->all + (w->all - w->first)) +
                   passes->through * w->all + slopes * (w->first + (w->all - w->last))) /
                  images;
    work[phase] *= row->each_turn ? gan->settings.d_steps : 1;
    work[phase] = gan_has_phase(gan, (GanPhase)phase) ? work[phase] : 0.0;
  }
}
