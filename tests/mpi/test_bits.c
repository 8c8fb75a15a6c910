/* A warning where a run goes on with other kernels, or ranks compute with different kinds. */
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/comm/comm.h"
#include "gantrain/math/gemm.h"
#include "gantrain/train/bits.h"

static Attributes recipe;

/* The recipe as checkpoints record it. */
static void set_recipe(int exact, const char *kernels, const char *version) {
  memset(&recipe, 0, sizeof recipe);
  attributes_set_int(&recipe, "exact", exact);
  attributes_set_text(&recipe, "kernels", kernels);
  attributes_set_text(&recipe, "version", version);
}

static void check_resume(void) {
  char text[512];
  const char *best = gemm_description();
  set_recipe(1, best, GANTRAIN_VERSION);
  GT_CHECK(!bits_differ_from(&recipe, text, sizeof text), "warns of itself: %s", text);
  memset(&recipe, 0, sizeof recipe); /* a new run */
  GT_CHECK(!bits_differ_from(&recipe, text, sizeof text), "a new run is warned: %s", text);
  set_recipe(1, best, "0.0.9");
  GT_CHECK(bits_differ_from(&recipe, text, sizeof text) && strstr(text, "0.0.9") != NULL, "version: %s",
           text);
  set_recipe(0, best, "0.0.9");
  GT_CHECK(!bits_differ_from(&recipe, text, sizeof text), "an ordinary run is warned: %s", text);
  set_recipe(1, best, GANTRAIN_VERSION);
  GT_CHECK(gemm_choose("baseline"), "no baseline");
  bool differ = bits_differ_from(&recipe, text, sizeof text);
  GT_CHECK(differ == (strcmp(best, "baseline") != 0), "%s and baseline: %d, %s", best, differ, text);
  GT_CHECK(!differ || (strstr(text, best) != NULL && strstr(text, "baseline") != NULL), "kernels: %s", text);
  GT_CHECK(gemm_choose(best), "no %s", best);
}

static void check_ranks(const World *world) {
  char text[512];
  const char *best = gemm_description();
  GT_CHECK(!bits_differ_between_ranks(text, sizeof text), "warns of equal ranks: %s", text);
  if (world->rank == world->size - 1) {
    gemm_choose("baseline");
  }
  bool differ = bits_differ_between_ranks(text, sizeof text);
  GT_CHECK(differ == (world->size > 1 && strcmp(best, "baseline") != 0), "%s: %d, %s", best, differ, text);
  gemm_choose(best);
}

int main(void) {
  World world;
  if (world_begin(&world) != GT_OK) {
    log_error("%s", status_message());
    return 1;
  }
  check_resume();
  check_ranks(&world);
  world_end();
  return 0;
}
