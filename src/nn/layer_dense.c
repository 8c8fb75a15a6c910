/* Dense: y[N,U] = x[N,C] kernel[C,U] + bias[U]. */
#include "gantrain/math/gemm.h"
#include "gantrain/math/kernels.h"
#include "gantrain/nn/layer.h"

enum { KERNEL, BIAS };

static Status dense_infer(Layer *layer, Arena *params, Arena *running) {
  (void)running;
  if (layer->in.h != 1 || layer->in.w != 1) {
    return status_set(
        GT_USAGE, "layer %s: a dense layer takes a flat vector, not %d x %d x %d; put a flatten before it",
        layer->name, layer->in.h, layer->in.w, layer->in.c);
  }
  if (layer->spec.units < 1) {
    return status_set(GT_USAGE, "layer %s: units is %d, expected 1 or more", layer->name, layer->spec.units);
  }
  layer->out = (Shape){1, 1, layer->spec.units};
  GT_TRY(arena_add(params, layer->name, "kernel", 2, (int[]){layer->in.c, layer->spec.units},
                   &layer->params[KERNEL]));
  return layer->spec.no_bias
             ? GT_OK
             : arena_add(params, layer->name, "bias", 1, (int[]){layer->spec.units}, &layer->params[BIAS]);
}

static void dense_init(const Layer *layer, float *p, float *r, RngKey key) {
  (void)r;
  size_t C = (size_t)layer->in.c, U = (size_t)layer->out.c;
  initializer_fill(p + layer->p[KERNEL], layer->spec.kernel, C, U, C * U, key,
                   (uint32_t)layer->params[KERNEL]);
  if (!layer->spec.no_bias) {
    initializer_fill(p + layer->p[BIAS], INITIALIZER_ZEROS, C, U, U, key, (uint32_t)layer->params[BIAS]);
  }
}

static void dense_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t N = pass->share.rows, C = (size_t)layer->in.c, U = (size_t)layer->out.c;
  const float *kernel = a->params + layer->p[KERNEL];
  if (layer->spec.no_bias) {
    gemm(a->y, a->x, kernel, GEMM_NN, N, U, C, GEMM_OVERWRITE);
  } else {
    gemm_bias(a->y, a->x, kernel, a->params + layer->p[BIAS], N, U, C);
  }
}

static void dense_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t N = pass->share.rows, C = (size_t)layer->in.c, U = (size_t)layer->out.c;
  size_t shard = share_shard_rows(&pass->share);
  if (gradients_wanted(&a->grads) && a->parts != GRADIENTS_BIAS) {
    gradient_add_product(&a->grads, layer->p[KERNEL], a->x, a->dy, C, U, N, shard);
  }
  if (gradients_wanted(&a->grads) && a->parts != GRADIENTS_KERNEL && !layer->spec.no_bias) {
    gradient_add_columns(&a->grads, layer->p[BIAS], a->dy, N, U, shard);
  }
  if (a->dx != NULL) {
    gemm(a->dx, a->dy, a->params + layer->p[KERNEL], GEMM_NT, N, C, U, GEMM_OVERWRITE);
  }
}

static void dense_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  gemm(a->ty, a->tx, a->params + layer->p[KERNEL], GEMM_NN, pass->share.rows, (size_t)layer->out.c,
       (size_t)layer->in.c, GEMM_OVERWRITE);
}

static double dense_work(const Layer *layer) {
  return (double)layer->in.c * layer->out.c;
}

const LayerOps layer_dense = {.kind = "dense",
                              .keras_name = "dense",
                              .infer = dense_infer,
                              .init = dense_init,
                              .forward = dense_forward,
                              .backward = dense_backward,
                              .tangent = dense_tangent,
                              .work = dense_work,
                              .parts = layer_part_a_row};
