/* The two players' part in the list of blocks. */
#ifndef GANTRAIN_PLAYER_STATE_H
#define GANTRAIN_PLAYER_STATE_H

#include "gantrain/gan/players.h"

/* Allocates all blocks of the players' networks, which must be built: gan->state lists them, and the players
 * point to them. GT_FAILED: memory. */
Status gan_create_state(Gan *gan);

#endif
