#include "gantrain/base/check.h"
#include "gantrain/gan/gan.h"

const float *gan_draw(const Network *generator, const float *params, const float *running, Tape *tape,
                      RngKey key, uint32_t first, size_t n) {
  GT_CHECK(n <= tape->rows, "%zu images on a tape of %zu", n, tape->rows);
  Pass pass = {.training = false, .share = {.rows = n, .batch = n, .sample = first}};
  rng_normal(tape->x, key, first, n, shape_count(generator->in));
  return network_forward(generator, params, (float *)running, tape, tape->x,
                         &pass); /* inference only reads it */
}
