#include "critic.h"

#include <string.h>

#include "gantrain/base/memory.h"
#include "statistics.h"
#include "view.h"

static Status create_conditions(Gan *gan, Side *side) {
  size_t rows = gan->share.rows, length = gan->condition;
  if (length == 0) {
    return GT_OK;
  }
  size_t batches = side == &gan->side[GAN_REAL] ? (size_t)gan->settings.d_steps : 1;
  side->conditions = memory_alloc(batches * rows * length, sizeof *side->conditions);
  side->scores = memory_alloc(rows, sizeof *side->scores);
  side->doutputs = memory_alloc(rows * (1 + length), sizeof *side->doutputs);
  return side->conditions == NULL || side->scores == NULL || side->doutputs == NULL ? GT_FAILED : GT_OK;
}

Status critic_create(Gan *gan) {
  const Network *d = &gan->player[GAN_D].network;
  for (int i = 0; i < GAN_SIDES; i++) {
    Side *side = &gan->side[i];
    GT_TRY(create_conditions(gan, side));
    if (side->row != NULL) {
      GT_TRY(penalty_check(d, side->row->option));
      GT_TRY(penalty_tape_create(&side->penalty, d, gan->packs.rows));
    }
  }
  if (!gan->settings.loss->paired) {
    return GT_OK;
  }
  gan->pairs = memory_alloc(gan->packs.rows, sizeof *gan->pairs);
  return gan->pairs == NULL ? GT_FAILED : tape_create(&gan->real_tape, d, gan->packs.rows, TAPE_TRAINING);
}

void critic_free(Gan *gan) {
  for (int i = 0; i < GAN_SIDES; i++) {
    penalty_tape_free(&gan->side[i].penalty);
    memory_free(gan->side[i].conditions);
    memory_free(gan->side[i].scores);
    memory_free(gan->side[i].doutputs);
  }
  memory_free(gan->pairs);
  tape_free(&gan->real_tape);
}

const float *critic_conditions(const Gan *gan, int side) {
  size_t turn = side == GAN_REAL ? (size_t)gan->turn : 0;
  return gan->condition > 0 ? gan->side[side].conditions + turn * gan->share.rows * gan->condition : NULL;
}

void critic_condition_fakes(Gan *gan, RngKey key, uint32_t first, size_t n) {
  size_t length = gan->condition;
  float *conditions = gan->side[GAN_FAKE].conditions;
  if (length > 0 && (gan->settings.loss->paired || gan->side[GAN_BETWEEN].row != NULL)) {
    memcpy(conditions, critic_conditions(gan, GAN_REAL), n * length * sizeof *conditions);
  } else if (length > 0) {
    condition_fill(conditions, length, gan->settings.condition, CONDITION_DRAWN, key, first, n);
  }
}

const float *critic_score(Gan *gan, int which, Tape *tape, const float *x, const Pass *pass) {
  Side *side = &gan->side[which];
  side->x = view_forward(gan, which, x, pass);
  const float *outputs = statistics_forward(gan, GAN_D, tape, side->x, pass);
  return condition_scores(side->scores, outputs, critic_conditions(gan, which), pass->share.rows,
                          gan->condition);
}

const float *critic_slopes(Gan *gan, int which, const float *dscores) {
  Side *side = &gan->side[which];
  return condition_slopes(side->doutputs, dscores, critic_conditions(gan, which), gan->packs.rows,
                          gan->condition);
}

void critic_forward(Gan *gan, int which, const float *x, const Pass *pass, float weight, int64_t *squared) {
  Player *d = &gan->player[GAN_D];
  Side *side = &gan->side[which];
  size_t shard = share_shard_rows(&pass->share);
  side->pass = *pass;
  side->tape = gan->settings.loss->paired && which == GAN_REAL ? &gan->real_tape : &d->tape;
  side->logits = critic_score(gan, which, side->tape, x, pass);
  if (side->row == NULL) {
    return;
  }
  side->penalty.seed = critic_slopes(gan, which, NULL);
  double gamma = side->gamma * schedule_penalty(&gan->settings.schedule, gan->step + 1);
  penalty_tangent(&d->network, d->params, side->tape, &side->penalty, side->row->function,
                  (double)weight * gamma / (double)gan->packs.batch, pass);
  for (size_t row = 0; row < pass->share.rows; row += shard) {
    double part = 0.0;
    for (size_t n = row; n < row + shard; n++) {
      part += side->penalty.squared[n];
    }
    part *= (double)gan->settings.pack;
    exact_add(squared, &part, 1, EXACT_LOSS_BITS);
  }
}

void critic_backward(Gan *gan, int which, const float *dlogits, GradientSum grads) {
  Player *d = &gan->player[GAN_D];
  Side *side = &gan->side[which];
  if (side->row != NULL) {
    penalty_backward(&d->network, d->params, grads, side->tape, &side->penalty, side->x, dlogits,
                     &side->pass);
  } else {
    network_backward(&d->network, d->params, grads, side->tape, side->x, critic_slopes(gan, which, dlogits),
                     false, &side->pass);
  }
}
