#include "diagnosis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool finite_all(const float *values, size_t n) {
  int beyond = 0;
  for (size_t i = 0; i < n; i++) {
    beyond |= !isfinite(values[i]);
  }
  return beyond == 0;
}

static float magnitude(const float *values, size_t n) {
  float most = 0.0f;
  for (size_t i = 0; i < n; i++) {
    most = fmaxf(most, fabsf(values[i]));
  }
  return most;
}

/* Not exactly: a layer's floats in a block, gaps (which are zero) included. */
static bool layer_finite(const Layer *layer, const float *block) {
  return layer->params_count == 0 || finite_all(block + layer->params_first, layer->params_count);
}

static bool report(Diagnosis *diagnosis, int64_t step, const char *what, const Network *network, int layer,
                   const char *where) {
  snprintf(diagnosis->text, sizeof diagnosis->text, "in step %lld the %s of the layer %s/%s %s not finite",
           (long long)step, what, network->name, network->layers[layer].name, where);
  diagnosis->found = true;
  return true;
}

/* A gradient goes through the layers from the last to the first: the last that is spoiled was the first. */
static bool search_gradients(Diagnosis *diagnosis, const Player *player, const float *block, int64_t step) {
  for (int i = player->network.layers_count - 1; i >= 0; i--) {
    if (!layer_finite(&player->network.layers[i], block)) {
      return report(diagnosis, step, "gradient", &player->network, i, "is");
    }
  }
  return false;
}

/* What the updates up to step `updated` left behind. Adam's mean keeps the trace of a gradient that is gone.
 */
static bool search_state(Diagnosis *diagnosis, const Player *player, int64_t updated, int64_t step) {
  const Network *network = &player->network;
  if (search_gradients(diagnosis, player, player->m, updated)) {
    return true;
  }
  for (int i = 0; i < network->layers_count; i++) {
    if (!layer_finite(&network->layers[i], player->params) || !layer_finite(&network->layers[i], player->v)) {
      return report(diagnosis, step, "parameters", network, i, "are");
    }
  }
  return false;
}

static bool search_running(Diagnosis *diagnosis, const Player *player, int64_t step) {
  const Network *network = &player->network;
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    for (int r = 0; r < 2; r++) {
      if (layer->running[r] >= 0 &&
          !finite_all(player->running + layer->r[r], network->running.tensors[layer->running[r]].count)) {
        return report(diagnosis, step, "running statistics", network, i, "are");
      }
    }
  }
  return false;
}

/* The outputs of the tape's last pass, in the order of their making. */
static bool search_outputs(Diagnosis *diagnosis, const Player *player, size_t rows, const char *on,
                           int64_t step) {
  char where[64];
  snprintf(where, sizeof where, "%s is", on);
  for (int i = 0; i < player->network.layers_count; i++) {
    const float *y = player->tape.y[i];
    if (y != NULL && !finite_all(y, rows * shape_count(player->network.layers[i].out))) {
      return report(diagnosis, step, "output", &player->network, i, where);
    }
  }
  return false;
}

/* All is finite, but too large for a sum over the batch. */
static void name_largest(Diagnosis *diagnosis, const Player *player, size_t rows, const char *on,
                         int64_t step) {
  int largest = 0;
  float most = 0.0f;
  for (int i = 0; i < player->network.layers_count; i++) {
    const float *y = player->tape.y[i];
    float here = y == NULL ? 0.0f : magnitude(y, rows * shape_count(player->network.layers[i].out));
    largest = here > most ? i : largest;
    most = here > most ? here : most;
  }
  snprintf(
      diagnosis->text, sizeof diagnosis->text,
      "in step %lld a sum over the batch left the range of numbers %s; the largest value, %.3g, is in the "
      "output of the layer %s/%s",
      (long long)step, on, (double)most, player->network.name, player->network.layers[largest].name);
  diagnosis->found = true;
}

static void search(Diagnosis *diagnosis, const Gan *gan) {
  GanPhase phase = diagnosis->phase;
  const Player *g = &gan->player[GAN_G], *player = &gan->player[gan_phases[phase].player];
  size_t rows = gan_share(gan, gan_phases[phase].player)->rows;
  bool after = phase == GAN_PHASE_G_BACK || phase == GAN_PHASE_G_UPDATE; /* the step counts as done */
  int64_t step = gan->step + (after ? 0 : 1);
  bool new_d = phase == GAN_PHASE_G_SCORE || phase == GAN_PHASE_G_THROUGH; /* D has made this step's update */
  if (phase == GAN_PHASE_D_REAL &&
      !finite_all(gan->real, (size_t)gan->settings.d_steps * gan->share.rows * shape_count(gan->image))) {
    snprintf(diagnosis->text, sizeof diagnosis->text, "in step %lld the images themselves are not finite",
             (long long)step);
    diagnosis->found = true;
    return;
  }
  if (gan_phases[phase].player == GAN_D && phase != GAN_PHASE_D_REAL && /* D reads what G made */
      (search_state(diagnosis, g, step - 1, step) ||
       search_outputs(diagnosis, g, gan->share.rows, "on noise", step))) {
    return;
  }
  if (!search_state(diagnosis, player, new_d ? step : step - 1, step) &&
      !search_outputs(diagnosis, player, rows, gan_phases[phase].on, step) &&
      !search_gradients(diagnosis, player, player->grads, step) && !search_running(diagnosis, player, step)) {
    name_largest(diagnosis, player, rows, gan_phases[phase].on, step);
  }
}

void diagnosis_check(Diagnosis *diagnosis, const Gan *gan) {
  if (exact_overflow_pending() && !diagnosis->found) {
    diagnosis->when = (double)gan->step * (GAN_PHASES + 1) + (double)diagnosis->phase;
    search(diagnosis, gan);
  }
}

void diagnosis_phase(Diagnosis *diagnosis, const Gan *gan, GanPhase begins) {
  diagnosis_check(diagnosis, gan);
  diagnosis->phase = begins;
}

bool diagnosis_state(Diagnosis *diagnosis, const Gan *gan) {
  Diagnosis own = {0}; /* what was found before is nearer to the cause */
  Diagnosis *into = diagnosis->found ? &own : diagnosis;
  into->when = (double)gan->step * (GAN_PHASES + 1);
  for (int p = GAN_D; p >= GAN_G; p--) {
    const Player *player = &gan->player[p];
    if (search_state(into, player, gan->step, gan->step) || search_running(into, player, gan->step)) {
      return false;
    }
  }
  return true;
}
