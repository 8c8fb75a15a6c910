/* A small ordered list of named values. The recipe of a run is one, and every file has it as attributes. */
#ifndef GANTRAIN_ATTRIBUTES_H
#define GANTRAIN_ATTRIBUTES_H

#include <stdint.h>

#define GT_ATTRIBUTES_MAX 128
#define GT_ATTRIBUTE_TEXT_MAX 1024

typedef enum AttributeType { ATTRIBUTE_INT, ATTRIBUTE_REAL, ATTRIBUTE_TEXT } AttributeType;

typedef struct Attribute {
  char name[40];
  AttributeType type;
  int64_t integer;
  double real;
  char text[GT_ATTRIBUTE_TEXT_MAX];
} Attribute;

typedef struct Attributes {
  int count;
  Attribute list[GT_ATTRIBUTES_MAX];
} Attributes;

/* Sets a value, or replaces the one of that name. The name is a C literal of under 40 characters; text is
 * cut at GT_ATTRIBUTE_TEXT_MAX - 1 characters. */
void attributes_set_int(Attributes *attributes, const char *name, int64_t value);
void attributes_set_real(Attributes *attributes, const char *name, double value);
void attributes_set_text(Attributes *attributes, const char *name, const char *value);

/* Does nothing where there is no value of that name. */
void attributes_remove(Attributes *attributes, const char *name);

/* NULL where there is no value of that name. */
const Attribute *attributes_find(const Attributes *attributes, const char *name);

/* The shortest text of six digits or more that reads back as the same number, into out[size]; returns out. */
char *real_format(char *out, int size, double value);

/* The value as text ("256", "0.0002", "mlp") into out[size]; returns out. */
char *attribute_format(const Attribute *attribute, char *out, int size);

#endif
