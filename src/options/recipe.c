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

void options_recipe(const Options *options, Attributes *recipe) {
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    const OptionValue *value = &options->value[i];
    char name[64];
    if (!row->recipe) {
      continue;
    }
    attribute_name(name, row->name);
    if (row->type == OPTION_TEXT || row->type == OPTION_CHOICE) {
      if (value->text != NULL) {
        attributes_set_text(recipe, name, value->text);
      }
    } else if (is_whole(row)) {
      attributes_set_int(recipe, name, value->integer);
    } else if (!isnan(value->real)) {
      attributes_set_real(recipe, name, value->real);
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
  return text ? attribute->type == ATTRIBUTE_TEXT : attribute->type != ATTRIBUTE_TEXT && whole;
}

static bool equal(const OptionRow *row, const OptionValue *value, const Attribute *attribute) {
  if (row->type == OPTION_TEXT || row->type == OPTION_CHOICE) {
    return strcmp(value->text, attribute->text) == 0;
  }
  return is_whole(row) ? value->integer == attribute->integer : value->real == attribute_number(attribute);
}

static void format_value(char *out, size_t size, const OptionRow *row, const OptionValue *value) {
  if (is_whole(row)) {
    snprintf(out, size, "%lld", (long long)value->integer);
  } else if (row->type == OPTION_REAL) {
    real_format(out, (int)size, value->real);
  } else {
    snprintf(out, size, "%s", value->text);
  }
}

bool option_format(char *out, size_t size, const OptionRow *row, const OptionValue *value) {
  bool text = row->type == OPTION_TEXT || row->type == OPTION_CHOICE;
  out[0] = '\0';
  if (row->type == OPTION_FLAG) {
    snprintf(out, size, "%s%s", value->integer != 0 ? "--" : "", value->integer != 0 ? row->name : "");
  } else if (text ? value->text != NULL : !isnan(value->real)) {
    int used = snprintf(out, size, "--%s ", row->name);
    format_value(out + used, size - (size_t)used, row, value);
  }
  return out[0] != '\0';
}

static Status adopt_one(Options *options, const OptionRow *row, const Attribute *attribute,
                        const char *path) {
  OptionValue *value = &options->value[option_key(row)];
  char given[256], found[256];
  if (attribute != NULL && !fits(row, attribute)) {
    return status_set(GT_USAGE, "%s: attribute %s is of an unexpected type; is this a gantrain checkpoint?",
                      path, attribute->name);
  }
  if (value->given && (attribute == NULL || !equal(row, value, attribute))) {
    format_value(given, sizeof given, row, value);
    return status_set(
        GT_USAGE,
        "--%s %s contradicts %s, which was trained with %s: leave the option out to go on, or "
        "start a new run in another folder with --out",
        row->name, given, path,
        attribute != NULL ? attribute_format(attribute, found, sizeof found) : "no such option");
  }
  if (value->given || attribute == NULL) {
    return GT_OK;
  }
  value->given = true;
  value->integer = attribute->integer;
  value->real = attribute_number(attribute);
  value->text = option_keep_text(option_key(row), attribute->text);
  return GT_OK;
}

Status options_adopt(Options *options, const Attributes *recipe, const char *path) {
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    if (option_table[i].recipe) {
      char name[64];
      attribute_name(name, option_table[i].name);
      GT_TRY(adopt_one(options, &option_table[i], attributes_find(recipe, name), path));
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
    if (attribute == NULL || !option_belongs(row, train) || !fits(row, attribute)) {
      continue;
    }
    const char *flag = attribute->integer != 0 ? "yes" : "no";
    printf("%s = %s\n", row->name,
           row->type == OPTION_FLAG ? flag : attribute_format(attribute, value, sizeof value));
  }
}
