#include <math.h>

#include "gantrain/nn/layer.h"

void initializer_fill(float *tensor, Initializer initializer, size_t fan_in, size_t fan_out, size_t count,
                      RngKey key, uint32_t tensor_index) {
  switch (initializer) {
    case INITIALIZER_GLOROT_UNIFORM: {
      float limit = (float)sqrt(6.0 / (double)(fan_in + fan_out));
      rng_uniform(tensor, key, tensor_index, count);
      for (size_t i = 0; i < count; i++) {
        tensor[i] = limit * (2.0f * tensor[i] - 1.0f);
      }
      break;
    }
    case INITIALIZER_NORMAL:
    case INITIALIZER_FAN_IN: {
      float deviation = initializer == INITIALIZER_NORMAL ? 0.05f : (float)sqrt(1.0 / (double)fan_in);
      rng_normal(tensor, key, tensor_index, 1, count);
      for (size_t i = 0; i < count; i++) {
        tensor[i] *= deviation;
      }
      break;
    }
    case INITIALIZER_ZEROS:
    case INITIALIZER_ONES:
      for (size_t i = 0; i < count; i++) {
        tensor[i] = initializer == INITIALIZER_ONES ? 1.0f : 0.0f;
      }
      break;
  }
}
