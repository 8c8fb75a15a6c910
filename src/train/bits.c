#include "gantrain/train/bits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/comm/comm.h"
#include "gantrain/math/gemm.h"

/* The recipe's text of that name; where it has none, what stands for it. */
static const char *text_of(const Attributes *recipe, const char *name, const char *otherwise) {
  const Attribute *found = attributes_find(recipe, name);
  return found != NULL && found->type == ATTRIBUTE_TEXT ? found->text : otherwise;
}

bool bits_differ_from(const Attributes *recipe, char *text, size_t room) {
  const Attribute *exact = attributes_find(recipe, "exact");
  const char *kernels = text_of(recipe, "kernels", gemm_description());
  const char *version = text_of(recipe, "version", GANTRAIN_VERSION);
  snprintf(
      text, room,
      "the checkpoint was made by gantrain %s with %s kernels, this is %s with %s: from here on --exact may "
      "give other bits than there",
      version, kernels, GANTRAIN_VERSION, gemm_description());
  bool differ = strcmp(kernels, gemm_description()) != 0 || strcmp(version, GANTRAIN_VERSION) != 0;
  return differ && exact != NULL && exact->type == ATTRIBUTE_INT && exact->integer != 0;
}

bool bits_differ_between_ranks(char *text, size_t room) {
  char first[32];
  snprintf(first, sizeof first, "%s", gemm_description());
  comm_broadcast(first, sizeof first);
  int64_t others = strcmp(first, gemm_description()) != 0;
  comm_sum_i64(&others, 1);
  snprintf(text, room,
           "rank 0 has %s kernels, %" PRId64
           " of the other ranks have others: --exact gives the same bits on one kind of processor only",
           first, others);
  return others > 0;
}
