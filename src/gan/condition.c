#include "gantrain/gan/condition.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"

size_t condition_classes(const Condition *condition) {
  size_t count = 0;
  for (size_t k = 0; k < condition->length; k++) {
    count += condition->counts[k] > 0;
  }
  return count;
}

/* The class of the `index`-th of all training images, if they were sorted by class. */
static uint8_t class_at(const Condition *condition, uint64_t index) {
  size_t k = 0;
  while (index >= (uint64_t)condition->counts[k]) {
    index -= (uint64_t)condition->counts[k++];
  }
  return (uint8_t)k;
}

static uint8_t class_in_turn(const Condition *condition, size_t index) {
  size_t k = 0;
  for (index %= condition_classes(condition); condition->counts[k] == 0 || index > 0; k++) {
    index -= condition->counts[k] > 0;
  }
  return (uint8_t)k;
}

void condition_choose(uint8_t *classes, const Condition *condition, int wanted, RngKey key, uint32_t first,
                      size_t n) {
  uint64_t images = 0;
  for (size_t k = 0; k < condition->length; k++) {
    images += (uint64_t)condition->counts[k];
  }
  GT_CHECK(images > 0 && wanted < (int)condition->length && key.stream < RNG_CLASSES,
           "class %d of %zu, %llu images, stream %u", wanted, condition->length, (unsigned long long)images,
           key.stream);
  key.stream += RNG_CLASS;
  for (size_t i = 0; i < n; i++) {
    uint32_t words[2];
    if (wanted == CONDITION_IN_TURN) {
      classes[i] = class_in_turn(condition, first + i);
    } else if (wanted == CONDITION_DRAWN) {
      rng_words(words, key, first + (uint32_t)i, 2);
      uint64_t draw = (uint64_t)words[0] << 32 | words[1];
      classes[i] = class_at(condition, (uint64_t)(((unsigned __int128)draw * images) >> 64));
    } else {
      classes[i] = (uint8_t)wanted;
    }
  }
}

void condition_encode(float *out, size_t stride, const Condition *condition, const uint8_t *classes,
                      size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < condition->length; k++) {
      out[i * stride + k] = k == classes[i] ? 1.0f : 0.0f;
    }
  }
}

void condition_fill(float *out, size_t stride, const Condition *condition, int wanted, RngKey key,
                    uint32_t first, size_t n) {
  uint8_t class;
  for (size_t i = 0; i < n; i++) {
    condition_choose(&class, condition, wanted, key, first + (uint32_t)i, 1);
    condition_encode(out + i * stride, stride, condition, &class, 1);
  }
}

const float *condition_scores(float *scores, const float *outputs, const float *conditions, size_t N,
                              size_t length) {
  if (length == 0) {
    return outputs;
  }
  for (size_t n = 0; n < N; n++) {
    const float *a = outputs + n * (1 + length), *c = conditions + n * length;
    float score = a[0];
    for (size_t k = 0; k < length; k++) {
      score += c[k] * a[1 + k];
    }
    scores[n] = score;
  }
  return scores;
}

const float *condition_slopes(float *doutputs, const float *dscores, const float *conditions, size_t N,
                              size_t length) {
  if (length == 0) {
    return dscores;
  }
  for (size_t n = 0; n < N; n++) {
    float *da = doutputs + n * (1 + length), slope = dscores == NULL ? 1.0f : dscores[n];
    da[0] = slope;
    for (size_t k = 0; k < length; k++) {
      da[1 + k] = slope * conditions[n * length + k];
    }
  }
  return doutputs;
}

/* --- attributes: the counts, so many to a text --- */

#define COUNTS_A_TEXT 64
#define COUNT_NAME_MAX 40

static const char *counts_name(char out[COUNT_NAME_MAX], size_t first) {
  snprintf(out, COUNT_NAME_MAX, first == 0 ? "class_counts" : "class_counts_%zu", first);
  return out;
}

void condition_record(const Condition *condition, Attributes *attributes) {
  for (size_t first = 0; first < condition->length; first += COUNTS_A_TEXT) {
    char text[GT_ATTRIBUTE_TEXT_MAX], name[COUNT_NAME_MAX];
    size_t used = 0;
    for (size_t k = first; k < condition->length && k < first + COUNTS_A_TEXT; k++) {
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", k > first ? " " : "",
                               (long long)condition->counts[k]);
    }
    attributes_set_text(attributes, counts_name(name, first), text);
  }
}

/* The numbers of a text; false where it holds something else. */
static bool read_counts(Condition *condition, const char *text) {
  size_t most = condition->length + COUNTS_A_TEXT;
  while (*text != '\0') {
    char *end = NULL;
    long long count = strtoll(text, &end, 10);
    if (end == text || count < 0 || count > UINT32_MAX || condition->length == most ||
        condition->length == CONDITION_CLASSES_MAX) {
      return false;
    }
    condition->counts[condition->length++] = count;
    text = end;
  }
  return true;
}

Status condition_recorded(Condition *condition, const Attributes *attributes, const char *path) {
  const Attribute *kind = attributes_find(attributes, "condition");
  bool fine = true, more = true;
  memset(condition, 0, sizeof *condition);
  if (kind == NULL) {
    return GT_OK;
  }
  if (kind->type != ATTRIBUTE_TEXT || strcmp(kind->text, "labels") != 0) {
    return status_set(GT_FAILED,
                      "%s: is conditioned on something that this program does not know (the attribute "
                      "condition is not \"labels\"); use the program that wrote it",
                      path);
  }
  while (fine && more && condition->length % COUNTS_A_TEXT == 0) {
    char name[COUNT_NAME_MAX];
    const Attribute *counts = attributes_find(attributes, counts_name(name, condition->length));
    more = counts != NULL;
    fine = !more || (counts->type == ATTRIBUTE_TEXT && counts->text[0] != '\0' &&
                     read_counts(condition, counts->text));
  }
  return fine && condition_classes(condition) > 0
             ? GT_OK
             : status_set(GT_FAILED, "%s: the attribute class_counts is missing or damaged", path);
}
