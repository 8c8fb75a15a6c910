/* The recipe: options that decide the result, to and from the attributes of a run's files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/options/option_table.h"

static void attribute_name(char out[64], const char *option) {
  snprintf(out, 64, "%s", option);
  for (char *letter = out; *letter != '\0'; letter++) {
    if (*letter == '-') {
      *letter = '_';
    }
  }
}

/* Kept as an integer attribute; a flag as 0 or 1. */
static bool is_whole(const OptionRow *row) {
  return row->type == OPTION_INT || row->type == OPTION_FLAG;
}

static void record(const OptionRow *row, const OptionValue *value, Attributes *attributes) {
  char name[64];
  attribute_name(name, row->name);
  if (row->type == OPTION_TEXT || row->type == OPTION_CHOICE) {
    if (value->text != NULL) {
      attributes_set_text(attributes, name, value->text);
    }
  } else if (is_whole(row)) {
    attributes_set_int(attributes, name, value->integer);
  } else if (!isnan(value->real)) {
    attributes_set_real(attributes, name, value->real);
  }
}

/* Does the option have its default? */
static bool is_fallback(const OptionRow *row, const OptionValue *value) {
  OptionValue otherwise = {0};
  if (row->type == OPTION_FLAG) {
    return value->integer == 0;
  }
  if (row->fallback == NULL || option_read(&otherwise, row, row->fallback, row->name) != GT_OK) {
    return false;
  }
  if (row->type == OPTION_CHOICE || row->type == OPTION_TEXT) {
    return strcmp(value->text, otherwise.text) == 0;
  }
  return is_whole(row) ? value->integer == otherwise.integer : value->real == otherwise.real;
}

/* Does the option belong to what is recorded and shown? */
static bool is_told(const OptionRow *row, const OptionValue *value) {
  return row->recipe && !(row->addition && is_fallback(row, value));
}

void options_recipe(const Options *options, Attributes *recipe) {
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    if (is_told(&option_table[i], &options->value[i])) {
      record(&option_table[i], &options->value[i], recipe);
    }
  }
}

void options_course(const Options *options, Attributes *course) {
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    bool zero = row->min > 0 || (row->fallback != NULL && strcmp(row->fallback, "0") == 0); /* says nothing */
    bool none = zero && options->value[i].integer == 0;
    if (row->course && !none) {
      record(row, &options->value[i], course);
    }
  }
}

static double attribute_number(const Attribute *attribute) {
  return attribute->type == ATTRIBUTE_INT ? (double)attribute->integer : attribute->real;
}

/* Does the attribute hold what the option's type needs? */
static bool fits(const OptionRow *row, const Attribute *attribute) {
  bool text = row->type == OPTION_TEXT || row->type == OPTION_CHOICE;
  bool whole = !is_whole(row) || attribute->type == ATTRIBUTE_INT;
  if (text || attribute->type == ATTRIBUTE_TEXT || !whole) {
    return text && attribute->type == ATTRIBUTE_TEXT;
  }
  double value = attribute_number(attribute);
  return row->type == OPTION_FLAG || (value >= row->min && value <= row->max);
}

static bool equal(const OptionRow *row, const OptionValue *value, const Attribute *attribute) {
  if (row->type == OPTION_TEXT || row->type == OPTION_CHOICE) {
    return value->text != NULL && strcmp(value->text, attribute->text) == 0;
  }
  return is_whole(row) ? value->integer == attribute->integer : value->real == attribute_number(attribute);
}

static void format_value(char *out, size_t room, const OptionRow *row, const OptionValue *value) {
  if (is_whole(row)) {
    snprintf(out, room, "%lld", (long long)value->integer);
  } else if (row->type == OPTION_REAL) {
    real_format(out, (int)room, value->real);
  } else {
    snprintf(out, room, "%s", value->text);
  }
}

bool option_format(char *out, size_t room, const OptionRow *row, const OptionValue *value) {
  bool text = row->type == OPTION_TEXT || row->type == OPTION_CHOICE;
  out[0] = '\0';
  if (row->type == OPTION_FLAG) {
    snprintf(out, room, "%s%s", value->integer != 0 ? "--" : "", value->integer != 0 ? row->name : "");
  } else if (text ? value->text != NULL : !isnan(value->real)) {
    int used = snprintf(out, room, "--%s ", row->name);
    format_value(out + used, room - (size_t)used, row, value);
  }
  return out[0] != '\0';
}

void options_line(const Options *options, char *out, size_t room) {
  char word[GT_ATTRIBUTE_TEXT_MAX];
  out[0] = '\0';
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    size_t used = strlen(out);
    if (is_told(row, &options->value[i]) && option_format(word, sizeof word, row, &options->value[i])) {
      snprintf(out + used, room - used, "%s%s", used == 0 ? "" : " ", word);
    }
  }
}

/* `before`: NULL for an option that came later than the checkpoint. */
static void note_change(const OptionRow *row, const OptionValue *value, const Attribute *before,
                        char *changes, size_t room) {
  char now[256], then[256];
  size_t used = strlen(changes);
  format_value(now, sizeof now, row, value);
  snprintf(changes + used, room - used, "%s%s %s -> %s", used > 0 ? ", " : "", row->name,
           before != NULL ? attribute_format(before, then, sizeof then) : row->fallback, now);
}

/* Where the checkpoint does not name the option of the recipe, be it that it did nothing or that it came
 * later, what stands for it now was in use. */
static Status adopt_one(Options *options, const OptionRow *row, const Attribute *attribute, const char *path,
                        char *changes, size_t room) {
  OptionValue *value = &options->value[option_key(row)];
  char given[256], found[256];
  if (attribute != NULL && !fits(row, attribute)) {
    return status_set(GT_USAGE,
                      "%s: attribute %s is of an unexpected type or size; is this a gantrain checkpoint?",
                      path, attribute->name);
  }
  bool same = attribute != NULL ? equal(row, value, attribute) : is_fallback(row, value);
  if (value->given && row->changeable && !same && (attribute != NULL || row->fallback != NULL)) {
    note_change(row, value, attribute, changes, room);
    return GT_OK;
  }
  if (value->given && !same && row->recipe) {
    format_value(given, sizeof given, row, value);
    return status_set(GT_USAGE,
                      "--%s %s contradicts %s, which was trained with %s: leave the option out to go on, or "
                      "start a new run in another folder with --out",
                      row->name, given, path,
                      attribute != NULL       ? attribute_format(attribute, found, sizeof found)
                      : row->fallback != NULL ? row->fallback
                                              : "no such option");
  }
  if (!value->given && attribute == NULL && row->recipe && row->fallback != NULL) {
    value->given = true;
    return option_read(value, row, row->fallback, row->name);
  }
  if (value->given || attribute == NULL) {
    return GT_OK;
  }
  value->given = row->recipe;
  value->integer = attribute->integer;
  value->real = attribute_number(attribute);
  value->text = option_keep_text(option_key(row), attribute->text);
  return GT_OK;
}

/* The preset of who named none is for new runs. Who names the run's preset again does not mean to undo what
 * was typed since: what the run has of a course and of learning rates counts. */
static Status forget_preset(Options *options, const Attributes *recorded) {
  OptionValue *value = options->value;
  bool has_end = attributes_find(recorded, "epochs") != NULL || attributes_find(recorded, "steps") != NULL;
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    char name[64];
    attribute_name(name, row->name);
    bool is_end = i == OPTION_EPOCHS || i == OPTION_STEPS;
    bool has = is_end ? has_end : attributes_find(recorded, name) != NULL;
    bool stays = value[OPTION_PRESET].given && !(has && (row->course || row->changeable));
    GT_TRY(value[i].preset && !stays ? option_reset(&value[i], row) : GT_OK);
  }
  bool ends = value[OPTION_STEPS].given || value[OPTION_EPOCHS].given;
  return ends ? GT_OK : option_reset(&value[OPTION_EPOCHS], &option_table[OPTION_EPOCHS]);
}

Status options_adopt(Options *options, const Attributes *recorded, const char *path, char *changes,
                     size_t room) {
  GT_TRY(forget_preset(options, recorded));
  bool end_given = options->value[OPTION_EPOCHS].given || options->value[OPTION_STEPS].given;
  changes[0] = '\0';
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    bool other_end = end_given && (i == OPTION_EPOCHS || i == OPTION_STEPS); /* one replaces the other */
    if (row->recipe || (row->course && !other_end)) {
      char name[64];
      attribute_name(name, row->name);
      GT_TRY(adopt_one(options, row, attributes_find(recorded, name), path, changes, room));
    }
  }
  return GT_OK;
}

void options_print_config(const Attributes *recipe) {
  const Command *train = &commands[COMMAND_TRAIN];
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    char name[64], value[GT_ATTRIBUTE_TEXT_MAX];
    const OptionRow *row = &option_table[i];
    attribute_name(name, row->name);
    const Attribute *attribute = attributes_find(recipe, name);
    bool known = attribute != NULL && fits(row, attribute);
    bool on = known && attribute->integer != 0;
    if (!option_belongs(row, train) || (!known && !row->addition)) {
      continue;
    }
    /* What is not recorded did nothing: said, since the preset that --arch begins with may have another
     * value. */
    const char *text = known ? attribute_format(attribute, value, sizeof value) : row->fallback;
    printf("%s = %s\n", row->name, row->type != OPTION_FLAG ? text : on ? "yes" : "no");
  }
}
