/* A checkpoint's networks, opened without the run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "gantrain/models/model.h"
#include "temp_folder.h"

/* Makes the folder of the test a run with a checkpoint of step 2. */

static void write_checkpoint(const Gan *gan, const char *arch) {
  char path[GT_PATH_MAX];
  Attributes recipe = {.count = 0};
  CheckpointInfo info = {.step = gan->step, .epoch = 0.5, .fingerprint = gan_fingerprint(gan)};
  attributes_set_text(&recipe, "arch", arch);
  attributes_set_real(&recipe, "average", gan->settings.average);
  attributes_set_int(&recipe, "image_h", gan->image.h);
  attributes_set_int(&recipe, "image_w", gan->image.w);
  attributes_set_int(&recipe, "image_c", gan->image.c);
  if (gan->settings.pack > 1) { /* checkpoints from before there were packs do not have it */
    attributes_set_int(&recipe, "pack", (int64_t)gan->settings.pack);
  }
  assert_int_equal(directory_create(temp_path(path, "checkpoints")), GT_OK);
  assert_int_equal(checkpoint_write(path, &info, &recipe, gan->state.blocks, gan->state.count), GT_OK);
}

static Gan *trained(double average, size_t pack) {
  Gan *gan = calloc(1, sizeof *gan);
  Architecture architecture;
  int64_t sums[GAN_SUMS];
  Shape image = {4, 5, 1};
  assert_int_equal(architecture_find(&architecture, "mlp", image), GT_OK);
  const GanSettings settings = {
      .seed = 1, .adam = {architecture.adam, architecture.adam}, .average = average, .pack = pack};
  assert_int_equal(gan_create(gan, &architecture, image, &settings,
                              (Share){.rows = 2, .batch = 2, .shard_rows = 2, .sample = 0}),
                   GT_OK);
  gan_step(gan, sums);
  gan_step(gan, sums);
  gan_finish(gan);
  write_checkpoint(gan, "mlp");
  return gan;
}

static int set_up(void **state) {
  *state = trained(0.0, 1);
  return 0;
}

static int set_up_averaged(void **state) {
  *state = trained(0.2, 1);
  return 0;
}

static int set_up_packed(void **state) {
  *state = trained(0.0, 2);
  return 0;
}

static int tear_down(void **state) {
  Gan *gan = *state;
  gan_free(gan);
  char path[GT_PATH_MAX];
  temp_folder_empty(temp_path(path, "checkpoints"));
  free(gan);
  return 0;
}

static void check_player(const Model *model, const Gan *gan, int p) {
  const Player *player = &gan->player[p];
  const ModelNetwork *opened = &model->player[p];
  assert_int_equal(opened->network.params.count, player->network.params.count);
  assert_memory_equal(opened->params, player->params, player->network.params.count * sizeof(float));
  assert_memory_equal(opened->running, player->running, player->network.running.count * sizeof(float));
}

/* By the run's folder, its folder of checkpoints and the file itself; both networks, or one. */
static void test_open(void **state) {
  Gan *gan = *state;
  static const char *const names[] = {"%s", "%s/checkpoints", "%s/checkpoints/step-00000002.h5"};
  Model *model = calloc(1, sizeof *model);
  for (size_t i = 0; i < 3; i++) {
    for (unsigned parts = 1; parts <= (MODEL_GENERATOR | MODEL_DISCRIMINATOR); parts++) {
      char name[GT_PATH_MAX + 64];
      snprintf(name, sizeof name, names[i], temp_folder);
      assert_int_equal(model_open(model, name, parts), GT_OK);
      assert_int_equal(model->info.step, 2);
      assert_int_equal(model->image.w, 5);
      for (int p = 0; p < 2; p++) {
        if ((parts & 1u << p) != 0) {
          check_player(model, gan, p);
        } else {
          assert_null(model->player[p].params);
        }
      }
      model_free(model);
    }
  }
  free(model);
}

/* D is made for the channels of packs. */
static void test_packs(void **state) {
  Gan *gan = *state;
  Model *model = calloc(1, sizeof *model);
  assert_int_equal(model_open(model, temp_folder, MODEL_DISCRIMINATOR), GT_OK);
  assert_int_equal(model->player[GAN_D].network.in.c, 2 * model->image.c);
  check_player(model, gan, GAN_D);
  model_free(model);
  free(model);
}

/* Where there is an average, it is the generator. */
static void test_average(void **state) {
  Gan *gan = *state;
  Player *g = &gan->player[GAN_G];
  size_t bytes = g->network.params.count * sizeof(float);
  Model *model = calloc(1, sizeof *model);
  assert_int_equal(model_open(model, temp_folder, MODEL_GENERATOR), GT_OK);
  assert_memory_equal(model->player[GAN_G].params, g->average, bytes);
  assert_true(memcmp(g->average, g->params, bytes) != 0);
  model_free(model);
  free(model);
}

static void expect_failure(Model *model, const char *name, Status status, const char *words) {
  assert_int_equal(model_open(model, name, MODEL_GENERATOR), status);
  assert_non_null(strstr(status_message(), words));
  model_free(model);
}

static void test_refused(void **state) {
  Gan *gan = *state;
  Model *model = calloc(1, sizeof *model);
  char empty[GT_PATH_MAX];
  expect_failure(model, "no-such-run", GT_FAILED, "no-such-run");
  assert_int_equal(directory_create(temp_path(empty, "empty")), GT_OK);
  expect_failure(model, empty, GT_FAILED, "is a folder, but no run");
  assert_int_equal(rmdir(empty), 0);
  write_checkpoint(gan, "unheard-of");
  expect_failure(model, temp_folder, GT_USAGE, "unheard-of");
  write_checkpoint(gan, "article"); /* the same tensors of G, so that the name alone decides */
  assert_int_equal(model_open(model, temp_folder, MODEL_GENERATOR), GT_OK);
  model_free(model);
  write_checkpoint(gan, "dcgan");
  expect_failure(model, temp_folder, GT_FAILED, "another architecture");
  free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_packs, set_up_packed, tear_down),
      cmocka_unit_test_setup_teardown(test_average, set_up_averaged, tear_down),
      cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down)};
  return cmocka_run_group_tests_name("model", tests, temp_folder_make, temp_folder_remove);
}
