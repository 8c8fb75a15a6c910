/* Spectral normalisation: singular values against LAPACK, gradients against finite differences in double, and
 * its place in a step. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/base/memory.h"
#include "gantrain/gan/gan.h"
#include "gantrain/math/blas.h"
#include "ref.h"
#include "rig.h"

typedef struct Kept {
  Rig rig;
  Arena arena;
  float *kept;   /* block of `arena` */
  float *params; /* scaled */
} Kept;

static void setup(Kept *k, const Case *c) {
  rig_setup(&k->rig, c, ROWS);
  assert_int_equal(spectral_build(&k->arena, &k->rig.network), GT_OK);
  k->kept = arena_block(&k->arena);
  k->params = arena_block(&k->rig.network.params);
  spectral_begin(k->kept, &k->arena, &k->rig.network, k->rig.params,
                 (RngKey){.seed = 5, .stream = RNG_SPECTRAL});
  spectral_scale(k->params, &k->arena, &k->rig.network, k->kept, k->rig.params);
}

static void teardown(Kept *k) {
  memory_free(k->kept);
  memory_free(k->params);
  rig_teardown(&k->rig);
}

static const Tensor *kept_tensor(const Kept *k, const char *layer, const char *part) {
  char name[GT_NAME_MAX];
  snprintf(name, sizeof name, "%s/%s", layer, part);
  for (int t = 0; t < k->arena.tensors_count; t++) {
    if (strcmp(k->arena.tensors[t].name, name) == 0) {
      return &k->arena.tensors[t];
    }
  }
  fail_msg("there is no %s", name);
  return NULL;
}

/* The largest singular value of W[M,N], by the eigenvalues of W' W. */
static double largest_singular(const float *W, size_t M, size_t N) {
  double *square = ref_doubles(N * N), *values = ref_doubles(N), largest;
  for (size_t i = 0; i < N * N; i++) {
    for (size_t m = 0; m < M; m++) {
      square[i] += (double)W[m * N + i / N] * (double)W[m * N + i % N];
    }
  }
  assert_int_equal(blas_symmetric_eigen(values, square, N), GT_OK);
  largest = sqrt(values[N - 1]);
  free(square);
  free(values);
  return largest;
}

static const Case kinds[] = {
    {"one number", {1, 1, 1}, {DENSE(1)}},
    {"a row", {1, 1, 1}, {DENSE(7)}},
    {"a column", {1, 1, 6}, {DENSE(1)}},
    {"wide and high", {1, 1, 19}, {DENSE(300), LEAKY, DENSE(5)}},
    {"convolutions",
     {5, 4, 2},
     {FILTERS(conv2d, 3, 3, 2, 1, 1, .valid = false), NORM,
      FILTERS(conv2d_transpose, 2, 4, 4, 2, 2, .valid = false), FLATTEN, DENSE(1)}},
};

static void test_singular_values(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    Kept k;
    int kernels = 0;
    setup(&k, &kinds[i]);
    for (int step = 0; step < 500; step++) {
      spectral_iterate(k.kept, &k.arena, &k.rig.network, k.rig.params);
    }
    spectral_scale(k.params, &k.arena, &k.rig.network, k.kept, k.rig.params);
    for (int l = 0; l < k.rig.network.layers_count; l++) {
      const Layer *layer = &k.rig.network.layers[l];
      if (layer->params_count == 0 || layer->spec.ops == &layer_batch_normalization) {
        continue;
      }
      const Tensor *W = &k.rig.network.params.tensors[layer->params[0]];
      size_t N = (size_t)W->shape[W->dims_count - 1], M = W->count / N;
      double sigma = (double)k.kept[kept_tensor(&k, layer->name, "sigma")->first];
      double expected = largest_singular(k.rig.params + W->first, M, N);
      assert_true(fabs(sigma - expected) <= 1e-5 * expected);
      assert_true(fabs(largest_singular(k.params + W->first, M, N) - 1.0) < 1e-5);
      assert_int_equal(kept_tensor(&k, layer->name, "u")->count, N);
      assert_int_equal(kept_tensor(&k, layer->name, "v")->count, M);
      kernels++;
    }
    assert_int_equal(3 * kernels, k.arena.tensors_count);
    teardown(&k);
  }
}

/* Biases and what belongs to a normalisation stay as they are. */
static void test_only_kernels_are_scaled(void **state) {
  (void)state;
  Kept k;
  setup(&k, &kinds[4]);
  const Arena *arena = &k.rig.network.params;
  for (int t = 0; t < arena->tensors_count; t++) {
    const Tensor *tensor = &arena->tensors[t];
    bool same =
        memcmp(k.params + tensor->first, k.rig.params + tensor->first, tensor->count * sizeof(float)) == 0;
    assert_int_equal(same, strstr(tensor->name, "kernel") == NULL);
  }
  teardown(&k);
}

/* Of a function <G, W / sigma(W)>, u and v held constant, by differences in double. */
static void test_gradients(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    Kept k;
    setup(&k, &kinds[i]);
    const Arena *arena = &k.rig.network.params;
    double *expected = ref_doubles(arena->count), *G = ref_doubles(arena->count);
    ref_fill(k.rig.grads, arena->count, 1.0, 77);
    ref_widen(G, k.rig.grads, arena->count);
    memcpy(expected, G, arena->count * sizeof *G); /* of what is not scaled */
    for (int l = 0; l < k.rig.network.layers_count; l++) {
      const Layer *layer = &k.rig.network.layers[l];
      if (layer->params_count == 0 || layer->spec.ops == &layer_batch_normalization) {
        continue;
      }
      const Tensor *W = &arena->tensors[layer->params[0]];
      const float *u = k.kept + kept_tensor(&k, layer->name, "u")->first,
                  *v = k.kept + kept_tensor(&k, layer->name, "v")->first;
      size_t N = (size_t)W->shape[W->dims_count - 1];
      for (size_t e = 0; e < W->count; e++) {
        double values[2];
        for (int sign = 0; sign < 2; sign++) {
          double sigma = 0.0, inner = 0.0;
          for (size_t j = 0; j < W->count; j++) {
            double w = k.rig.Params[W->first + j] + (j == e ? (sign - 0.5) * 2e-5 : 0.0);
            sigma += (double)v[j / N] * w * (double)u[j % N];
            inner += G[W->first + j] * w;
          }
          values[sign] = inner / sigma;
        }
        expected[W->first + e] = (values[1] - values[0]) / 2e-5;
      }
    }
    spectral_gradients(k.rig.grads, &k.arena, &k.rig.network, k.kept, k.params);
    assert_true(ref_close(kinds[i].what, k.rig.grads, expected, arena->count, 1e-5, 1e-5));
    free(expected);
    free(G);
    teardown(&k);
  }
}

/* A kernel that is zero stays, and is normalised as soon as it is not. */
static void test_zero(void **state) {
  (void)state;
  const Case c = {"zero", {1, 1, 4}, {DENSE(3)}};
  Kept k;
  setup(&k, &c);
  float *W = k.rig.params + k.rig.network.layers[0].p[0];
  const Tensor *sigma = kept_tensor(&k, "dense", "sigma");
  memset(W, 0, 12 * sizeof *W);
  for (int i = 0; i < 3; i++) {
    spectral_iterate(k.kept, &k.arena, &k.rig.network, k.rig.params);
    spectral_scale(k.params, &k.arena, &k.rig.network, k.kept, k.rig.params);
    assert_true(k.kept[sigma->first] == 1.0F && k.params[k.rig.network.layers[0].p[0]] == 0.0F);
  }
  W[5] = 1e-3F;
  spectral_iterate(k.kept, &k.arena, &k.rig.network, k.rig.params);
  assert_true(fabsf(k.kept[sigma->first] / 1e-3F - 1.0F) < 1e-6F);
  teardown(&k);
}

enum { N = 4 };
static const Shape image = {8, 8, 1};

static Gan *created(bool spectral) {
  Gan *gan = calloc(1, sizeof *gan);
  Architecture a;
  assert_int_equal(architecture_find(&a, "resnet", image), GT_OK);
  const GanSettings settings = {
      .seed = 3, .penalty = {[GAN_PENALTY_R1] = 2.0}, .adam = {a.adam, a.adam}, .spectral_norm = spectral};
  assert_int_equal(gan_create(gan, &a, image, &settings, (Share){.rows = N, .batch = N, .shard_rows = N}),
                   GT_OK);
  return gan;
}

/* A D whose parameters are the scaled ones has the gradients by them; those by what Adam updates follow from
 * them. And what a step leaves is scaled again. */
static void test_step(void **state) {
  (void)state;
  Gan *gan = created(true), *plain = created(false);
  Player *d = &gan->player[GAN_D], *p = &plain->player[GAN_D];
  size_t n = d->network.params.count;
  float *scaled = arena_block(&d->network.params), *kept = arena_block(&d->spectral),
        *before = arena_block(&d->network.params);
  int64_t sums[GAN_SUMS];
  memcpy(p->params, d->params, n * sizeof *scaled);
  memcpy(scaled, d->params, n * sizeof *scaled);
  memcpy(before, d->unscaled, n * sizeof *before);
  memcpy(kept, d->singular, d->spectral.count * sizeof *kept);
  Gan *both[] = {gan, plain};
  for (int i = 0; i < 2; i++) {
    ref_fill(both[i]->real, N * shape_count(image), 1.0, 5);
    gan_step(both[i], sums);
    gan_finish(both[i]);
  }
  spectral_gradients(p->grads, &d->spectral, &d->network, kept, scaled);
  assert_memory_equal(d->grads, p->grads, n * sizeof *p->grads);
  for (size_t i = 0; i < n; i++) { /* beta1 is 0: the first step goes lr along the sign */
    assert_true(fabsf(d->unscaled[i] - before[i]) <= 1.01F * (float)gan->settings.adam[GAN_D].lr);
  }
  assert_true(memcmp(d->unscaled, before, n * sizeof *before) != 0);
  spectral_iterate(kept, &d->spectral, &d->network, d->unscaled);
  assert_memory_equal(kept, d->singular, d->spectral.count * sizeof *kept);
  spectral_scale(scaled, &d->spectral, &d->network, kept, d->unscaled);
  assert_memory_equal(scaled, d->params, n * sizeof *scaled);
  memory_free(scaled);
  memory_free(kept);
  memory_free(before);
  for (int i = 0; i < 2; i++) {
    gan_free(both[i]);
    free(both[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_singular_values),
      cmocka_unit_test(test_only_kernels_are_scaled),
      cmocka_unit_test(test_gradients),
      cmocka_unit_test(test_zero),
      cmocka_unit_test(test_step),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
