/* Bits: what can give an exact run other bits although its recipe is the same, in words for a warning.
 *
 * The processor counts through the kernels it gets; OpenBLAS does not, because nothing is trained with it. */
#ifndef GANTRAIN_BITS_H
#define GANTRAIN_BITS_H

#include <stdbool.h>
#include <stddef.h>

#include "gantrain/base/attributes.h"

/* Was the checkpoint that a run goes on from (its recipe) made by other kernels or another version than this
 * process has? The difference goes to text[size]. Also false where the run is not exact. */
bool bits_differ_from(const Attributes *recipe, char *text, size_t size);

/* Do ranks have other kernels than rank 0? Collective; the same outcome and text on all. */
bool bits_differ_between_ranks(char *text, size_t size);

#endif
