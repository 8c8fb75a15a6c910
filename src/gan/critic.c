#include "critic.h"

#include "gantrain/base/memory.h"

Status critic_create(Gan *gan) {
  static const char *const options[] = {"--r1", "--r2"};
  const Network *d = &gan->player[GAN_D].network;
  for (int i = 0; i < 2; i++) {
    Side *side = &gan->side[i];
    if (side->gamma > 0.0) {
      GT_TRY(penalty_check(d, options[i]));
      GT_TRY(penalty_tape_create(&side->penalty, d, gan->share.rows));
    }
  }
  if (!gan->settings.loss->paired) {
    return GT_OK;
  }
  gan->pairs = memory_alloc(gan->share.rows, sizeof *gan->pairs);
  return gan->pairs == NULL ? GT_FAILED : tape_create(&gan->real_tape, d, gan->share.rows, true);
}

void critic_free(Gan *gan) {
  for (int i = 0; i < 2; i++) {
    penalty_tape_free(&gan->side[i].penalty);
  }
  memory_free(gan->pairs);
  tape_free(&gan->real_tape);
}

void critic_look(Gan *gan, int which, const float *x, const Pass *pass, float weight, int64_t *squared) {
  Player *d = &gan->player[GAN_D];
  Side *side = &gan->side[which];
  size_t shard = share_shard_rows(&pass->share);
  side->pass = *pass;
  side->x = x;
  side->tape = gan->settings.loss->paired && which == GAN_REAL ? &gan->real_tape : &d->tape;
  side->logits = network_forward(&d->network, d->params, d->running, side->tape, x, pass);
  *squared = 0;
  if (side->gamma <= 0.0) {
    return;
  }
  penalty_tangent(&d->network, d->params, side->tape, &side->penalty, penalty_squared,
                  (double)weight * side->gamma / (double)gan->share.batch, pass);
  for (size_t row = 0; row < pass->share.rows; row += shard) {
    double part = 0.0;
    for (size_t n = row; n < row + shard; n++) {
      part += side->penalty.squared[n];
    }
    exact_add(squared, &part, 1, EXACT_LOSS_BITS);
  }
}

void critic_learn(Gan *gan, int which, const float *dlogits, GradientSum grads) {
  Player *d = &gan->player[GAN_D];
  Side *side = &gan->side[which];
  if (side->gamma > 0.0) {
    penalty_backward(&d->network, d->params, grads, side->tape, &side->penalty, side->x, dlogits,
                     &side->pass);
  } else {
    network_backward(&d->network, d->params, grads, side->tape, side->x, dlogits, false, &side->pass);
  }
}
