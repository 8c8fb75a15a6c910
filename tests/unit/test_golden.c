/* The first steps of training against PyTorch: tests/golden/NAME.txt, made by make_golden.py from the same
 * initial weights, images, noise and dropout masks. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../golden/golden.h"
#include "gantrain/gan/gan.h"

/* Of the batch's mean loss. Where no unit crosses its kink (see make_golden.py), two orders of summation
 * differ by a few 1e-7. */
#define TOLERANCE 1e-5

static FILE *open_golden(const char *name, uint64_t *seed) {
  const char *source = getenv("GANTRAIN_SOURCE_DIR");
  char path[4096], line[256];
  snprintf(path, sizeof path, "%s/tests/golden/%s.txt", source == NULL ? "." : source, name);
  FILE *file = fopen(path, "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL || /* the first line is a comment */
      fscanf(file, "seed %" SCNu64, seed) != 1) {
    fail_msg("cannot read %s; set GANTRAIN_SOURCE_DIR to the source folder", path);
  }
  return file;
}

static void compare(const char *what, uint32_t step, double mean, double expected, double *worst) {
  double error = fabs(mean / expected - 1.0);
  *worst = fmax(*worst, error);
  if (!(error <= TOLERANCE)) {
    fail_msg("step %u: %s is %.9g, PyTorch has %.9g: relative difference %.2g", step, what, mean, expected,
             error);
  }
}

static void check_architecture(const char *name) {
  GoldenRun run = golden_run(name);
  GoldenImages images = {0};
  Architecture architecture;
  Gan *gan = calloc(1, sizeof *gan);
  double worst = 0.0;
  assert_int_equal(golden_images_read(&images, run), GT_OK);
  assert_int_equal(architecture_find(&architecture, name, images.shape), GT_OK);
  uint64_t seed;
  FILE *golden = open_golden(name, &seed);
  const GanSettings settings = {.seed = seed, .adam = {architecture.adam, architecture.adam}};
  const Share share = {.rows = run.rows, .batch = run.rows, .shard_rows = run.rows};
  assert_int_equal(gan_create(gan, &architecture, images.shape, &settings, share), GT_OK);
  for (uint32_t step = 0; step < run.steps; step++) {
    int64_t sums[GAN_SUMS];
    uint32_t at;
    double real, fake, generator;
    assert_int_equal(fscanf(golden, "%u %lf %lf %lf", &at, &real, &fake, &generator), 4);
    assert_int_equal(at, step);
    golden_images_batch(gan->real, &images, run, step);
    gan_step(gan, sums);
    compare("d_loss_real", step, exact_value(sums[GAN_SUM_D_LOSS_REAL], EXACT_LOSS_BITS) / run.rows, real,
            &worst);
    compare("d_loss_fake", step, exact_value(sums[GAN_SUM_D_LOSS_FAKE], EXACT_LOSS_BITS) / run.rows, fake,
            &worst);
    compare("g_loss", step, exact_value(sums[GAN_SUM_G_LOSS], EXACT_LOSS_BITS) / run.rows, generator, &worst);
  }
  printf("%s: largest relative difference to PyTorch in %u steps: %.2g\n", name, run.steps, worst);
  gan_finish(gan);
  fclose(golden);
  gan_free(gan);
  free(gan);
  golden_images_free(&images);
}

static void test_article(void **state) {
  (void)state;
  check_architecture("article");
}

static void test_mlp(void **state) {
  (void)state;
  check_architecture("mlp");
}

static void test_dcgan(void **state) {
  (void)state;
  check_architecture("dcgan");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_article), cmocka_unit_test(test_mlp),
                                     cmocka_unit_test(test_dcgan)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
