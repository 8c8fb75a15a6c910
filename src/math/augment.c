#include "gantrain/math/augment.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BACKGROUND (-1.0f)

static const struct {
  const char *name;
  unsigned kind;
  int least; /* H or W must have so many pixels for it */
} kinds_table[] = {{"brightness", AUGMENT_BRIGHTNESS, 1},
                   {"translation", AUGMENT_TRANSLATION, 8},
                   {"cutout", AUGMENT_CUTOUT, 2}};
enum { KINDS = sizeof kinds_table / sizeof *kinds_table };

static Status unknown_kind(const char *name, size_t length, const char *names, const char *option) {
  char known[128] = "";
  for (size_t k = 0; k < KINDS; k++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", k == 0 ? "" : ", ", kinds_table[k].name);
  }
  return status_set(GT_USAGE, "%s %s: there is no '%.*s'; there are none, or, with commas between them, %s",
                    option, names, (int)length, name, known);
}

Status augment_find(unsigned *kinds, const char *names, Shape image, const char *option) {
  *kinds = 0;
  for (const char *name = strcmp(names, "none") == 0 ? NULL : names; name != NULL;) {
    size_t length = strcspn(name, ","), k = 0;
    while (k < KINDS &&
           (strlen(kinds_table[k].name) != length || strncmp(kinds_table[k].name, name, length) != 0)) {
      k++;
    }
    if (k == KINDS) {
      return unknown_kind(name, length, names, option);
    }
    int least = kinds_table[k].least;
    if (image.h < least && image.w < least) {
      return status_set(GT_USAGE,
                        "%s %s: images of %d x %d are too small for %s: one side must have %d pixels", option,
                        names, image.h, image.w, kinds_table[k].name, least);
    }
    *kinds |= kinds_table[k].kind;
    name = name[length] == ',' ? name + length + 1 : NULL;
  }
  return GT_OK;
}

/* A number in [0, n) of a word. */
static int below(uint32_t word, int n) {
  return (int)(((uint64_t)word * (uint64_t)n) >> 32);
}

void augment_draw(Augmentation *draws, unsigned kinds, double probability, RngKey key, uint32_t sample,
                  size_t N, int H, int W) {
  const int down = H / 8, right = W / 8, h = (H + 1) / 2, w = (W + 1) / 2;
  for (size_t n = 0; n < N; n++) {
    uint32_t words[8];
    Augmentation *a = &draws[n];
    rng_words(words, key, sample + (uint32_t)n, 8);
    *a = (Augmentation){0};
    if ((kinds & AUGMENT_BRIGHTNESS) != 0 && words[0] < probability * 0x1p32) {
      a->brighter = (float)(words[1] >> 8) * 0x1p-24f - 0.5f;
    }
    if ((kinds & AUGMENT_TRANSLATION) != 0 && words[2] < probability * 0x1p32) {
      a->down = below(words[3], 2 * down + 1) - down;
      a->right = below(words[4], 2 * right + 1) - right;
    }
    if ((kinds & AUGMENT_CUTOUT) != 0 && words[5] < probability * 0x1p32) {
      a->cut_top = below(words[6], H) - h / 2;
      a->cut_left = below(words[7], W) - w / 2;
      a->cut_h = h;
      a->cut_w = w;
    }
  }
}

static int at_least(int value, int least) {
  return value < least ? least : value;
}

static int at_most(int value, int most) {
  return value > most ? most : value;
}

/* A run of columns. */
typedef struct Columns {
  int first, end;
} Columns;

/* The columns of row h of the changed image that show pixels of the image, in up to two runs. */
static int shown(Columns runs[2], const Augmentation *a, int h, int H, int W) {
  int first = at_least(a->right, 0), end = at_most(W + a->right, W), count = 0;
  if (h - a->down < 0 || h - a->down >= H) {
    return 0;
  }
  bool cut = h >= a->cut_top && h < a->cut_top + a->cut_h;
  Columns left = {first, cut ? at_most(a->cut_left, end) : end};
  Columns right = {cut ? at_least(a->cut_left + a->cut_w, first) : end, end};
  if (left.first < left.end) {
    runs[count++] = left;
  }
  if (right.first < right.end) {
    runs[count++] = right;
  }
  return count;
}

void augment_forward(float *y, const float *x, const Augmentation *draws, size_t N, int H, int W, int C) {
  const size_t E = (size_t)H * (size_t)W * (size_t)C;
  for (size_t i = 0; i < N * E; i++) {
    y[i] = BACKGROUND;
  }
  for (size_t n = 0; n < N; n++, y += E, x += E) {
    const Augmentation *a = &draws[n];
    for (int h = 0; h < H; h++) {
      Columns runs[2];
      for (int count = shown(runs, a, h, H, W), r = 0; r < count; r++) {
        float *to = y + (h * W + runs[r].first) * C;
        const float *from = x + ((h - a->down) * W + runs[r].first - a->right) * C;
        for (int i = 0; i < (runs[r].end - runs[r].first) * C; i++) {
          to[i] = from[i] + a->brighter;
        }
      }
    }
  }
}

void augment_backward(float *dx, const float *dy, const Augmentation *draws, size_t N, int H, int W, int C) {
  const size_t E = (size_t)H * (size_t)W * (size_t)C;
  memset(dx, 0, N * E * sizeof *dx);
  for (size_t n = 0; n < N; n++, dx += E, dy += E) {
    const Augmentation *a = &draws[n];
    for (int h = 0; h < H; h++) {
      Columns runs[2];
      for (int count = shown(runs, a, h, H, W), r = 0; r < count; r++) {
        memcpy(dx + ((h - a->down) * W + runs[r].first - a->right) * C, dy + (h * W + runs[r].first) * C,
               (size_t)((runs[r].end - runs[r].first) * C) * sizeof *dx);
      }
    }
  }
}
