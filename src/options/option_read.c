/* From text to values, strictly: the whole text is the value or it is an error. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/options/option_table.h"

#define LETTERS_MAX 40

/* Config and checkpoint texts outlive the file they came from. */
static char kept[OPTIONS_COUNT][GT_ATTRIBUTE_TEXT_MAX];

const char *option_keep_text(OptionKey key, const char *text) {
  snprintf(kept[key], sizeof kept[key], "%s", text);
  return kept[key];
}

/* "a whole number from 1 to 1000", "a number above 0, at most 1000", "a number from 0 to below 1". */
static void describe(char *out, size_t room, const OptionRow *row) {
  snprintf(out, room, row->type == OPTION_INT ? "%s %s %.0f%s %.0f" : "%s %s %.15g%s %.15g",
           row->type == OPTION_INT ? "a whole number" : "a number", row->open_min ? "above" : "from",
           row->min,
           row->open_max   ? " to below"
           : row->open_min ? ", at most"
                           : " to",
           row->max);
}

static bool in_range(double value, const OptionRow *row) {
  bool above = row->open_min ? value > row->min : value >= row->min;
  bool below = row->open_max ? value < row->max : value <= row->max;
  return above && below; /* false for NaN */
}

static bool read_int(int64_t *out, const char *text) {
  const char *digits = text[0] == '-' ? text + 1 : text;
  if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits)) {
    return false;
  }
  errno = 0;
  *out = strtoll(text, NULL, 10);
  return errno == 0;
}

static bool read_real(double *out, const char *text) {
  /* Only digits, sign, point and exponent: no "inf", no "nan", no hexadecimal, no leading blank. */
  if (text[0] == '\0' || strspn(text, "0123456789+-.eE") != strlen(text)) {
    return false;
  }
  char *end;
  *out = strtod(text, &end);
  return *end == '\0' && isfinite(*out);
}

/* A field of digits up to `stop`; steps over it. At most nine digits, so nothing overflows. */
static bool read_field(double *out, const char **text, char stop) {
  size_t digits = strspn(*text, "0123456789");
  if (digits == 0 || digits > 9 || (*text)[digits] != stop) {
    return false;
  }
  *out = strtod(*text, NULL);
  *text += digits + (stop != '\0');
  return true;
}

/* "90", "90s", "30m", "1h", "1:30:00" (hours, minutes, seconds), "1-00:00:00" (with days before). */
static bool read_time(double *out, const char *text) {
  double days = 0, hours, minutes, seconds;
  if (strchr(text, ':') != NULL) {
    if (strchr(text, '-') != NULL && !read_field(&days, &text, '-')) {
      return false;
    }
    if (!read_field(&hours, &text, ':') || !read_field(&minutes, &text, ':') ||
        !read_field(&seconds, &text, '\0')) {
      return false;
    }
    *out = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    return minutes < 60 && seconds < 60;
  }
  static const struct {
    char letter;
    double seconds;
  } units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  size_t digits = strspn(text, "0123456789");
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (text[digits] == units[i].letter && read_field(out, &text, units[i].letter)) {
      *out *= units[i].seconds;
      return *text == '\0';
    }
  }
  return false;
}

static bool read_flag(int64_t *out, const char *text) {
  static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
  for (int i = 0; i < 8; i++) {
    if (strcmp(text, words[i]) == 0) {
      *out = i % 2;
      return true;
    }
  }
  return false;
}

/* Is `text` one of the words of "a, b, c"? */
static bool is_choice(const char *choices, const char *text) {
  size_t length = strlen(text);
  for (const char *word = choices; word != NULL;) {
    const char *end = strstr(word, ", ");
    size_t word_length = end != NULL ? (size_t)(end - word) : strlen(word);
    if (length == word_length && strncmp(word, text, length) == 0) {
      return true;
    }
    word = end != NULL ? end + 2 : NULL;
  }
  return false;
}

Status option_read(OptionValue *value, const OptionRow *row, const char *text, const char *where) {
  char range[128];
  OptionValue read = *value;
  bool good = true;
  switch (row->type) {
    case OPTION_FLAG:
      good = read_flag(&read.integer, text);
      snprintf(range, sizeof range, "yes or no");
      break;
    case OPTION_INT:
      good = read_int(&read.integer, text) && in_range((double)read.integer, row);
      describe(range, sizeof range, row);
      break;
    case OPTION_REAL:
      good = read_real(&read.real, text) && in_range(read.real, row);
      describe(range, sizeof range, row);
      break;
    case OPTION_TIME:
      good = read_time(&read.real, text) && in_range(read.real, row);
      snprintf(range, sizeof range, "a time such as 90, 30m, 1h, 1:30:00 or 1-00:00:00, at least 1 second");
      break;
    case OPTION_TEXT:
      good = text[0] != '\0';
      snprintf(range, sizeof range, "a %s", row->argument);
      read.text = text;
      break;
    case OPTION_CHOICE:
      good = is_choice(row->choices, text);
      snprintf(range, sizeof range, "one of: %s", row->choices);
      read.text = text;
      break;
  }
  if (!good) {
    return status_set(GT_USAGE, "%s: \"%s\" is not possible; expected %s", where, text, range);
  }
  *value = read;
  return GT_OK;
}

Status option_reset(OptionValue *value, const OptionRow *row) {
  *value = (OptionValue){.real = row->type == OPTION_REAL ? NAN : 0.0};
  return row->fallback != NULL ? option_read(value, row, row->fallback, row->name) : GT_OK;
}

int edit_distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  int cost[LETTERS_MAX + 1][LETTERS_MAX + 1];
  if (n > LETTERS_MAX || m > LETTERS_MAX) {
    return 99;
  }
  for (size_t i = 0; i <= n; i++) {
    for (size_t j = 0; j <= m; j++) {
      if (i == 0 || j == 0) {
        cost[i][j] = (int)(i + j);
        continue;
      }
      int best = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      best = cost[i - 1][j] + 1 < best ? cost[i - 1][j] + 1 : best;
      best = cost[i][j - 1] + 1 < best ? cost[i][j - 1] + 1 : best;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && cost[i - 2][j - 2] + 1 < best) {
        best = cost[i - 2][j - 2] + 1;
      }
      cost[i][j] = best;
    }
  }
  return cost[n][m];
}

const OptionRow *option_find(const char *name, const Command *command) {
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    if (option_belongs(&option_table[i], command) && strcmp(option_table[i].name, name) == 0) {
      return &option_table[i];
    }
  }
  return NULL;
}

const OptionRow *option_nearest(const char *word, const Command *command) {
  const OptionRow *nearest = NULL;
  int least = 3;
  for (int i = 0; i < OPTIONS_COUNT; i++) {
    const OptionRow *row = &option_table[i];
    bool beginning = strlen(word) > 1 && strncmp(row->name, word, strlen(word)) == 0;
    int distance = beginning ? 1 : edit_distance(word, row->name);
    /* A name of two letters is within two edits of anything short. */
    if (option_belongs(row, command) && distance < least && distance < (int)strlen(row->name)) {
      least = distance;
      nearest = row;
    }
  }
  return nearest;
}
