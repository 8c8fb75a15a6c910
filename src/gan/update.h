/* Update: from a player's gradients to its new parameters. */
#ifndef GANTRAIN_UPDATE_H
#define GANTRAIN_UPDATE_H

#include "gantrain/gan/players.h"

/* Gradients over all ranks are there: the player's `t`-th update, in that step, both 1 for the
 * first. Everything is computed on every rank, of the same numbers. */
void update_player(Gan *gan, int player, int64_t step, int64_t t);

#endif
