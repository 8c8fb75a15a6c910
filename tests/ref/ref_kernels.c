#include <math.h>

#include "ref.h"

void ref_gemm(double *C, const double *A, const double *B, GemmTranspose transpose, size_t M, size_t N,
              size_t K, int accumulate) {
  for (size_t i = 0; i < M; i++) {
    for (size_t j = 0; j < N; j++) {
      double sum = accumulate ? C[i * N + j] : 0.0;
      for (size_t k = 0; k < K; k++) {
        double a = transpose == GEMM_TN ? A[k * M + i] : A[i * K + k];
        double b = transpose == GEMM_NT ? B[j * K + k] : B[k * N + j];
        sum += a * b;
      }
      C[i * N + j] = sum;
    }
  }
}

void ref_bias_forward(double *y, const double *bias, size_t N, size_t C) {
  for (size_t i = 0; i < N * C; i++) {
    y[i] += bias[i % C];
  }
}

void ref_bias_backward(double *dbias, const double *dy, size_t N, size_t C) {
  for (size_t i = 0; i < N * C; i++) {
    dbias[i % C] += dy[i];
  }
}

void ref_leaky_relu_forward(double *y, const double *x, double slope, size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] = x[i] > 0 ? x[i] : slope * x[i];
  }
}

void ref_leaky_relu_backward(double *dx, const double *dy, const double *x, double slope, size_t n) {
  for (size_t i = 0; i < n; i++) {
    dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
  }
}

void ref_tanh_forward(double *y, const double *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] = tanh(x[i]);
  }
}

void ref_tanh_backward(double *dx, const double *dy, const double *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    dx[i] = dy[i] * (1.0 - y[i] * y[i]);
  }
}

void ref_sigmoid_forward(double *y, const double *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] = 1.0 / (1.0 + exp(-x[i]));
  }
}

void ref_sigmoid_backward(double *dx, const double *dy, const double *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    dx[i] = dy[i] * y[i] * (1.0 - y[i]);
  }
}

void ref_dropout_apply(double *y, const double *x, const double *mask, size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] = x[i] * mask[i];
  }
}

void ref_norm_moments(double *moments, const double *x, size_t N, size_t C) {
  for (size_t c = 0; c < C; c++) {
    moments[c] = moments[C + c] = 0.0;
    for (size_t r = 0; r < N; r++) {
      moments[c] += x[r * C + c];
      moments[C + c] += x[r * C + c] * x[r * C + c];
    }
  }
}

void ref_norm_statistics(double *mean, double *inverse_std, double *running_mean, double *running_variance,
                         const double *moments, double count, double momentum, double epsilon, size_t C) {
  for (size_t c = 0; c < C; c++) {
    mean[c] = moments[c] / count;
    double variance = moments[C + c] / count - mean[c] * mean[c];
    inverse_std[c] = 1.0 / sqrt(variance + epsilon);
    running_mean[c] = momentum * running_mean[c] + (1.0 - momentum) * mean[c];
    running_variance[c] = momentum * running_variance[c] + (1.0 - momentum) * variance;
  }
}

void ref_norm_forward(double *y, const double *x, const double *mean, const double *inverse_std,
                      const double *gamma, const double *beta, size_t N, size_t C) {
  for (size_t i = 0; i < N * C; i++) {
    size_t c = i % C;
    y[i] = gamma[c] * ((x[i] - mean[c]) * inverse_std[c]) + beta[c];
  }
}

void ref_norm_backward_sums(double *sums, const double *dy, const double *x, const double *mean,
                            const double *inverse_std, size_t N, size_t C) {
  for (size_t c = 0; c < 2 * C; c++) {
    sums[c] = 0.0;
  }
  for (size_t i = 0; i < N * C; i++) {
    size_t c = i % C;
    sums[c] += dy[i];
    sums[C + c] += dy[i] * (x[i] - mean[c]) * inverse_std[c];
  }
}

void ref_norm_backward(double *dx, const double *dy, const double *x, const double *mean,
                       const double *inverse_std, const double *gamma, const double *sums, double count,
                       size_t N, size_t C) {
  for (size_t i = 0; i < N * C; i++) {
    size_t c = i % C;
    double xhat = (x[i] - mean[c]) * inverse_std[c];
    dx[i] = gamma[c] * inverse_std[c] * (dy[i] - sums[c] / count - xhat * sums[C + c] / count);
  }
}

void ref_pixels_to_u8(uint8_t *out, const double *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double value = (x[i] + 1.0) * 127.5;
    out[i] = !(value > 0.0) ? 0 : value > 255.0 ? 255 : (uint8_t)lround(value);
  }
}

double ref_cross_entropy(double *dlogits, const double *logits, size_t N, double target, double scale,
                         double *probability_sum, size_t *positive) {
  double loss = 0.0;
  *probability_sum = 0.0;
  *positive = 0;
  for (size_t i = 0; i < N; i++) {
    double l = logits[i];
    double probability = 1.0 / (1.0 + exp(-l));
    loss += (l > 0 ? l : 0) - l * target + log1p(exp(-fabs(l)));
    dlogits[i] = scale * (probability - target);
    *probability_sum += probability;
    *positive += l > 0;
  }
  return loss;
}

void ref_adam_step(double *params, double *m, double *v, const double *grads, size_t n, int64_t t,
                   AdamSettings settings) {
  double correct1 = 1.0 - pow(settings.beta1, (double)t);
  double correct2 = 1.0 - pow(settings.beta2, (double)t);
  for (size_t i = 0; i < n; i++) {
    m[i] = settings.beta1 * m[i] + (1.0 - settings.beta1) * grads[i];
    v[i] = settings.beta2 * v[i] + (1.0 - settings.beta2) * grads[i] * grads[i];
    params[i] -= settings.lr * (m[i] / correct1) / (sqrt(v[i] / correct2) + settings.epsilon);
  }
}
