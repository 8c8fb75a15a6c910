#include "gantrain/nn/adam.h"

#include <math.h>

#include "gantrain/base/clones.h"

GT_CLONES static void update(float *restrict params, float *restrict m, float *restrict v,
                             const float *restrict grads, size_t n, float beta1, float rest1, float beta2,
                             float rest2, float rate, float correction, float epsilon) {
  for (size_t i = 0; i < n; i++) {
    float g = grads[i];
    m[i] = beta1 * m[i] + rest1 * g;
    v[i] = beta2 * v[i] + rest2 * (g * g);
    params[i] -= rate * m[i] / (sqrtf(v[i]) * correction + epsilon);
  }
}

void adam_step(float *params, float *m, float *v, const float *grads, size_t n, int64_t t,
               AdamSettings settings) {
  double rate = settings.lr / (1.0 - pow(settings.beta1, (double)t));
  double correction = 1.0 / sqrt(1.0 - pow(settings.beta2, (double)t));
  update(params, m, v, grads, n, (float)settings.beta1, (float)(1.0 - settings.beta1), (float)settings.beta2,
         (float)(1.0 - settings.beta2), (float)rate, (float)correction, (float)settings.epsilon);
}
