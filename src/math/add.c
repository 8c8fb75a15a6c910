#include "gantrain/math/add.h"

#include "gantrain/base/clones.h"

GT_CLONES void arrays_add(float *out, const float *a, const float *b, size_t n) {
  for (size_t i = 0; i < n; i++) {
    out[i] = a[i] + b[i];
  }
}
