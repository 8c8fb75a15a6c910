/* Presets: option values under a name. They stand as if they had been typed, where the command line and the
 * config file say nothing else. To add one: a row. The first is the one of who names none. */
#include <stdio.h>
#include <string.h>

#include "gantrain/options/option_table.h"

typedef struct PresetValue {
  OptionKey key;
  const char *text;
} PresetValue;

static const struct {
  const char *name;
  const char *like;       /* the preset that has the rest; NULL: none */
  PresetValue values[12]; /* up to one without a text */
} presets[] = {
    /* Clean digits in two minutes: relativistic pairs, both zero-centred penalties, no normalisation (Huang
     * et al., "The GAN is dead; long live the GAN! A modern GAN baseline", 2024), a small batch, a high
     * learning rate that falls, and the average of G. */
    {.name = "quick",
     .values = {{OPTION_ARCH, "cnn"},
                {OPTION_LOSS, "rpgan"},
                {OPTION_R1, "0.2"},
                {OPTION_R2, "0.2"},
                {OPTION_LR, "0.003"},
                {OPTION_LR_DECAY, "0.4:0.05"},
                {OPTION_BATCH, "64"},
                {OPTION_AVERAGE, "10000"},
                {OPTION_STEPS, "3500"},
                {OPTION_CHECKPOINT_EVERY, "500"},
                {OPTION_SAMPLE_EVERY, "500"}}},
    /* The same for longer, with a lower rate and a longer average. */
    {.name = "best",
     .like = "quick",
     .values = {{OPTION_LR, "0.002"},
                {OPTION_LR_DECAY, "0.4:0.03"},
                {OPTION_AVERAGE, "20000"},
                {OPTION_STEPS, "22000"},
                {OPTION_CHECKPOINT_EVERY, "2000"},
                {OPTION_SAMPLE_EVERY, "2000"}}},
    {.name = "article", .values = {{OPTION_ARCH, "article"}}},
    {.name = "mlp", .values = {{OPTION_ARCH, "mlp"}}},
    {.name = "dcgan", .values = {{OPTION_ARCH, "dcgan"}, {OPTION_BATCH, "64"}}},
};
#define PRESETS (sizeof presets / sizeof *presets)

/* Would the value be beside another one that says the same thing in its own way? */
static bool said_otherwise(const OptionValue *value, OptionKey key) {
  return value[key].given || (key == OPTION_STEPS && value[OPTION_EPOCHS].given) ||
         (key == OPTION_EPOCHS && value[OPTION_STEPS].given) ||
         (key == OPTION_LR && value[OPTION_G_LR].given && value[OPTION_D_LR].given);
}

static Status unknown_preset(const char *name) {
  char names[256] = "";
  for (size_t i = 0; i < PRESETS; i++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", presets[i].name);
  }
  return status_set(GT_USAGE, "--preset %s: there is no such preset; there are: %s", name, names);
}

static size_t find(const char *name) {
  size_t i = 0;
  while (i < PRESETS && strcmp(presets[i].name, name) != 0) {
    i++;
  }
  return i;
}

/* An architecture with a preset of its name begins with that one. */
static const char *choose(const Options *options) {
  const OptionValue *arch = &options->value[OPTION_ARCH];
  size_t own = arch->given ? find(arch->text) : PRESETS;
  return presets[own < PRESETS ? own : 0].name;
}

static Status apply(Options *options, size_t preset, const char *where) {
  for (const PresetValue *one = presets[preset].values; one->text != NULL; one++) {
    OptionValue *value = &options->value[one->key];
    if (!said_otherwise(options->value, one->key)) {
      GT_TRY(option_read(value, &option_table[one->key], one->text, where));
      value->given = value->preset = true;
    }
  }
  const char *like = presets[preset].like;
  return like != NULL ? apply(options, find(like), where) : GT_OK;
}

Status preset_apply(Options *options) {
  char where[64];
  OptionValue *preset = &options->value[OPTION_PRESET];
  preset->text = preset->given ? preset->text : choose(options);
  size_t i = find(preset->text);
  if (i == PRESETS) {
    return unknown_preset(preset->text);
  }
  snprintf(where, sizeof where, "--preset %s", preset->text);
  return apply(options, i, where);
}

bool option_default(char *out, size_t room, const OptionRow *row) {
  const char *other = option_key(row) == OPTION_ARCH ? NULL : row->fallback; /* every preset has one */
  for (const PresetValue *one = presets[0].values; one->text != NULL; one++) {
    if (one->key == option_key(row)) {
      snprintf(out, room, "%s of the preset %s%s%s", one->text, presets[0].name,
               other != NULL ? ", else " : "", other != NULL ? other : "");
      return true;
    }
  }
  snprintf(out, room, "%s", other != NULL ? other : "");
  return other != NULL;
}
