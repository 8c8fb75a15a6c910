#include "gantrain/gan/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "player_state.h"

/* The state of a run, in the list's order. */
static const struct {
  const char *group;
  int player;
  size_t arena, data; /* offsets in Player: of the arena, and of the pointer to the block */
  enum { ALWAYS, WITH_AVERAGE, WITH_SPECTRAL_NORM } when;
} rows[] = {
    {STATE_G_PARAMETERS, GAN_G, offsetof(Player, network.params), offsetof(Player, params), ALWAYS},
    {"/generator/adam_m", GAN_G, offsetof(Player, network.params), offsetof(Player, m), ALWAYS},
    {"/generator/adam_v", GAN_G, offsetof(Player, network.params), offsetof(Player, v), ALWAYS},
    {STATE_G_AVERAGE, GAN_G, offsetof(Player, network.params), offsetof(Player, average), WITH_AVERAGE},
    {STATE_G_RUNNING, GAN_G, offsetof(Player, network.running), offsetof(Player, running), ALWAYS},
    {STATE_D_PARAMETERS, GAN_D, offsetof(Player, network.params), offsetof(Player, params), ALWAYS},
    {"/discriminator/adam_m", GAN_D, offsetof(Player, network.params), offsetof(Player, m), ALWAYS},
    {"/discriminator/adam_v", GAN_D, offsetof(Player, network.params), offsetof(Player, v), ALWAYS},
    {STATE_D_RUNNING, GAN_D, offsetof(Player, network.running), offsetof(Player, running), ALWAYS},
    {"/discriminator/unscaled", GAN_D, offsetof(Player, network.params), offsetof(Player, unscaled),
     WITH_SPECTRAL_NORM},
    {"/discriminator/singular", GAN_D, offsetof(Player, spectral), offsetof(Player, singular),
     WITH_SPECTRAL_NORM},
};
_Static_assert(sizeof rows / sizeof *rows <= STATE_BLOCKS_MAX, "the list is too short for the table");

/* One more block, zeroed; NULL: memory. */
static float *append(State *state, const char *group, const Arena *arena) {
  float *data = arena_block(arena);
  if (data != NULL) {
    state->blocks[state->count++] = (Block){group, arena, data};
  }
  return data;
}

Status gan_create_state(Gan *gan) {
  gan->state.count = 0;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    Player *player = &gan->player[rows[i].player];
    if ((rows[i].when == WITH_AVERAGE && gan->settings.average <= 0.0) ||
        (rows[i].when == WITH_SPECTRAL_NORM && !gan->settings.spectral_norm)) {
      continue;
    }
    const void *arena = (const char *)player + rows[i].arena;
    float **data = (float **)(void *)((char *)player + rows[i].data);
    *data = append(&gan->state, rows[i].group, arena);
    if (*data == NULL) {
      return GT_FAILED;
    }
  }
  return GT_OK;
}

Status state_create_like(State *state, const State *other) {
  state->count = 0;
  for (int b = 0; b < other->count; b++) {
    if (append(state, other->blocks[b].group, other->blocks[b].arena) == NULL) {
      return GT_FAILED;
    }
  }
  return GT_OK;
}

void state_free(State *state) {
  for (int b = 0; b < state->count; b++) {
    memory_free(state->blocks[b].data);
  }
  state->count = 0;
}

void state_copy(State *state, const State *from) {
  GT_CHECK(state->count == from->count, "%d blocks from %d", state->count, from->count);
  for (int b = 0; b < state->count; b++) {
    memcpy(state->blocks[b].data, from->blocks[b].data, from->blocks[b].arena->count * sizeof(float));
  }
}

uint64_t state_hash(const State *state, uint64_t seed) {
  for (int b = 0; b < state->count; b++) {
    seed = arena_hash(state->blocks[b].arena, state->blocks[b].data, seed);
  }
  return seed;
}

size_t state_bytes(const State *state) {
  size_t bytes = 0;
  for (int b = 0; b < state->count; b++) {
    bytes += state->blocks[b].arena->count * sizeof(float);
  }
  return bytes;
}

float *state_find(const State *state, const char *group) {
  int b = 0;
  while (b < state->count && strcmp(state->blocks[b].group, group) != 0) {
    b++;
  }
  GT_CHECK(b < state->count, "the state has no block %s", group);
  return state->blocks[b].data;
}
