/* The results of eval as text, as JSON and as HDF5. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/base/log.h"
#include "gantrain/io/arrays_file.h"
#include "gantrain/quality/eval.h"

enum { COLUMNS = 20 };   /* classes per line */
enum { SET_ARRAYS = 7 }; /* at most, of one set */

static void fingerprint_text(char out[17], const Eval *eval) {
  snprintf(out, 17, "%016" PRIx64, eval->judge.fingerprint);
}

static const char *data_name(const Eval *eval) {
  return eval->data[0] != '\0' ? eval->data : "the embedded part of MNIST";
}

static void print_by_class(const Eval *eval, const char *label, const double *shares) {
  char line[16 * COLUMNS];
  int used = 0;
  for (size_t k = 0; k < eval->judge.classes; k++) {
    used += snprintf(line + used, sizeof line - (size_t)used, " %5.1f", 100.0 * shares[k]);
  }
  log_info("  %% %-27s%s", label, line);
}

static void print_shares(const Eval *eval) {
  if (eval->judge.classes == 0 || eval->judge.classes > COLUMNS || eval->judge.channels > 1) {
    return;
  }
  print_by_class(eval, "of each class, samples", eval->shares[0]);
  print_by_class(eval, "of each class, references", eval->shares[1]);
  if (eval->samples.asked != NULL) {
    print_by_class(eval, "right where it was asked", eval->right);
  }
}

void eval_print(const Eval *eval) {
  char fingerprint[17];
  fingerprint_text(fingerprint, eval);
  log_info("samples    %zu of %s", eval->samples.rows, eval->subject);
  log_info("against    %zu %s images of %s; the floor is what %zu training images get instead of the samples",
           eval->references.rows, eval->reference, data_name(eval), eval->training.rows);
  if (eval->judge.classes > 0) {
    log_info("judge      %s, accuracy %.2f %% on real images, fingerprint %s", eval->judge_name,
             100.0 * eval->judge.accuracy, fingerprint);
  } else {
    log_info("judge      none, because %s: distances use fixed random features and are less meaningful",
             eval->no_judge);
  }
  log_info("  %-24s %12s %12s  better", "", "samples", "floor");
  for (int i = 0; i < FIGURES_COUNT; i++) {
    const EvalFigure *figure = &eval->figures[i];
    if (!isnan(figure->value)) {
      log_info("  %-24s %12.6g %12.6g  %s", eval_figures[i].name, figure->value, figure->floor,
               eval_figures[i].better);
    }
  }
  print_shares(eval);
  if (eval_modes(&eval->judge) > 0 && eval->judge.channels > 1) {
    log_info(
        "  each channel is judged by itself; a mode is the classes of all channels, of which there are %zu;",
        eval_modes(&eval->judge));
    log_info("  mode_divergence is KL(samples || all modes alike), of a perfect generator by chance %.4f",
             ((double)eval_modes(&eval->judge) - 1.0) / (2.0 * (double)eval->samples.rows));
  }
}

/* --- JSON --- */

static json_t *by_class_json(const Eval *eval, const double *shares) {
  json_t *array = json_array();
  for (size_t k = 0; k < eval->judge.classes; k++) {
    json_array_append_new(array, isnan(shares[k]) ? json_null() : json_real(shares[k]));
  }
  return array;
}

static json_t *to_json(const Eval *eval) {
  char fingerprint[17];
  json_t *root = json_object(), *values = json_object(), *floors = json_object();
  fingerprint_text(fingerprint, eval);
  json_object_set_new(root, "subject", json_string(eval->subject));
  if (eval->step >= 0) {
    json_object_set_new(root, "step", json_integer(eval->step));
  }
  json_object_set_new(root, "data", json_string(data_name(eval)));
  json_object_set_new(root, "reference", json_string(eval->reference));
  json_object_set_new(root, "samples", json_integer((json_int_t)eval->samples.rows));
  json_object_set_new(root, "references", json_integer((json_int_t)eval->references.rows));
  json_object_set_new(root, "training", json_integer((json_int_t)eval->training.rows));
  json_object_set_new(root, "judge", json_string(eval->judge_name));
  json_object_set_new(root, "judge_fingerprint", json_string(fingerprint));
  if (isfinite(eval->judge.accuracy)) {
    json_object_set_new(root, "judge_accuracy", json_real(eval->judge.accuracy));
  }
  for (int i = 0; i < FIGURES_COUNT; i++) {
    if (!isnan(eval->figures[i].value)) {
      json_object_set_new(values, eval_figures[i].name, json_real(eval->figures[i].value));
      json_object_set_new(floors, eval_figures[i].name, json_real(eval->figures[i].floor));
    }
  }
  json_object_set_new(root, "figures", values);
  json_object_set_new(root, "floor", floors);
  if (eval->judge.classes > 0 && eval->judge.channels == 1) {
    json_object_set_new(root, "class_shares", by_class_json(eval, eval->shares[0]));
    json_object_set_new(root, "reference_class_shares", by_class_json(eval, eval->shares[1]));
  }
  if (eval->judge.classes > 0 && eval->judge.channels == 1 && eval->samples.asked != NULL) {
    json_object_set_new(root, "condition_accuracy_by_class", by_class_json(eval, eval->right));
  }
  return root;
}

Status eval_write_json(const Eval *eval, const char *path) {
  const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(17);
  bool to_output = strcmp(path, "-") == 0;
  json_t *root = to_json(eval);
  FILE *file = to_output ? stdout : fopen(path, "w");
  errno = file == NULL ? errno : 0;
  bool fine = root != NULL && file != NULL && json_dumpf(root, file, flags) == 0 && fputc('\n', file) != EOF;
  if (file != NULL) {
    fine = (to_output ? fflush(file) : fclose(file)) == 0 && fine;
  }
  json_decref(root);
  return fine ? GT_OK
              : status_set(GT_FAILED, "--json %s: cannot be written (%s)", path,
                           errno != 0 ? strerror(errno) : "a number is not finite, or memory ran out");
}

/* --- HDF5 --- */

static void to_attributes(Attributes *all, const Eval *eval) {
  char fingerprint[17], name[40];
  fingerprint_text(fingerprint, eval);
  attributes_set_text(all, "subject", eval->subject);
  attributes_set_int(all, "step", eval->step);
  attributes_set_text(all, "data", data_name(eval));
  attributes_set_text(all, "reference", eval->reference);
  attributes_set_text(all, "judge", eval->judge_name);
  attributes_set_text(all, "judge_fingerprint", fingerprint);
  attributes_set_real(all, "judge_accuracy", eval->judge.accuracy);
  for (int i = 0; i < FIGURES_COUNT; i++) {
    if (!isnan(eval->figures[i].value)) {
      attributes_set_real(all, eval_figures[i].name, eval->figures[i].value);
      snprintf(name, sizeof name, "%s_floor", eval_figures[i].name);
      attributes_set_real(all, name, eval->figures[i].floor);
    }
  }
  attributes_set_text(all, "version", GANTRAIN_VERSION);
}

/* The arrays of one set. Names live as long as `names`. */
static int list_set(NamedArray *arrays, char names[SET_ARRAYS][40], const Eval *eval, const EvalSet *set) {
  const struct {
    const char *what;
    const double *values;
    size_t columns;
    const char *dimension;
    ArrayKind kind;
  } parts[] = {
      {"features", set->features, judge_features(&eval->judge), "feature", ARRAY_FLOAT32},
      {"logits", set->logits, judge_logits(&eval->judge), "class", ARRAY_FLOAT32},
      {"nearest", set->nearest, 0, NULL, ARRAY_INT64},
      {"distance", set->distance, 0, NULL, ARRAY_FLOAT64},
      {"asked", set->asked, 0, NULL, ARRAY_INT64},
  };
  int count = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i].values == NULL || (parts[i].dimension != NULL && parts[i].columns == 0)) {
      continue;
    }
    snprintf(names[i], sizeof names[i], "%s_%s", set->name, parts[i].what);
    arrays[count++] = (NamedArray){.name = names[i],
                                   .values = parts[i].values,
                                   .shape = {set->rows, parts[i].columns},
                                   .dimensions = {set->name, parts[i].dimension},
                                   .kind = parts[i].kind};
  }
  if (eval->bins > 0) {
    snprintf(names[5], sizeof names[5], "%s_spectrum", set->name);
    arrays[count++] = (NamedArray){
        .name = names[5], .values = set->spectrum, .shape = {eval->bins}, .dimensions = {"frequency"}};
  }
  snprintf(names[6], sizeof names[6], "%s_histogram", set->name);
  arrays[count++] =
      (NamedArray){.name = names[6], .values = set->histogram, .shape = {64}, .dimensions = {"level"}};
  return count;
}

Status eval_write_h5(const Eval *eval, const char *path) {
  NamedArray arrays[3 * SET_ARRAYS];
  char names[3][SET_ARRAYS][40];
  const EvalSet *sets[] = {&eval->samples, &eval->references, &eval->training};
  Attributes attributes = {0};
  int count = 0;
  for (int i = 0; i < 3; i++) {
    count += list_set(arrays + count, names[i], eval, sets[i]);
  }
  to_attributes(&attributes, eval);
  return arrays_write(path, "gantrain-eval", &attributes, arrays, count);
}
