/* The pair G and D: made, freed and hashed. */
#include <string.h>

#include "between.h"
#include "critic.h"
#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "gantrain/gan/gan.h"
#include "labels.h"
#include "penalties.h"
#include "player_state.h"
#include "statistics.h"
#include "view.h"

static Status player_allocate(Gan *gan, int p) {
  Player *player = &gan->player[p];
  bool exact = gan->settings.exact;
  size_t count = player->network.params.count;
  player->grads = arena_block(&player->network.params);
  player->exact = exact ? memory_alloc(count, sizeof *player->exact) : NULL;
  if (player->grads == NULL || (exact && player->exact == NULL)) {
    return GT_FAILED;
  }
  return tape_create(&player->tape, &player->network, gan_share(gan, p)->rows, TAPE_TRAINING);
}

static void player_begin(Player *player, const Gan *gan, RngStream stream) {
  network_init(&player->network, player->params, player->running, gan->settings.seed, stream);
  if (player->unscaled != NULL) {
    const RngKey key = {.seed = gan->settings.seed, .stream = RNG_SPECTRAL};
    memcpy(player->unscaled, player->params, player->network.params.count * sizeof *player->params);
    spectral_begin(player->singular, &player->spectral, &player->network, player->unscaled, key);
    spectral_scale(player->params, &player->spectral, &player->network, player->singular, player->unscaled);
  }
  if (player->average != NULL) {
    memcpy(player->average, player->params, player->network.params.count * sizeof *player->average);
  }
}

static void player_free(Player *player) {
  memory_free(player->grads);
  memory_free(player->exact);
  tape_free(&player->tape);
}

static Status allocate_players(Gan *gan, const Architecture *given) {
  Architecture chosen = *given, *architecture = &chosen;
  GT_TRY(statistics_choose(architecture, &gan->settings));
  for (int p = 0; p < 2; p++) {
    GT_TRY(architecture_build(&gan->player[p].network, architecture, p,
                              p == GAN_D ? view_shape(gan) : gan->image));
  }
  Player *d = &gan->player[GAN_D];
  GT_TRY(gan->settings.spectral_norm ? spectral_build(&d->spectral, &d->network) : GT_OK);
  GT_TRY(gan_create_state(gan));
  GT_TRY(player_allocate(gan, GAN_G));
  return player_allocate(gan, GAN_D);
}

/* Of the parts of exact gradient sums. */
static float parts_limit(const Gan *gan) {
  const Share *share = &gan->share;
  size_t g_parts = network_exact_parts(&gan->player[GAN_G].network, share->shard_rows);
  /* D adds on real images, on fakes, and between them where a penalty is there. */
  size_t d_parts = (gan->side[GAN_BETWEEN].row != NULL ? 3 : 2) *
                   network_exact_parts(&gan->player[GAN_D].network, gan->packs.shard_rows);
  return exact_limit((g_parts > d_parts ? g_parts : d_parts) * (share->batch / share->shard_rows));
}

Status gan_allocate(Gan *gan, const Architecture *architecture, Shape image, const GanSettings *settings,
                    Share share) {
  memset(gan, 0, sizeof *gan);
  gan->image = image;
  gan->latent = (size_t)architecture->latent;
  gan->condition = (size_t)architecture->condition;
  gan->settings = *settings;
  gan->share = share;
  GT_CHECK((settings->condition != NULL ? settings->condition->length : 0) == gan->condition,
           "an architecture for conditions of %zu", gan->condition);
  gan->settings.loss = settings->loss != NULL ? settings->loss : loss_at(0);
  gan->settings.real_label = settings->real_label > 0.0 ? settings->real_label : 1.0;
  gan->settings.d_steps = settings->d_steps > 1 ? settings->d_steps : 1;
  gan->settings.pack = settings->pack > 1 ? settings->pack : 1;
  GT_TRY(penalties_choose(gan));
  GT_TRY(view_share(&gan->packs, gan));
  Status outcome = schedule_check(&gan->settings.schedule);
  if (outcome == GT_OK) {
    outcome = allocate_players(gan, architecture);
  }
  if (outcome == GT_OK) {
    gan->real =
        memory_alloc((size_t)gan->settings.d_steps * share.rows * shape_count(image), sizeof *gan->real);
    gan->dlogits = memory_alloc(gan->packs.rows, sizeof *gan->dlogits);
    outcome = gan->real == NULL || gan->dlogits == NULL ? GT_FAILED : critic_create(gan);
  }
  if (outcome == GT_OK) {
    outcome = view_create(gan);
  }
  if (outcome == GT_OK) {
    outcome = between_create(gan);
  }
  if (outcome == GT_OK) {
    outcome = statistics_create(gan);
  }
  if (outcome == GT_OK) {
    outcome = labels_create(gan);
  }
  if (outcome != GT_OK) {
    gan_free(gan);
    return outcome;
  }
  gan->exact_limit = settings->exact ? parts_limit(gan) : 0.0f;
  return GT_OK;
}

Status gan_create(Gan *gan, const Architecture *architecture, Shape image, const GanSettings *settings,
                  Share share) {
  GT_TRY(gan_allocate(gan, architecture, image, settings, share));
  player_begin(&gan->player[GAN_G], gan, RNG_INIT_GENERATOR);
  player_begin(&gan->player[GAN_D], gan, RNG_INIT_DISCRIMINATOR);
  return GT_OK;
}

void gan_free(Gan *gan) {
  player_free(&gan->player[GAN_G]);
  player_free(&gan->player[GAN_D]);
  state_free(&gan->state);
  memory_free(gan->real);
  memory_free(gan->dlogits);
  critic_free(gan);
  view_free(gan);
  between_free(gan);
  statistics_free(gan);
  labels_free(gan);
  memset(gan, 0, sizeof *gan);
}

const char *gan_images_by(double average) {
  return average > 0.0 ? STATE_G_AVERAGE : STATE_G_PARAMETERS;
}

uint64_t gan_fingerprint(const Gan *gan) {
  GT_CHECK(!gan->g_pending, "step %lld is not finished", (long long)gan->step);
  const Player *g = &gan->player[GAN_G], *d = &gan->player[GAN_D];
  return arena_hash(&d->network.params, d->params, arena_hash(&g->network.params, g->params, 0));
}

uint64_t gan_state_hash(const Gan *gan) {
  GT_CHECK(!gan->g_pending, "step %lld is not finished", (long long)gan->step);
  return state_hash(&gan->state, 0);
}
