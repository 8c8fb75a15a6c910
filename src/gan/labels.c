#include "labels.h"

#include "gantrain/base/memory.h"

static bool wanted(const Gan *gan) {
  return gan->settings.real_label < 1.0 || gan->settings.flip_labels > 0.0;
}

Status labels_create(Gan *gan) {
  if (!wanted(gan)) {
    return GT_OK;
  }
  if (gan->settings.loss->against == NULL) {
    return status_set(GT_USAGE,
                      "%s: --loss %s has no labels; leave it out, or take --loss cross-entropy, minimax or "
                      "least-squares",
                      gan->settings.real_label < 1.0 ? "--smooth-labels" : "--flip-labels",
                      gan->settings.loss->name);
  }
  gan->labels = memory_alloc(gan->packs.rows, sizeof *gan->labels);
  return gan->labels == NULL ? GT_FAILED : GT_OK;
}

void labels_free(Gan *gan) {
  memory_free(gan->labels);
}

const float *labels_of(Gan *gan, int side, const Pass *pass) {
  RngKey key = pass->key;
  key.stream = side == GAN_REAL ? RNG_FLIP_REAL : RNG_FLIP_FAKE;
  for (size_t row = 0; row < pass->share.rows && gan->labels != NULL; row++) {
    float draw;
    rng_uniform(&draw, key, pass->share.sample + (uint32_t)row, 1);
    bool flipped = (double)draw < gan->settings.flip_labels;
    gan->labels[row] = (side == GAN_REAL) != flipped ? (float)gan->settings.real_label : 0.0f;
  }
  return gan->labels;
}
