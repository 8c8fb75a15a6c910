#include "gantrain/comm/reducer.h"

#include <limits.h>

#include "communicator.h"
#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"

/* Large enough for bandwidth, small enough that the first bucket leaves while the backward pass goes on. */
#define BUCKET_VALUES ((size_t)64 * 1024)
#define BUCKETS_MAX 128

typedef struct Bucket {
  size_t first, count; /* values */
} Bucket;

struct Reducer {
  char *values;
  MPI_Datatype type;
  size_t value_bytes;
  int ranks;
  int buckets_count, posted; /* buckets run from the tail of the block to its head */
  Bucket buckets[BUCKETS_MAX];
  MPI_Request requests[BUCKETS_MAX];
  double waited;
  size_t bytes;
};

/* Buckets are runs of whole tensors, cut from the tail and closed as soon as they are large enough.
 * GT_USAGE where an MPI count cannot hold one. */
static Status cut_buckets(Reducer *reducer, size_t count, const size_t *starts, int tensors) {
  size_t end = count;
  for (int t = tensors - 1; t >= 0; t--) {
    if (t == 0 || (end - starts[t] >= BUCKET_VALUES && reducer->buckets_count < BUCKETS_MAX - 1)) {
      reducer->buckets[reducer->buckets_count++] = (Bucket){.first = starts[t], .count = end - starts[t]};
      if (end - starts[t] > INT_MAX && reducer->ranks > 1) {
        return status_set(GT_USAGE,
                          "a layer has %zu parameters, and at most %d can be summed over ranks at once; use "
                          "smaller layers, or one rank",
                          end - starts[t], INT_MAX);
      }
      end = starts[t];
    }
  }
  return GT_OK;
}

Status reducer_create(Reducer **result, const World *world, ReducerType type, void *values, size_t count,
                      const size_t *starts, int tensors) {
  GT_CHECK(tensors == 0 || starts[0] == 0, "the first tensor starts at %zu", starts[0]);
  Reducer *reducer = memory_alloc(1, sizeof *reducer);
  *result = reducer;
  if (reducer == NULL) {
    return GT_FAILED;
  }
  reducer->values = values;
  reducer->type = type == REDUCER_FLOAT ? MPI_FLOAT : MPI_INT64_T;
  reducer->value_bytes = type == REDUCER_FLOAT ? sizeof(float) : sizeof(int64_t);
  reducer->ranks = world->size;
  Status outcome = cut_buckets(reducer, count, starts, tensors);
  if (outcome != GT_OK) {
    memory_free(reducer);
    *result = NULL;
    return outcome;
  }
  reducer->posted = reducer->buckets_count; /* nothing has begun yet */
  for (int b = 0; b < BUCKETS_MAX; b++) {
    reducer->requests[b] = MPI_REQUEST_NULL; /* reducer_poll may come before the first bucket */
  }
  return GT_OK;
}

void reducer_free(Reducer *reducer) {
  if (reducer != NULL && reducer->ranks > 1) { /* a reduction under way would write to freed memory */
    MPI_Waitall(reducer->posted, reducer->requests, MPI_STATUSES_IGNORE);
  }
  memory_free(reducer);
}

void reducer_begin(Reducer *reducer) {
  GT_CHECK(reducer->posted == reducer->buckets_count, "only %d of %d buckets were reduced", reducer->posted,
           reducer->buckets_count);
  reducer->posted = 0;
}

void reducer_ready(Reducer *reducer, size_t first) {
  while (reducer->posted < reducer->buckets_count && reducer->buckets[reducer->posted].first >= first) {
    const Bucket *bucket = &reducer->buckets[reducer->posted];
    MPI_Request *request = &reducer->requests[reducer->posted++];
    *request = MPI_REQUEST_NULL;
    if (reducer->ranks > 1) {
      MPI_Iallreduce(MPI_IN_PLACE, reducer->values + bucket->first * reducer->value_bytes, (int)bucket->count,
                     reducer->type, MPI_SUM, comm_world, request);
      reducer->bytes += bucket->count * reducer->value_bytes;
    }
  }
}

void reducer_poll(Reducer *reducer) {
  if (reducer->ranks > 1 && reducer->posted > 0) {
    int done;
    MPI_Testall(reducer->posted, reducer->requests, &done, MPI_STATUSES_IGNORE);
  }
}

void reducer_end(Reducer *reducer) {
  GT_CHECK(reducer->posted == reducer->buckets_count, "only %d of %d buckets were posted", reducer->posted,
           reducer->buckets_count);
  if (reducer->ranks > 1) {
    double start = MPI_Wtime();
    MPI_Waitall(reducer->posted, reducer->requests, MPI_STATUSES_IGNORE);
    reducer->waited += MPI_Wtime() - start;
  }
}

double reducer_waited(const Reducer *reducer) {
  return reducer->waited;
}

size_t reducer_bytes(const Reducer *reducer) {
  return reducer->bytes;
}

static MPI_Request tally = MPI_REQUEST_NULL;

void tally_begin(int64_t *values, int n) {
  MPI_Iallreduce(MPI_IN_PLACE, values, n, MPI_INT64_T, MPI_SUM, comm_world, &tally);
}

void tally_end(void) {
  MPI_Wait(&tally, MPI_STATUS_IGNORE);
}
