/* Bits: the reasons for which an exact run of the same recipe can give other bits, as text for a warning.
 *
 * The processor matters by the kernels that run on it; OpenBLAS does not matter, because training does not
 * use it. */
#ifndef GANTRAIN_BITS_H
#define GANTRAIN_BITS_H

#include <stdbool.h>
#include <stddef.h>

#include "gantrain/base/attributes.h"

/* Was the checkpoint that a run goes on from (its recipe) made by other kernels or another version than this
 * process has? The difference goes to text[room]. Also false where the run is not exact. */
bool bits_differ_from(const Attributes *recipe, char *text, size_t room);

/* Do ranks have other kernels than rank 0? Collective; the same outcome and text on all. */
bool bits_differ_between_ranks(char *text, size_t room);

#endif
