#include <string.h>

#include "critic.h"
#include "gantrain/base/check.h"
#include "gantrain/gan/gan.h"

static const float *inference_scores(Gan *gan, int side, const float *x, size_t packs) {
  Pass pass = {.training = false, .share = {.rows = packs, .batch = packs}};
  return critic_score(gan, side, &gan->player[GAN_D].tape, x, &pass);
}

size_t gan_count_right(Gan *gan, size_t n, RngKey key, uint32_t first) {
  Player *g = &gan->player[GAN_G];
  size_t right = 0, packs = n / gan->settings.pack;
  GT_CHECK(n <= gan->share.rows && n % gan->settings.pack == 0, "%zu images of at most %zu", n,
           gan->share.rows);
  const float *logits = inference_scores(gan, GAN_REAL, gan->real, packs);
  memcpy(gan->dlogits, logits, packs * sizeof *logits); /* of the real images: free between steps */
  critic_condition_fakes(gan, key, first, n);
  Generator generator = {.network = &g->network,
                         .params = g->params,
                         .running = g->running,
                         .condition = gan->settings.condition,
                         .conditions = gan->side[GAN_FAKE].conditions};
  const float *fakes = gan_draw(&generator, &g->tape, key, first, n);
  logits = inference_scores(gan, GAN_FAKE, fakes, packs);
  for (size_t i = 0; i < packs; i++) {
    float real = gan->dlogits[i], fake = logits[i];
    right +=
        gan->settings.loss->paired ? (real > fake ? 2 : 0) : (size_t)(real > 0.0f) + (size_t) !(fake > 0.0f);
  }
  return right * gan->settings.pack;
}
