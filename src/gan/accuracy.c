#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/gan/gan.h"

static const float *judged(Gan *gan, const float *x, size_t n) {
  Player *d = &gan->player[GAN_D];
  Pass pass = {.training = false, .share = {.rows = n, .batch = n}};
  return network_forward(&d->network, d->params, d->running, &d->tape, x, &pass);
}

size_t gan_count_right(Gan *gan, size_t n, RngKey key, uint32_t first) {
  Player *g = &gan->player[GAN_G];
  size_t right = 0;
  GT_CHECK(n <= gan->share.rows, "%zu images of at most %zu", n, gan->share.rows);
  const float *logits = judged(gan, gan->real, n);
  memcpy(gan->dlogits, logits, n * sizeof *logits); /* of the real images: free between steps */
  const float *fakes = gan_draw(&g->network, g->params, g->running, &g->tape, key, first, n);
  logits = judged(gan, fakes, n);
  for (size_t i = 0; i < n; i++) {
    float real = gan->dlogits[i], fake = logits[i];
    right +=
        gan->settings.loss->paired ? (real > fake ? 2 : 0) : (size_t)(real > 0.0f) + (size_t) !(fake > 0.0f);
  }
  return right;
}
