/* The two-player step. Letters: N = gan->rows. */
#include "gantrain/gan.h"

#include <string.h>

#include "gantrain/check.h"
#include "gantrain/loss.h"
#include "gantrain/memory.h"

static Status player_create(Player *player, const char *name, Shape in, const LayerSpec *specs,
                            int specs_count, AdamSettings adam, size_t rows, uint64_t seed,
                            RngStream stream) {
  GT_TRY(network_build(&player->network, name, in, specs, specs_count));
  player->adam = adam;
  float **blocks[] = {&player->params, &player->grads, &player->m, &player->v};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
    *blocks[i] = arena_block(&player->network.params);
    if (*blocks[i] == NULL) {
      return GT_FAILED;
    }
  }
  player->running = arena_block(&player->network.running);
  if (player->running == NULL) {
    return GT_FAILED;
  }
  network_init(&player->network, player->params, player->running, seed, stream);
  return tape_create(&player->tape, &player->network, rows, true);
}

static void player_free(Player *player) {
  memory_free(player->params);
  memory_free(player->grads);
  memory_free(player->m);
  memory_free(player->v);
  memory_free(player->running);
  tape_free(&player->tape);
}

static Status create_players(Gan *gan, const Architecture *architecture, const AdamSettings *adam) {
  Shape latent = {1, 1, architecture->latent};
  Player *g = &gan->player[GAN_G], *d = &gan->player[GAN_D];
  GT_TRY(player_create(g, "generator", latent, architecture->generator, architecture->generator_count,
                       adam[GAN_G], gan->rows, gan->seed, RNG_INIT_GENERATOR));
  GT_TRY(player_create(d, "discriminator", gan->image, architecture->discriminator,
                       architecture->discriminator_count, adam[GAN_D], gan->rows, gan->seed,
                       RNG_INIT_DISCRIMINATOR));
  Shape made = g->network.out;
  if (made.h != gan->image.h || made.w != gan->image.w || made.c != gan->image.c) {
    return status_set(GT_USAGE,
                      "architecture %s: the generator makes %d x %d x %d, the images are %d x %d x %d",
                      architecture->name, made.h, made.w, made.c, gan->image.h, gan->image.w, gan->image.c);
  }
  if (shape_count(d->network.out) != 1) {
    return status_set(GT_USAGE, "architecture %s: the discriminator ends in %zu values, expected one logit",
                      architecture->name, shape_count(d->network.out));
  }
  return GT_OK;
}

Status gan_create(Gan *gan, const Architecture *architecture, Shape image, const AdamSettings *adam,
                  uint64_t seed, size_t rows, size_t batch, uint32_t sample) {
  memset(gan, 0, sizeof *gan);
  gan->image = image;
  gan->latent = (size_t)architecture->latent;
  gan->seed = seed;
  gan->rows = rows;
  gan->batch = batch;
  gan->sample = sample;
  Status outcome = create_players(gan, architecture, adam);
  if (outcome == GT_OK) {
    gan->real = memory_alloc(rows * shape_count(image), sizeof *gan->real);
    gan->dlogits = memory_alloc(rows, sizeof *gan->dlogits);
    outcome = gan->real == NULL || gan->dlogits == NULL ? GT_FAILED : GT_OK;
  }
  if (outcome != GT_OK) {
    gan_free(gan);
  }
  return outcome;
}

void gan_free(Gan *gan) {
  player_free(&gan->player[GAN_G]);
  player_free(&gan->player[GAN_D]);
  memory_free(gan->real);
  memory_free(gan->dlogits);
  memset(gan, 0, sizeof *gan);
}

static Pass pass_of(const Gan *gan, RngStream dropout, const Hooks *hooks) {
  return (Pass){.training = true,
                .rows = gan->rows,
                .batch = gan->batch,
                .sample = gan->sample,
                .key = {.seed = gan->seed, .stream = dropout, .step = (uint32_t)gan->step},
                .hooks = hooks};
}

static void clear_grads(Gan *gan, int player) {
  memset(gan->player[player].grads, 0, gan->player[player].network.params.count * sizeof(float));
}

static void begin(Gan *gan, int player) {
  if (gan->hooks.begin != NULL) {
    gan->hooks.begin(gan->hooks.network[player].context);
  }
}

/* Gradients over all ranks are there: one Adam step, the `t`-th. */
static void end(Gan *gan, int player, int64_t t) {
  Player *p = &gan->player[player];
  if (gan->hooks.end != NULL) {
    gan->hooks.end(gan->hooks.network[player].context);
  }
  adam_step(p->params, p->m, p->v, p->grads, p->network.params.count, t, p->adam);
}

static void enter(const Gan *gan, GanPhase phase) {
  if (gan->hooks.phase != NULL) {
    gan->hooks.phase(gan->hooks.phase_context, phase);
  }
}

/* Fakes (N, image) on fresh noise, with batch statistics; they stay in G's tape. */
static const float *generate(Gan *gan, RngStream stream) {
  Player *g = &gan->player[GAN_G];
  Pass pass = pass_of(gan, stream, &gan->hooks.network[GAN_G]);
  rng_normal(g->tape.x, pass.key, gan->sample, gan->rows, gan->latent);
  return network_forward(&g->network, g->params, g->running, &g->tape, g->tape.x, &pass);
}

/* D's loss on x (N, image) against `target`; dlogits is scaled by `share` / batch. */
static double score(Gan *gan, const float *x, float target, float share, const Pass *pass,
                    double *probabilities) {
  Player *d = &gan->player[GAN_D];
  const float *logits = network_forward(&d->network, d->params, d->running, &d->tape, x, pass);
  return loss_cross_entropy(gan->dlogits, logits, gan->rows, target, share / (float)gan->batch, probabilities,
                            NULL);
}

static void train_d_on(Gan *gan, const float *x, float target, const Pass *pass, double *loss,
                       double *probabilities) {
  Player *d = &gan->player[GAN_D];
  *loss = score(gan, x, target, 0.5f, pass, probabilities);
  network_backward(&d->network, d->params, d->grads, &d->tape, x, gan->dlogits, false, pass);
}

void gan_step(Gan *gan, GanSums *sums, void (*scored)(void *context, const GanSums *sums), void *context) {
  Player *g = &gan->player[GAN_G], *d = &gan->player[GAN_D];

  /* D on the real batch, while G's gradients of the last step travel. D's own are not final yet. */
  Hooks silent = gan->hooks.network[GAN_D];
  silent.grads_ready = NULL;
  Pass real = pass_of(gan, RNG_DROPOUT_REAL, &silent);
  enter(gan, GAN_PHASE_D_REAL);
  clear_grads(gan, GAN_D);
  train_d_on(gan, gan->real, 1.0f, &real, &sums->d_loss_real, &sums->d_real);
  gan_finish(gan);

  /* D on fresh fakes; its gradients leave from inside this backward pass. */
  enter(gan, GAN_PHASE_D_FAKES);
  const float *fakes = generate(gan, RNG_LATENT_D);
  Pass fake = pass_of(gan, RNG_DROPOUT_FAKE, &gan->hooks.network[GAN_D]);
  enter(gan, GAN_PHASE_D_FAKE);
  begin(gan, GAN_D);
  train_d_on(gan, fakes, 0.0f, &fake, &sums->d_loss_fake, &sums->d_fake);

  /* G makes the fakes of its own update while D's gradients travel. */
  enter(gan, GAN_PHASE_G_FAKES);
  fakes = generate(gan, RNG_LATENT_G);
  enter(gan, GAN_PHASE_D_UPDATE);
  end(gan, GAN_D, gan->step + 1);

  /* G through the new D, whose parameters get no gradients here; G's leave from inside its backward pass. */
  Pass through = pass_of(gan, RNG_DROPOUT_G, &gan->hooks.network[GAN_D]);
  enter(gan, GAN_PHASE_G_SCORE);
  sums->g_loss = score(gan, fakes, 1.0f, 1.0f, &through, NULL);
  if (scored != NULL) {
    scored(context, sums);
  }
  enter(gan, GAN_PHASE_G_THROUGH);
  const float *dfakes =
      network_backward(&d->network, d->params, NULL, &d->tape, fakes, gan->dlogits, true, &through);
  Pass back = pass_of(gan, RNG_LATENT_G, &gan->hooks.network[GAN_G]);
  enter(gan, GAN_PHASE_G_BACK);
  clear_grads(gan, GAN_G);
  begin(gan, GAN_G);
  network_backward(&g->network, g->params, g->grads, &g->tape, g->tape.x, dfakes, false, &back);
  gan->g_pending = true;
  gan->step++;
}

void gan_finish(Gan *gan) {
  if (gan->g_pending) {
    enter(gan, GAN_PHASE_G_UPDATE);
    end(gan, GAN_G, gan->step);
    gan->g_pending = false;
  }
}

uint64_t gan_fingerprint(const Gan *gan) {
  GT_CHECK(!gan->g_pending, "step %lld is not finished", (long long)gan->step);
  const Player *g = &gan->player[GAN_G], *d = &gan->player[GAN_D];
  return arena_hash(&d->network.params, d->params, arena_hash(&g->network.params, g->params, 0));
}
