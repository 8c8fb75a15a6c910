/* Exact training has the bits of one rank even where MPI adds floats in another order at every call. Whoever
 * sends a floating-point sum on the exact path sees this fail at three ranks and more (two commute). */
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/base/shard.h"
#include "gantrain/train/exchange.h"
#include "ref.h"
#include "shuffled_sums.h"

enum { BATCH = 24, SHARDS = 8, SEED = 5 };

static const Shape image = {6, 5, 1};

/* Rows [first, first + rows) of step `number`'s batch. */
static void fill_real(Gan *gan, size_t first, uint32_t number) {
  size_t pixels = shape_count(image);
  float *batch = ref_floats(BATCH * pixels);
  ref_fill(batch, BATCH * pixels, 1.0, 1000 + number);
  memcpy(gan->real, batch + first * pixels, gan->share.rows * pixels * sizeof *batch);
  free(batch);
}

/* Trains on all ranks of the world, or, with NULL, the whole batch here alone. Returns the state's hash. */
static uint64_t train(const World *world, const char *name, uint32_t steps, bool exact) {
  Range shards = world == NULL ? (Range){.first = 0, .count = SHARDS}
                               : range_part(SHARDS, (size_t)world->size, (size_t)world->rank);
  size_t each = BATCH / SHARDS;
  Share share = {.rows = shards.count * each,
                 .batch = BATCH,
                 .shard_rows = each,
                 .sample = (uint32_t)(shards.first * each)};
  Architecture architecture;
  Gan *gan = calloc(1, sizeof *gan);
  Exchange *exchange = NULL;
  GT_CHECK(gan != NULL && architecture_find(&architecture, name, image) == GT_OK, "%s", status_message());
  const GanSettings settings = {.seed = SEED, .adam = {architecture.adam, architecture.adam}, .exact = exact};
  GT_CHECK(gan_create(gan, &architecture, image, &settings, share) == GT_OK, "%s", status_message());
  if (world != NULL) {
    GT_CHECK(exchange_create(&exchange, world, gan) == GT_OK, "%s", status_message());
  }
  for (uint32_t number = 0; number < steps; number++) {
    int64_t sums[GAN_SUMS];
    fill_real(gan, shards.first * each, number);
    gan_step(gan, sums);
  }
  gan_finish(gan);
  uint64_t hash = gan_state_hash(gan);
  exchange_free(exchange);
  gan_free(gan);
  free(gan);
  return hash;
}

static void check_exact(const World *world, const char *name, uint32_t steps) {
  uint64_t alone = train(NULL, name, steps, true);
  for (int on = 0; on <= 1; on++) {
    shuffled_sums_switch(on);
    GT_CHECK(train(world, name, steps, true) == alone, "%s, sums %s: not the bits of one rank", name,
             on ? "shuffled" : "as MPI adds them");
  }
}

/* The shuffle reaches the ordinary path, and does change it: else the check above would show nothing. */
static void check_ordinary(const World *world) {
  long before = shuffled_sums_count();
  shuffled_sums_switch(false);
  uint64_t plain = train(world, "mlp", 20, false);
  GT_CHECK(shuffled_sums_count() == before, "the switch is stuck");
  shuffled_sums_switch(true);
  uint64_t shuffled = train(world, "mlp", 20, false);
  GT_CHECK(world->size < 2 || shuffled_sums_count() > before, "no sum was shuffled");
  GT_CHECK((shuffled != plain) == (world->size > 2), "ordinary sums: shuffled %llx, else %llx",
           (unsigned long long)shuffled, (unsigned long long)plain);
}

int main(void) {
  World world;
  if (world_begin(&world) != GT_OK) {
    log_error("%s", status_message());
    return 1;
  }
  check_exact(&world, "mlp", 40);
  check_exact(&world, "article", 20);
  check_exact(&world, "dcgan", 6);
  check_ordinary(&world);
  GT_CHECK(!exact_overflowed(), "an exact sum overflowed");
  world_end();
  return 0;
}
