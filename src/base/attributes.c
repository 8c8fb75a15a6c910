#include "gantrain/base/attributes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"

static Attribute *slot(Attributes *attributes, const char *name) {
  for (int i = 0; i < attributes->count; i++) {
    if (strcmp(attributes->list[i].name, name) == 0) {
      return &attributes->list[i];
    }
  }
  GT_CHECK(attributes->count < GT_ATTRIBUTES_MAX, "no room for attribute %s", name);
  Attribute *attribute = &attributes->list[attributes->count++];
  memset(attribute, 0, sizeof *attribute);
  GT_CHECK(strlen(name) < sizeof attribute->name, "attribute name %s is too long", name);
  snprintf(attribute->name, sizeof attribute->name, "%s", name);
  return attribute;
}

void attributes_set_int(Attributes *attributes, const char *name, int64_t value) {
  Attribute *attribute = slot(attributes, name);
  attribute->type = ATTRIBUTE_INT;
  attribute->integer = value;
}

void attributes_set_real(Attributes *attributes, const char *name, double value) {
  Attribute *attribute = slot(attributes, name);
  attribute->type = ATTRIBUTE_REAL;
  attribute->real = value;
}

void attributes_set_text(Attributes *attributes, const char *name, const char *value) {
  Attribute *attribute = slot(attributes, name);
  attribute->type = ATTRIBUTE_TEXT;
  snprintf(attribute->text, sizeof attribute->text, "%s", value);
}

void attributes_remove(Attributes *attributes, const char *name) {
  int kept = 0;
  for (int i = 0; i < attributes->count; i++) {
    if (strcmp(attributes->list[i].name, name) != 0) {
      attributes->list[kept++] = attributes->list[i];
    }
  }
  attributes->count = kept;
}

const Attribute *attributes_find(const Attributes *attributes, const char *name) {
  for (int i = 0; i < attributes->count; i++) {
    if (strcmp(attributes->list[i].name, name) == 0) {
      return &attributes->list[i];
    }
  }
  return NULL;
}

char *real_format(char *out, int size, double value) {
  for (int digits = 6; digits <= 17; digits++) {
    snprintf(out, (size_t)size, "%.*g", digits, value);
    if (strtod(out, NULL) == value) {
      break;
    }
  }
  return out;
}

char *attribute_format(const Attribute *attribute, char *out, int size) {
  switch (attribute->type) {
    case ATTRIBUTE_INT:
      snprintf(out, (size_t)size, "%lld", (long long)attribute->integer);
      break;
    case ATTRIBUTE_REAL:
      real_format(out, size, attribute->real);
      break;
    case ATTRIBUTE_TEXT:
      snprintf(out, (size_t)size, "%s", attribute->text);
      break;
  }
  return out;
}
