/* Training of the judge: softmax cross-entropy by Adam with a learning rate that falls linearly to 0, in
 * exact sums. */
#include <math.h>
#include <string.h>

#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/comm/reducer.h"
#include "gantrain/nn/adam.h"
#include "gantrain/nn/softmax.h"
#include "judge_parts.h"

enum { SHARDS = 16, SHARD_ROWS = 8 }; /* a batch of 128 */

static const AdamSettings settings = {.lr = 2e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-7};

typedef struct Training {
  Judge *judge;
  Images *images;
  size_t shards;    /* over all ranks */
  Range own;        /* shards of this rank */
  size_t per_epoch; /* steps */
  ImageRows rows;   /* of this rank's shards */
  uint32_t *order;  /* rows in the order of the epoch, shard after shard */
  float *x, *dlogits, *grads, *m, *v;
  uint8_t *labels; /* of the batch */
  int64_t *exact;
  float limit;
  Tape tape;
  Reducer *reducer;
} Training;

static Range shard_rows(const Training *t, size_t shard) {
  return range_part(t->images->info.rows[DATASET_TRAIN], t->shards, shard);
}

/* First row and number of rows of this rank's run of shards. */
static Range own_rows(const Training *t) {
  Range first = shard_rows(t, t->own.first), last = shard_rows(t, t->own.first + t->own.count - 1);
  return (Range){first.first, last.first + last.count - first.first};
}

static void grads_ready(void *context, int network, size_t first, size_t count) {
  (void)network;
  (void)count;
  reducer_ready(((Training *)context)->reducer, first);
}

static void progress(void *context) {
  reducer_poll(((Training *)context)->reducer);
}

static Status allocate(Training *t) {
  size_t E = shape_count(t->images->info.image), rows = t->own.count * SHARD_ROWS;
  const Network *network = &t->judge->network;
  t->x = memory_alloc(rows * E, sizeof *t->x);
  t->dlogits = memory_alloc(rows * t->judge->classes, sizeof *t->dlogits);
  t->labels = memory_alloc(rows, sizeof *t->labels);
  t->order = memory_alloc(t->rows.count, sizeof *t->order);
  t->exact = memory_alloc(network->params.count, sizeof *t->exact);
  t->grads = arena_block(&network->params);
  t->m = arena_block(&network->params);
  t->v = arena_block(&network->params);
  bool fine = t->x != NULL && t->dlogits != NULL && t->labels != NULL && t->order != NULL &&
              t->exact != NULL && t->grads != NULL && t->m != NULL && t->v != NULL;
  return fine ? tape_create(&t->tape, network, rows, TAPE_TRAINING) : GT_FAILED;
}

static Status prepare(Training *t, const World *world, uint64_t seed) {
  size_t starts[GT_TENSORS_MAX];
  int64_t most = 0;
  MemoryNeed need = {"the images to learn from", own_rows(t).count * (images_row_bytes(t->images) + 1)};
  GT_TRY(comm_check_memory(&need, 1, "use more machines, or start fewer ranks on each"));
  Status outcome = images_load(t->images, DATASET_TRAIN, own_rows(t), &t->rows);
  if (outcome == GT_OK && t->rows.labels == NULL) {
    outcome = status_set(GT_USAGE, "%s: the training images have no labels, so no classifier can be trained",
                         t->images->name);
  }
  GT_TRY(comm_agree(outcome));
  for (size_t i = 0; i < t->rows.count; i++) {
    most = t->rows.labels[i] > most ? t->rows.labels[i] : most;
  }
  double classes = (double)most + 1.0;
  comm_max(&classes, 1);
  GT_TRY(comm_agree(judge_create(t->judge, t->images->info.image, (size_t)classes, seed)));
  GT_TRY(comm_agree(allocate(t)));
  const Arena *arena = &t->judge->network.params;
  for (int i = 0; i < arena->tensors_count; i++) {
    starts[i] = arena->tensors[i].first;
  }
  t->limit = exact_limit(network_exact_parts(&t->judge->network, SHARD_ROWS) * t->shards);
  return comm_agree(reducer_create(&t->reducer, world, REDUCER_INT64, t->exact, arena->count, starts,
                                   arena->tensors_count));
}

static void shuffle(Training *t, uint64_t seed, int64_t epoch) {
  RngKey key = {.seed = seed, .stream = RNG_ORDER_JUDGE, .step = (uint32_t)epoch};
  size_t start = own_rows(t).first;
  for (size_t s = t->own.first; s < t->own.first + t->own.count; s++) {
    Range rows = shard_rows(t, s);
    uint32_t *order = t->order + (rows.first - start);
    rng_permutation(order, key, (uint32_t)s, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
      order[i] += (uint32_t)(rows.first - start);
    }
  }
}

static void gather_batch(Training *t, size_t in_epoch) {
  size_t start = own_rows(t).first, E = shape_count(t->images->info.image);
  for (size_t s = 0; s < t->own.count; s++) {
    const uint32_t *order =
        t->order + (shard_rows(t, t->own.first + s).first - start) + in_epoch * SHARD_ROWS;
    images_gather(t->images, t->x + s * SHARD_ROWS * E, &t->rows, order, SHARD_ROWS);
    for (size_t i = 0; i < SHARD_ROWS; i++) {
      t->labels[s * SHARD_ROWS + i] = t->rows.labels[order[i]];
    }
  }
}

/* One optimiser step. Returns this rank's part of the loss as an exact sum, and adds its correct
 * predictions to *right. */
static int64_t train_step(Training *t, uint64_t seed, int64_t step, int64_t steps, int64_t *right) {
  Judge *judge = t->judge;
  size_t K = judge->classes, rows = t->own.count * SHARD_ROWS;
  int64_t loss = 0;
  Hooks hooks = {.context = t, .grads_ready = grads_ready, .progress = progress};
  Pass pass = {.training = true,
               .share = {.rows = rows,
                         .shard_rows = SHARD_ROWS,
                         .batch = t->shards * SHARD_ROWS,
                         .sample = (uint32_t)(t->own.first * SHARD_ROWS)},
               .key = {.seed = seed, .stream = RNG_DROPOUT_JUDGE, .step = (uint32_t)step},
               .hooks = &hooks};
  const float *logits =
      network_forward(&judge->network, judge->params, judge->running, &t->tape, t->x, &pass);
  for (size_t row = 0; row < rows; row += SHARD_ROWS) {
    size_t hits;
    double part = softmax_cross_entropy(t->dlogits + row * K, logits + row * K, t->labels + row, SHARD_ROWS,
                                        K, 1.0F / (float)pass.share.batch, &hits);
    exact_add(&loss, &part, 1, EXACT_LOSS_BITS);
    *right += (int64_t)hits;
  }
  memset(t->exact, 0, judge->network.params.count * sizeof *t->exact);
  reducer_begin(t->reducer);
  network_backward(&judge->network, judge->params, (GradientSum){.exact = t->exact, .limit = t->limit},
                   &t->tape, t->x, t->dlogits, false, &pass);
  reducer_end(t->reducer);
  exact_gradients(t->grads, t->exact, judge->network.params.count);
  AdamSettings now = settings;
  now.lr *= 1.0 - (double)step / (double)steps;
  adam_step(judge->params, t->m, t->v, t->grads, judge->network.params.count, step + 1, now);
  return loss;
}

static Status train(Training *t, JudgePlan plan) {
  int64_t steps = plan.epochs * (int64_t)t->per_epoch;
  if (steps > UINT32_MAX) { /* which the random streams count in 32 bits */
    return status_set(GT_USAGE,
                      "--epochs %d: %lld steps are more than the %u that random numbers can tell apart",
                      plan.epochs, (long long)steps, UINT32_MAX);
  }
  for (int64_t epoch = 0; epoch < plan.epochs; epoch++) {
    int64_t sums[2] = {0, 0}; /* loss, correct predictions */
    shuffle(t, plan.seed, epoch);
    for (size_t i = 0; i < t->per_epoch; i++) {
      gather_batch(t, i);
      sums[0] += train_step(t, plan.seed, epoch * (int64_t)t->per_epoch + (int64_t)i, steps, &sums[1]);
    }
    comm_sum_i64(sums, 2);
    GT_TRY(comm_agree(exact_overflowed() ? status_set(GT_FAILED,
                                                      "the classifier's gradients or losses became "
                                                      "NaN, infinite or too large")
                                         : GT_OK));
    double seen = (double)(t->per_epoch * t->shards * SHARD_ROWS);
    log_info("classifier: epoch %lld of %d, loss %.4f, accuracy %.2f %% on the training images",
             (long long)epoch + 1, plan.epochs, exact_value(sums[0], EXACT_LOSS_BITS) / seen,
             100.0 * (double)sums[1] / seen);
  }
  t->judge->fingerprint = arena_hash(&t->judge->network.params, t->judge->params, 0);
  return GT_OK;
}

static void training_free(Training *t) {
  reducer_free(t->reducer);
  image_rows_free(&t->rows);
  tape_free(&t->tape);
  void *blocks[] = {t->order, t->x, t->dlogits, t->grads, t->m, t->v, t->labels, t->exact};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
    memory_free(blocks[i]);
  }
}

Status judge_train(Judge *judge, const World *world, Images *images, JudgePlan plan) {
  Training t = {.judge = judge, .images = images, .shards = SHARDS};
  memset(judge, 0, sizeof *judge);
  t.shards = world->size > SHARDS ? (size_t)world->size : SHARDS;
  t.own = range_part(t.shards, (size_t)world->size, (size_t)world->rank);
  t.per_epoch = images->info.rows[DATASET_TRAIN] / t.shards / SHARD_ROWS;
  if (t.per_epoch == 0) {
    return status_set(GT_USAGE, "%s: has %zu training images; a classifier needs at least %zu", images->name,
                      images->info.rows[DATASET_TRAIN], t.shards * SHARD_ROWS);
  }
  Images *test = plan.test != NULL ? plan.test : images;
  GT_TRY(judge_check_test(test, images->info.image, judge_test_part(test)));
  Status outcome = prepare(&t, world, plan.seed);
  outcome = outcome == GT_OK ? train(&t, plan) : outcome;
  training_free(&t);
  outcome = outcome == GT_OK ? judge_test(judge, world, test, judge_test_part(test)) : outcome;
  if (outcome != GT_OK) {
    judge_free(judge);
  }
  return outcome;
}
