#include "gantrain/train/exchange.h"

#include "gantrain/base/memory.h"

/* One player's end: what its hooks get as context. */
typedef struct End {
  Exchange *exchange;
  Reducer *reducer;
} End;

struct Exchange {
  int ranks;
  End end[2]; /* [GAN_G], [GAN_D] */
};

/* A sum of `ranks` numbers below the limit cannot overflow. */
static void hook_sum(void *context, int64_t *sums, int n) {
  int64_t limit = INT64_MAX / ((End *)context)->exchange->ranks;
  for (int i = 0; i < n; i++) {
    if (sums[i] > limit || sums[i] < -limit) {
      exact_note_overflow();
    }
  }
  comm_sum_i64(sums, (size_t)n);
}

static void hook_grads_ready(void *context, size_t first, size_t count) {
  (void)count; /* backward fills from the tail: everything behind is ready too */
  reducer_ready(((End *)context)->reducer, first);
}

/* While one player computes, the other's gradients travel: move both along. */
static void hook_progress(void *context) {
  Exchange *exchange = ((End *)context)->exchange;
  reducer_poll(exchange->end[GAN_G].reducer);
  reducer_poll(exchange->end[GAN_D].reducer);
}

static void hook_begin(void *context) {
  reducer_begin(((End *)context)->reducer);
}

static void hook_end(void *context) {
  reducer_end(((End *)context)->reducer);
}

static Status connect(Exchange *exchange, const World *world, Gan *gan, int p) {
  const Arena *arena = &gan->player[p].network.params;
  size_t starts[GT_TENSORS_MAX];
  for (int t = 0; t < arena->tensors_count; t++) {
    starts[t] = arena->tensors[t].first;
  }
  End *end = &exchange->end[p];
  end->exchange = exchange;
  Player *player = &gan->player[p];
  void *values = player->exact != NULL ? (void *)player->exact : (void *)player->grads;
  GT_TRY(reducer_create(&end->reducer, world, player->exact != NULL ? REDUCER_INT64 : REDUCER_FLOAT, values,
                        arena->count, starts, arena->tensors_count));
  gan->hooks.network[p] =
      (Hooks){.context = end, .sum = hook_sum, .grads_ready = hook_grads_ready, .progress = hook_progress};
  return GT_OK;
}

Status exchange_create(Exchange **result, const World *world, Gan *gan) {
  Exchange *exchange = memory_alloc(1, sizeof *exchange);
  Status outcome = exchange == NULL ? GT_FAILED : GT_OK;
  if (exchange != NULL) {
    exchange->ranks = world->size;
  }
  for (int p = 0; p < 2 && outcome == GT_OK; p++) {
    outcome = connect(exchange, world, gan, p);
  }
  outcome = comm_agree(outcome);
  if (outcome != GT_OK) {
    exchange_free(exchange);
    exchange = NULL;
  } else {
    gan->hooks.begin = hook_begin;
    gan->hooks.end = hook_end;
  }
  *result = exchange;
  return outcome;
}

void exchange_free(Exchange *exchange) {
  if (exchange != NULL) {
    reducer_free(exchange->end[GAN_G].reducer);
    reducer_free(exchange->end[GAN_D].reducer);
    memory_free(exchange);
  }
}
