#include "statistics.h"

#include <string.h>

#include "gantrain/base/memory.h"

/* How many layers of a list normalise; they become such of shards. */
static int choose(LayerSpec *specs, int count) {
  int found = 0;
  for (int i = 0; i < count; i++) {
    if (specs[i].ops == &layer_batch_normalization) {
      specs[i].by_shard = true;
      found++;
    }
  }
  return found;
}

Status statistics_choose(Architecture *architecture, const GanSettings *settings) {
  if (!settings->shard_statistics) {
    return GT_OK;
  }
  int found = choose(architecture->generator, architecture->generator_count) +
              choose(architecture->discriminator, architecture->discriminator_count);
  return found > 0 ? GT_OK
                   : status_set(
                         GT_USAGE,
                         "--batch-statistics shard: architecture %s has no batch normalisation; leave it out",
                         architecture->name);
}

static Status check_values(const Network *network, size_t shard_rows) {
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    if (layer->spec.by_shard && shard_rows * (size_t)layer->in.h * (size_t)layer->in.w < 2) {
      return status_set(
          GT_USAGE,
          "--batch-statistics shard: layer %s would normalise one value by itself, since a shard has "
          "one image a step; give it more, by --batch or --shards",
          layer->name);
    }
  }
  return GT_OK;
}

Status statistics_create(Gan *gan) {
  for (int p = 0; p < 2 && gan->settings.shard_statistics; p++) {
    Player *player = &gan->player[p];
    GT_TRY(check_values(&player->network, share_shard_rows(gan_share(gan, p))));
    if (player->network.running.count > 0) {
      player->moments = memory_alloc(player->network.running.count, sizeof *player->moments);
      GT_TRY(player->moments == NULL ? GT_FAILED : GT_OK);
    }
  }
  return GT_OK;
}

void statistics_free(Gan *gan) {
  memory_free(gan->player[GAN_G].moments);
  memory_free(gan->player[GAN_D].moments);
}

const float *statistics_forward(Gan *gan, int player, Tape *tape, const float *x, const Pass *pass) {
  Player *p = &gan->player[player];
  if (p->moments == NULL || !pass->training) {
    return network_forward(&p->network, p->params, p->running, tape, x, pass);
  }
  Pass counted = *pass;
  statistics_finish(gan, player);
  memset(p->moments, 0, p->network.running.count * sizeof *p->moments);
  counted.moments = p->moments;
  const float *y = network_forward(&p->network, p->params, p->running, tape, x, &counted);
  if (gan->hooks.moments_begin != NULL) {
    gan->hooks.moments_begin(gan->hooks.context, player);
  }
  p->moments_pending = true;
  return y;
}

void statistics_finish(Gan *gan, int player) {
  Player *p = &gan->player[player];
  if (!p->moments_pending) {
    return;
  }
  if (gan->hooks.moments_end != NULL) {
    gan->hooks.moments_end(gan->hooks.context, player);
  }
  network_settle(&p->network, p->running, p->moments, gan_share(gan, player)->batch);
  p->moments_pending = false;
}
