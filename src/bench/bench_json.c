/* The results as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/base/files.h"
#include "gantrain/bench/bench.h"
#include "gantrain/math/blas.h"
#include "gantrain/math/gemm.h"

static void write_number(FILE *file, const char *name, double value, const char *after) {
  if (isfinite(value)) {
    fprintf(file, "\"%s\": %.9g%s", name, value, after);
  } else {
    fprintf(file, "\"%s\": null%s", name, after);
  }
}

static void write_spread(FILE *file, const char *name, Spread spread, const char *after) {
  fprintf(file, "\"%s\": {\"median\": %.9g, \"min\": %.9g, \"max\": %.9g}%s", name, spread.median, spread.min,
          spread.max, after);
}

static void write_phases(FILE *file, const BenchResult *result) {
  fprintf(file, "      \"phases\": [\n");
  for (int phase = 0; phase < BENCH_PHASES; phase++) {
    fprintf(file, "        {\"name\": \"%s\", ", bench_phase(phase)->key);
    write_spread(file, "seconds", result->series[BENCH_PHASE + phase], ", ");
    write_number(file, "multiply_adds_per_image", result->work[phase], ", ");
    write_number(file, "gflops_per_rank", bench_phase_gflops(result, phase), "");
    fprintf(file, "}%s\n", phase + 1 < BENCH_PHASES ? "," : "");
  }
  fprintf(file, "      ],\n");
}

static void write_result(FILE *file, const BenchResult *result) {
  static const struct {
    const char *name;
    BenchSeries series;
  } spreads[] = {{"images_per_s", BENCH_IMAGES},           {"step_seconds", BENCH_STEP},
                 {"gflops_per_rank", BENCH_GFLOPS},        {"sgemm_gflops_per_rank", BENCH_SGEMM},
                 {"gemm_gflops_per_rank", BENCH_GEMM},     {"share_of_sgemm", BENCH_SHARE},
                 {"share_of_gemm", BENCH_SHARE_GEMM},      {"waited_seconds", BENCH_WAITED},
                 {"statistics_seconds", BENCH_STATISTICS}, {"moving_seconds", BENCH_MOVING},
                 {"reduced_alone_seconds", BENCH_ALONE}};
  fprintf(file, "    {\"arch\": \"%s\", \"image\": [%d, %d, %d], \"batch\": %zu,\n", result->arch,
          result->image.h, result->image.w, result->image.c, result->batch);
  fprintf(file, "      \"steps\": %lld, \"parts\": %d, \"overlap\": %s, \"exact\": %s,\n",
          (long long)result->steps, result->parts, result->overlap ? "true" : "false",
          result->exact ? "true" : "false");
  fprintf(file, "      \"parameters\": {\"generator\": %zu, \"discriminator\": %zu},\n",
          result->parameters[GAN_G], result->parameters[GAN_D]);
  fprintf(file, "      ");
  write_number(file, "multiply_adds_per_image", bench_image_work(result), ",\n");
  for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
    fprintf(file, "      ");
    write_spread(file, spreads[i].name, result->series[spreads[i].series], ",\n");
  }
  write_phases(file, result);
  fprintf(file, "      ");
  write_number(file, "reduced_bytes_per_step", result->reduced_bytes, ", ");
  write_number(file, "hidden", bench_hidden(result), ", ");
  write_number(file, "peak_bytes", result->peak_bytes, ",\n");
  fprintf(file, "      \"fingerprint\": \"%016" PRIx64 "\", \"last_step\": %lld}", result->fingerprint,
          (long long)result->last_step);
}

static void write_all(FILE *file, const BenchResult *results, int count) {
  fprintf(file, "{\n  \"format\": \"gantrain bench\", \"format_version\": 1, \"version\": \"%s\",\n",
          GANTRAIN_VERSION);
  fprintf(file, "  \"ranks\": %d, \"kernels\": \"%s\", \"blas\": \"%s\",\n  \"results\": [\n",
          results[0].ranks, gemm_description(), blas_description());
  for (int i = 0; i < count; i++) {
    write_result(file, &results[i]);
    fprintf(file, "%s\n", i + 1 < count ? "," : "");
  }
  fprintf(file, "  ]\n}\n");
}

Status bench_write_json(const char *path, const BenchResult *results, int count) {
  char temporary[GT_PATH_MAX];
  if (strcmp(path, "-") == 0) {
    write_all(stdout, results, count);
    return fflush(stdout) == 0 ? GT_OK
                               : status_set(GT_FAILED, "--json -: writing failed (%s)", strerror(errno));
  }
  GT_TRY(file_temporary(temporary, path));
  GT_TRY(file_check_regular(temporary));
  FILE *file = fopen(temporary, "w");
  if (file == NULL) {
    return status_set(GT_FAILED, "--json %s: cannot be written (%s)", path, strerror(errno));
  }
  write_all(file, results, count);
  int bad = ferror(file);
  bad |= fclose(file);
  if (bad != 0) {
    Status outcome = status_set(GT_FAILED, "--json %s: writing failed (%s)", path, strerror(errno));
    file_discard(path);
    return outcome;
  }
  return file_commit(path);
}
