#include "gantrain/train/exchange.h"

#include "gantrain/base/memory.h"

struct Exchange {
  int ranks;
  Reducer *reducer[2]; /* [GAN_G], [GAN_D]: gradients */
  Reducer *moments[2]; /* of players with statistics of shards, else NULL */
  const Gan *gan;
};

/* Records an overflow where a sum of such numbers over all ranks could have one. */
static void check_sums(const Exchange *exchange, const int64_t *sums, size_t n) {
  int64_t limit = INT64_MAX / exchange->ranks;
  for (size_t i = 0; i < n; i++) {
    if (sums[i] > limit || sums[i] < -limit) {
      exact_record_overflow();
    }
  }
}

static void hook_sum(void *context, int64_t *sums, size_t n) {
  check_sums(context, sums, n);
  comm_sum_i64(sums, n);
}

static void hook_moments_begin(void *context, int player) {
  const Exchange *exchange = context;
  const Player *p = &exchange->gan->player[player];
  check_sums(exchange, p->moments, p->network.running.count);
  reducer_begin(exchange->moments[player]);
  reducer_ready(exchange->moments[player], 0);
}

static void hook_moments_end(void *context, int player) {
  reducer_end(((Exchange *)context)->moments[player]);
}

static void hook_begin(void *context, int player) {
  reducer_begin(((Exchange *)context)->reducer[player]);
}

static void hook_ready(void *context, int player, size_t first, size_t count) {
  (void)count; /* backward fills gradients from the tail: everything behind `first` is ready, too */
  reducer_ready(((Exchange *)context)->reducer[player], first);
}

static void hook_end(void *context, int player) {
  reducer_end(((Exchange *)context)->reducer[player]);
}

/* Lets MPI send what is on its way, the gradients of one player while the other computes. */
static void hook_progress(void *context) {
  Exchange *exchange = context;
  for (int p = 0; p < 2; p++) {
    reducer_poll(exchange->reducer[p]);
    if (exchange->moments[p] != NULL) {
      reducer_poll(exchange->moments[p]);
    }
  }
}

static Status create_reducers(Exchange *exchange, const World *world, const Gan *gan, int p) {
  const Arena *arena = &gan->player[p].network.params;
  size_t starts[GT_TENSORS_MAX];
  for (int t = 0; t < arena->tensors_count; t++) {
    starts[t] = arena->tensors[t].first;
  }
  const Player *player = &gan->player[p];
  if (player->moments != NULL) {
    const size_t whole = 0;
    GT_TRY(reducer_create(&exchange->moments[p], world, REDUCER_INT64, player->moments,
                          player->network.running.count, &whole, 1));
  }
  void *values = player->exact != NULL ? (void *)player->exact : (void *)player->grads;
  return reducer_create(&exchange->reducer[p], world, player->exact != NULL ? REDUCER_INT64 : REDUCER_FLOAT,
                        values, arena->count, starts, arena->tensors_count);
}

Status exchange_create(Exchange **result, const World *world, Gan *gan) {
  Exchange *exchange = memory_alloc(1, sizeof *exchange);
  Status outcome = exchange == NULL ? GT_FAILED : GT_OK;
  if (exchange != NULL) {
    exchange->ranks = world->size;
    exchange->gan = gan;
  }
  for (int p = 0; p < 2 && outcome == GT_OK; p++) {
    outcome = create_reducers(exchange, world, gan, p);
  }
  outcome = comm_agree(outcome);
  if (outcome != GT_OK) {
    exchange_free(exchange);
    exchange = NULL;
  } else {
    gan->hooks.context = exchange;
    gan->hooks.sum = hook_sum;
    gan->hooks.grads_begin = hook_begin;
    gan->hooks.grads_ready = hook_ready;
    gan->hooks.grads_end = hook_end;
    gan->hooks.progress = hook_progress;
    gan->hooks.moments_begin = hook_moments_begin;
    gan->hooks.moments_end = hook_moments_end;
  }
  *result = exchange;
  return outcome;
}

void exchange_free(Exchange *exchange) {
  if (exchange != NULL) {
    for (int p = 0; p < 2; p++) {
      reducer_free(exchange->reducer[p]);
      reducer_free(exchange->moments[p]);
    }
    memory_free(exchange);
  }
}
