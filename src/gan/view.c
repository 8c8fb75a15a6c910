#include "view.h"

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "gantrain/math/pack.h"

Status view_share(Share *share, const Gan *gan) {
  if (gan->settings.pack > 1 && gan->condition > 0) {
    return status_set(GT_USAGE,
                      "--pack %zu: D judges an image under its condition, and the images of a pack have one "
                      "each; leave out --pack or --condition",
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

Status view_create(Gan *gan) {
  size_t values = gan->share.rows * shape_count(gan->image);
  for (int i = 0; i < 2 && gan->settings.pack > 1; i++) {
    View *view = &gan->side[i].view;
    view->packed = memory_alloc(values, sizeof *view->packed);
    if (view->packed == NULL) {
      return GT_FAILED;
    }
  }
  return GT_OK;
}

void view_free(Gan *gan) {
  for (int i = 0; i < 2; i++) {
    memory_free(gan->side[i].view.packed);
  }
}

const float *view_forward(Gan *gan, int side, const float *x, size_t n) {
  float *packed = gan->side[side].view.packed;
  size_t M = gan->settings.pack, C = (size_t)gan->image.c;
  GT_CHECK(n % M == 0, "%zu images in packs of %zu", n, M);
  if (packed == NULL) {
    return x;
  }
  pack_forward(packed, x, n / M, M, shape_count(gan->image) / C, C);
  return packed;
}

const float *view_backward(Gan *gan, int side, const float *dview) {
  float *dx = gan->side[side].view.packed;
  size_t M = gan->settings.pack, C = (size_t)gan->image.c;
  if (dx == NULL) {
    return dview;
  }
  pack_backward(dx, dview, gan->share.rows / M, M, shape_count(gan->image) / C, C);
  return dx;
}
