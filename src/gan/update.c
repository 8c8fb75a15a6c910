#include "update.h"

#include <math.h>

#include "average.h"
#include "gantrain/nn/clip.h"

static void clip(Gan *gan, Player *player) {
  double limit = gan->settings.clip;
  if (limit > 0.0) {
    double norm = gradients_clip(player->grads, player->network.params.count, limit);
    player->clipped += norm > limit;
    player->steepest = fmax(player->steepest, norm);
  }
}

void update_player(Gan *gan, int player, int64_t step, int64_t t) {
  Player *p = &gan->player[player];
  size_t count = p->network.params.count;
  if (p->exact != NULL) {
    exact_gradients(p->grads, p->exact, count);
  }
  if (p->unscaled != NULL) {
    spectral_gradients(p->grads, &p->spectral, &p->network, p->singular, p->params);
  }
  clip(gan, p);
  AdamSettings adam = gan->settings.adam[player];
  adam.lr = gan_learning_rate(gan, player, step);
  adam_step(p->unscaled != NULL ? p->unscaled : p->params, p->m, p->v, p->grads, count, t, adam);
  if (p->unscaled != NULL) {
    spectral_iterate(p->singular, &p->spectral, &p->network, p->unscaled);
    spectral_scale(p->params, &p->spectral, &p->network, p->singular, p->unscaled);
  }
  if (p->average != NULL) {
    average_step(p->average, p->params, count, t, gan->share.batch, gan->settings.average);
  }
}
