/* Exchange: the hooks of a Gan, answered by one reducer a player. */
#ifndef GANTRAIN_EXCHANGE_H
#define GANTRAIN_EXCHANGE_H

#include "gantrain/comm/reducer.h"
#include "gantrain/gan/gan.h"

typedef struct Exchange Exchange;

/* Let the gan's gradients and batch statistics be summed over all ranks. The gan must outlive the exchange.
 * Collective; the same outcome on all ranks. */
Status exchange_create(Exchange **exchange, const World *world, Gan *gan);
void exchange_free(Exchange *exchange);

#endif
