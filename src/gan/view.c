#include "view.h"

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "gantrain/math/pack.h"

Status view_share(Share *share, const Gan *gan) {
  if (gan->settings.pack > 1 && gan->condition > 0) {
    return status_set(
        GT_USAGE,
        "--pack %zu: D scores an image under its condition, but the images of a pack may differ "
        "in it; leave out --pack or --condition",
        gan->settings.pack);
  }
  size_t M = gan->settings.pack;
  const Share *images = &gan->share;
  size_t shard = images->shard_rows > 0 ? images->shard_rows : images->rows;
  if (shard % M != 0) {
    return status_set(GT_USAGE,
                      "--pack %zu: a shard has %zu images a step, which are no whole packs; give each a "
                      "multiple of %zu, by --batch or --shards",
                      M, shard, M);
  }
  *share = (Share){.rows = images->rows / M,
                   .batch = images->batch / M,
                   .shard_rows = images->shard_rows / M,
                   .sample = images->sample / (uint32_t)M};
  return GT_OK;
}

Shape view_shape(const Gan *gan) {
  Shape shape = gan->image;
  shape.c *= (int)gan->settings.pack;
  return shape;
}

static Status create_side(View *view, const Gan *gan) {
  size_t rows = gan->share.rows, values = rows * shape_count(gan->image);
  if (gan->settings.augment != 0) {
    view->draws = memory_alloc(rows, sizeof *view->draws);
    view->augmented = memory_alloc(values, sizeof *view->augmented);
    GT_TRY(view->draws == NULL || view->augmented == NULL ? GT_FAILED : GT_OK);
  }
  if (gan->settings.pack > 1) {
    view->packed = memory_alloc(values, sizeof *view->packed);
    GT_TRY(view->packed == NULL ? GT_FAILED : GT_OK);
  }
  return GT_OK;
}

Status view_create(Gan *gan) {
  GT_TRY(create_side(&gan->side[GAN_REAL].view, gan));
  return create_side(&gan->side[GAN_FAKE].view, gan);
}

void view_free(Gan *gan) {
  for (int i = 0; i < 2; i++) {
    View *view = &gan->side[i].view;
    memory_free(view->draws);
    memory_free(view->augmented);
    memory_free(view->packed);
  }
}

/* The random numbers of what D sees in a pass, which its dropout tells from others. */
static RngKey key_of(const Pass *pass) {
  static const RngStream streams[][2] = {{RNG_DROPOUT_REAL, RNG_AUGMENT_REAL},
                                         {RNG_DROPOUT_FAKE, RNG_AUGMENT_FAKE},
                                         {RNG_DROPOUT_G, RNG_AUGMENT_G},
                                         {RNG_DROPOUT_G_REAL, RNG_AUGMENT_G_REAL}};
  const size_t count = sizeof streams / sizeof *streams;
  size_t i = 0;
  while (i < count && streams[i][0] != pass->key.stream) {
    i++;
  }
  GT_CHECK(i < count, "no augmentation beside the dropout %u", pass->key.stream);
  RngKey key = pass->key;
  key.stream = streams[i][1];
  return key;
}

const float *view_forward(Gan *gan, int side, const float *x, const Pass *pass) {
  View *view = &gan->side[side].view;
  const Shape image = gan->image;
  size_t M = gan->settings.pack, packs = pass->share.rows;
  if (view->augmented != NULL && pass->training) {
    augment_draw(view->draws, gan->settings.augment, gan->settings.augment_probability, key_of(pass),
                 gan->share.sample, packs * M, image.h, image.w);
    augment_forward(view->augmented, x, view->draws, packs * M, image.h, image.w, image.c);
    x = view->augmented;
  }
  if (view->packed != NULL) {
    pack_forward(view->packed, x, packs, M, (size_t)image.h * (size_t)image.w, (size_t)image.c);
    x = view->packed;
  }
  return x;
}

const float *view_backward(Gan *gan, int side, const float *dview) {
  View *view = &gan->side[side].view;
  const Shape image = gan->image;
  if (view->packed != NULL) {
    pack_backward(view->packed, dview, gan->packs.rows, gan->settings.pack, (size_t)image.h * (size_t)image.w,
                  (size_t)image.c);
    dview = view->packed;
  }
  if (view->augmented != NULL) {
    augment_backward(view->augmented, dview, view->draws, gan->share.rows, image.h, image.w, image.c);
    dview = view->augmented;
  }
  return dview;
}
