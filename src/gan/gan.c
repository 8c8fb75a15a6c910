/* The two-player step. Letters: N = gan->share.rows. */
#include "gantrain/gan/gan.h"

#include <string.h>

#include "between.h"
#include "critic.h"
#include "gantrain/nn/loss.h"
#include "inputs.h"
#include "labels.h"
#include "statistics.h"
#include "update.h"
#include "view.h"

static Pass pass_of(const Gan *gan, int player, RngStream dropout) {
  return (Pass){.training = true,
                .share = *gan_share(gan, player),
                .key = {.seed = gan->settings.seed, .stream = dropout, .step = (uint32_t)gan->step},
                .hooks = &gan->hooks,
                .network = player};
}

static void clear_grads(Gan *gan, int player) {
  Player *p = &gan->player[player];
  if (p->exact != NULL) {
    memset(p->exact, 0, p->network.params.count * sizeof *p->exact);
  } else {
    memset(p->grads, 0, p->network.params.count * sizeof *p->grads);
  }
}

/* Where a backward pass adds the player's gradients. */
static GradientSum grads_of(const Gan *gan, int player) {
  const Player *p = &gan->player[player];
  return p->exact != NULL ? (GradientSum){.exact = p->exact, .limit = gan->exact_limit}
                          : (GradientSum){.sum = p->grads};
}

static void begin(Gan *gan, int player) {
  if (gan->hooks.grads_begin != NULL) {
    gan->hooks.grads_begin(gan->hooks.context, player);
  }
}

/* The player's `t`-th update, in that step, both from 1. */
static void end(Gan *gan, int player, int64_t step, int64_t t) {
  if (gan->hooks.grads_end != NULL) {
    gan->hooks.grads_end(gan->hooks.context, player);
  }
  update_player(gan, player, step, t);
}

static void enter(const Gan *gan, GanPhase phase) {
  if (gan->hooks.phase != NULL) {
    gan->hooks.phase(gan->hooks.watcher, (int)phase);
  }
}

/* A pass of D's update at hand, whose draws no other update has. */
static Pass turn_pass(const Gan *gan, int player, RngStream dropout) {
  Pass pass = pass_of(gan, player, dropout);
  pass.key.step = (uint32_t)(gan->step * gan->settings.d_steps + gan->turn);
  return pass;
}

/* Fakes (N, image) on fresh noise, with batch statistics; they stay in G's tape. */
static const float *generate(Gan *gan, Pass pass, RngStream latents) {
  Player *g = &gan->player[GAN_G];
  RngKey key = pass.key;
  key.stream = latents;
  gan->making = pass;
  critic_condition_fakes(gan, key, gan->share.sample, gan->share.rows);
  inputs_noise(g->tape.x, gan->latent, gan->condition, key, gan->share.sample, gan->share.rows);
  inputs_conditions(g->tape.x, gan->latent, gan->condition, gan->side[GAN_FAKE].conditions, gan->share.rows);
  return statistics_forward(gan, GAN_G, &g->tape, g->tape.x, &pass);
}

static const float *generate_for_d(Gan *gan) {
  enter(gan, GAN_PHASE_D_FAKES);
  return generate(gan, turn_pass(gan, GAN_G, RNG_DROPOUT_MAKE_D), RNG_LATENT_D);
}

/* The real images of the turn at hand. */
static const float *real_images(const Gan *gan) {
  return gan->real + (size_t)gan->turn * gan->share.rows * shape_count(gan->image);
}

/* The loss to take on logits. */
typedef struct Criterion {
  LossFunction function;
  const float *labels; /* (packs): take it against these instead of by the function; NULL: none */
  float weight;
} Criterion;

/* Adds a loss on D's logits (packs), shard by shard; gan->dlogits = its gradients, times weight /
 * batch. */
static void loss_on_logits(Gan *gan, const float *logits, Criterion criterion, int64_t *loss,
                           int64_t *probabilities) {
  const Share *packs = &gan->packs;
  const float scale = criterion.weight / (float)packs->batch;
  size_t shard = share_shard_rows(packs);
  for (size_t row = 0; row < packs->rows; row += shard) {
    double probability, part;
    if (criterion.labels != NULL) {
      const LossLabels labels = {gan->settings.loss->against, criterion.labels + row};
      part = loss_sum_labelled(gan->dlogits + row, logits + row, shard, labels, scale, &probability);
    } else {
      part = loss_sum(gan->dlogits + row, logits + row, shard, criterion.function, scale, &probability);
    }
    part *= (double)gan->settings.pack;
    probability *= (double)gan->settings.pack;
    exact_add(loss, &part, 1, EXACT_LOSS_BITS);
    exact_add(probabilities, &probability, 1, EXACT_LOSS_BITS);
  }
}

/* D's loss is the mean of its losses on real images and on fakes, or that of the pairs. */
static float d_weight(const Gan *gan) {
  return gan->settings.loss->paired ? 1.0f : 0.5f;
}

/* D's loss, penalty and gradients on one kind of images. */
static void train_d_on(Gan *gan, int side, const float *x, const Pass *pass, int64_t sums[GAN_SUMS]) {
  bool real = side == GAN_REAL;
  critic_forward(gan, side, x, pass, d_weight(gan),
                 real ? &sums[GAN_SUM_D_SLOPE_REAL] : &sums[GAN_SUM_D_SLOPE_FAKE]);
  const Criterion criterion = {.function = real ? gan->settings.loss->real : gan->settings.loss->fake,
                               .labels = labels_of(gan, side, pass),
                               .weight = d_weight(gan)};
  loss_on_logits(gan, gan->side[side].logits, criterion,
                 real ? &sums[GAN_SUM_D_LOSS_REAL] : &sums[GAN_SUM_D_LOSS_FAKE],
                 real ? &sums[GAN_SUM_D_REAL] : &sums[GAN_SUM_D_FAKE]);
  critic_backward(gan, side, gan->dlogits, grads_of(gan, GAN_D));
}

/* A loss on pairs, of a - b. gan->dlogits = its gradients at a, gan->pairs = those at b. */
static void loss_on_pairs(Gan *gan, const float *a, const float *b, LossFunction function, int64_t *loss,
                          int64_t *probabilities) {
  for (size_t n = 0; n < gan->packs.rows; n++) {
    gan->pairs[n] = a[n] - b[n];
  }
  loss_on_logits(gan, gan->pairs, (Criterion){.function = function, .weight = 1.0f}, loss, probabilities);
  for (size_t n = 0; n < gan->packs.rows; n++) {
    gan->pairs[n] = -gan->dlogits[n];
  }
}

/* D's loss, penalties and gradients on pairs, after the forward pass on the real images. The probabilities
 * are that of the real image of a pair to score higher than the fake, and the opposite. */
static void train_d_on_pairs(Gan *gan, const float *fakes, const Pass *pass, int64_t sums[GAN_SUMS]) {
  const double rows = (double)gan->share.rows * (gan->turn + 1); /* of the sums so far */
  critic_forward(gan, GAN_FAKE, fakes, pass, d_weight(gan), &sums[GAN_SUM_D_SLOPE_FAKE]);
  loss_on_pairs(gan, gan->side[GAN_REAL].logits, gan->side[GAN_FAKE].logits, gan->settings.loss->real,
                &sums[GAN_SUM_D_LOSS_REAL], &sums[GAN_SUM_D_REAL]);
  sums[GAN_SUM_D_LOSS_FAKE] = sums[GAN_SUM_D_LOSS_REAL];
  sums[GAN_SUM_D_FAKE] = -sums[GAN_SUM_D_REAL];
  exact_add(&sums[GAN_SUM_D_FAKE], &rows, 1, EXACT_LOSS_BITS);
  critic_backward(gan, GAN_REAL, gan->dlogits, grads_of(gan, GAN_D));
  critic_backward(gan, GAN_FAKE, gan->pairs, grads_of(gan, GAN_D));
}

/* G's loss on its fakes, scored by the updated D. Pairs use the same real images, scored again by that D. */
static void g_loss(Gan *gan, const float *fakes, const Pass *through, int64_t *loss) {
  Player *d = &gan->player[GAN_D];
  const float *logits = critic_score(gan, GAN_FAKE, &d->tape, fakes, through);
  int64_t unused = 0;
  if (!gan->settings.loss->paired) {
    loss_on_logits(gan, logits, (Criterion){.function = gan->settings.loss->generator, .weight = 1.0f}, loss,
                   &unused);
    return;
  }
  Pass real = *through;
  real.key.stream = RNG_DROPOUT_G_REAL;
  const float *others = critic_score(gan, GAN_REAL, &gan->real_tape, real_images(gan), &real);
  loss_on_pairs(gan, logits, others, gan->settings.loss->generator, loss, &unused);
}

static void update_g(Gan *gan) {
  if (gan->g_pending) {
    enter(gan, GAN_PHASE_G_UPDATE);
    end(gan, GAN_G, gan->step, gan->step);
    gan->g_pending = false;
  }
}

/* A pass of D that adds to its gradients without ending them. */
static Pass silent_pass(const Gan *gan, const Hooks *silent, RngStream dropout) {
  Pass pass = turn_pass(gan, GAN_D, dropout);
  pass.hooks = silent;
  return pass;
}

/* One update of D, of the step's first while G's gradients of the last step travel. `fakes`: what G made for
 * it in the turn before, if there was one. Returns what G makes next. */
static const float *train_d(Gan *gan, const float *fakes, int64_t sums[GAN_SUMS]) {
  int64_t update = gan->step * gan->settings.d_steps + gan->turn + 1;
  Hooks silent = gan->hooks;
  silent.grads_ready = NULL;

  /* On the real batch. D's gradients are not final yet. */
  Pass real = silent_pass(gan, &silent, RNG_DROPOUT_REAL);
  enter(gan, GAN_PHASE_D_REAL);
  clear_grads(gan, GAN_D);
  if (gan->settings.loss->paired) {
    critic_forward(gan, GAN_REAL, real_images(gan), &real, d_weight(gan), &sums[GAN_SUM_D_SLOPE_REAL]);
  } else {
    train_d_on(gan, GAN_REAL, real_images(gan), &real, sums);
  }
  if (gan->turn == 0) {
    update_g(gan);
    fakes = generate_for_d(gan);
  }
  Pass fake = turn_pass(gan, GAN_D, RNG_DROPOUT_FAKE);
  if (gan_has_phase(gan, GAN_PHASE_D_BETWEEN)) {
    Pass between = silent_pass(gan, &silent, RNG_DROPOUT_BETWEEN);
    enter(gan, GAN_PHASE_D_BETWEEN);
    between_learn(gan, fakes, &fake, &between, d_weight(gan), grads_of(gan, GAN_D),
                  &sums[GAN_SUM_D_SLOPE_BETWEEN]);
  }

  /* On fresh fakes; its gradients leave from inside this backward pass. */
  enter(gan, GAN_PHASE_D_FAKE);
  begin(gan, GAN_D);
  if (gan->settings.loss->paired) {
    train_d_on_pairs(gan, fakes, &fake, sums);
  } else {
    train_d_on(gan, GAN_FAKE, fakes, &fake, sums);
  }

  /* G makes the fakes of D's next update, or of its own, while D's gradients travel. Where it learns from the
   * same fakes, its tape still has them, and what is left of D's backward pass is all that hides these. */
  if (gan->turn + 1 < gan->settings.d_steps) {
    gan->turn++;
    fakes = generate_for_d(gan);
  } else if (gan_has_phase(gan, GAN_PHASE_G_FAKES)) {
    enter(gan, GAN_PHASE_G_FAKES);
    fakes = generate(gan, pass_of(gan, GAN_G, RNG_DROPOUT_MAKE_G), RNG_LATENT_G);
  }
  enter(gan, GAN_PHASE_D_UPDATE);
  end(gan, GAN_D, gan->step + 1, update);
  return fakes;
}

/* G through the new D, whose parameters get no gradients here; G's leave from inside its backward pass. */
static void train_g(Gan *gan, const float *fakes, int64_t sums[GAN_SUMS]) {
  Player *g = &gan->player[GAN_G], *d = &gan->player[GAN_D];
  Pass through = pass_of(gan, GAN_D, RNG_DROPOUT_G);
  enter(gan, GAN_PHASE_G_SCORE);
  g_loss(gan, fakes, &through, &sums[GAN_SUM_G_LOSS]);
  if (gan->hooks.scored != NULL) {
    gan->hooks.scored(gan->hooks.watcher, sums);
  }
  enter(gan, GAN_PHASE_G_THROUGH);
  const float *dfakes =
      network_backward(&d->network, d->params, (GradientSum){0}, &d->tape, gan->side[GAN_FAKE].x,
                       critic_slopes(gan, GAN_FAKE, gan->dlogits), true, &through);
  dfakes = view_backward(gan, GAN_FAKE, dfakes);
  enter(gan, GAN_PHASE_G_BACK);
  clear_grads(gan, GAN_G);
  begin(gan, GAN_G);
  network_backward(&g->network, g->params, grads_of(gan, GAN_G), &g->tape, g->tape.x, dfakes, false,
                   &gan->making);
  gan->g_pending = true;
}

void gan_step(Gan *gan, int64_t sums[GAN_SUMS]) {
  const float *fakes = NULL;
  memset(sums, 0, GAN_SUMS * sizeof *sums);
  for (int turn = 0; turn < gan->settings.d_steps; turn++) {
    fakes = train_d(gan, fakes, sums);
  }
  train_g(gan, fakes, sums);
  gan->turn = 0;
  gan->step++;
}

void gan_finish(Gan *gan) {
  update_g(gan);
  statistics_finish(gan, GAN_G);
  statistics_finish(gan, GAN_D);
}
