/* The matrix product for one vector length: a template that gemm.c includes once a level.
 *
 * GEMM_FMA(a, b, c) is the vector c + a b, GEMM_CUT(vector, h, Half, Wide) cuts half h of a vector of floats
 * to 64-bit integers, GEMM_NAME(x) names this level's functions, GEMM_TARGET compiles them for its
 * processors, W is the floats of a vector, R the rows and V the vectors of the register tile. */

typedef float GEMM_NAME(Vector) __attribute__((vector_size(W * sizeof(float)), aligned(4), may_alias));
typedef int32_t GEMM_NAME(Bits) __attribute__((vector_size(W * sizeof(int32_t)), aligned(4)));
#define Vector GEMM_NAME(Vector)
#define INLINE static inline __attribute__((always_inline))

/* sum[r][v] = A[r, K] panel[K, v W], the panel's rows `step` floats apart. One sum an element, in the order
 * of k, whatever r and v are: the bits of a row do not depend on the rows around it. */
GEMM_TARGET INLINE void GEMM_NAME(sum)(int r, int v, Vector sum[R][V], const float *A, Places places,
                                       const float *panel, size_t step, size_t K) {
  const float *rows[R]; /* where they have places; strides are better left to the addresses */
#pragma GCC unroll 16
  for (int i = 0; i < r; i++) {
    rows[i] = places.row_at != NULL ? A + places.row_at[i] : A;
#pragma GCC unroll 4
    for (int j = 0; j < v; j++) {
      sum[i][j] = (Vector){0};
    }
  }
  for (size_t k = 0; k < K; k++) {
    Vector row[V];
    size_t term = places.term_at != NULL ? places.term_at[k] : k * places.term_stride;
#pragma GCC unroll 4
    for (int j = 0; j < v; j++) {
      row[j] = *(const Vector *)(panel + k * step + (size_t)j * W);
    }
#pragma GCC unroll 16
    for (int i = 0; i < r; i++) {
      float one = places.row_at != NULL ? rows[i][term] : A[(size_t)i * places.row_stride + term];
#pragma GCC unroll 4
      for (int j = 0; j < v; j++) {
        sum[i][j] = GEMM_FMA(one, row[j], sum[i][j]);
      }
    }
  }
}

/* C[r, columns] = start + the sums, where start is C itself, a bias[columns] or zero; rows of C are ldc
 * floats apart, or begin at c_at[]. */
GEMM_TARGET INLINE void GEMM_NAME(tile)(int r, int v, float *C, size_t ldc, const uint32_t *c_at,
                                        const float *A, Places places, const float *panel, size_t step,
                                        size_t K, size_t columns, Start start) {
  Vector sum[R][V];
  GEMM_NAME(sum)(r, v, sum, A, places, panel, step, K);
#pragma GCC unroll 16
  for (int i = 0; i < r; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < v; j++) {
      float *c = C + (c_at != NULL ? c_at[i] : (size_t)i * ldc) + (size_t)j * W;
      const float *before = start.accumulate ? c : start.bias != NULL ? start.bias + (size_t)j * W : NULL;
      if (((size_t)j + 1) * W <= columns) {
        if (before != NULL) {
          sum[i][j] += *(const Vector *)before;
        }
        *(Vector *)c = sum[i][j];
      } else {
        for (size_t e = 0; e + (size_t)j * W < columns; e++) {
          c[e] = before != NULL ? before[e] + sum[i][j][e] : sum[i][j][e];
        }
      }
    }
  }
}

/* C[r, columns] += the sums of every `group` terms, each cut to an integer: the panel is scaled by 2^bits.
 * Returns non-zero where a part reached `limit`, scaled alike. The parts of a tile are added up here, in the
 * first-level cache, before they go to C. */
GEMM_TARGET INLINE int GEMM_NAME(exact_tile)(int checked, int r, int v, int64_t *C, size_t ldc,
                                             const float *A, Places places, const float *panel, size_t step,
                                             size_t K, size_t columns, size_t group, float limit) {
  typedef float HalfVector __attribute__((vector_size(W / 2 * sizeof(float)), may_alias, unused));
  typedef int64_t WideVector __attribute__((vector_size(W / 2 * sizeof(int64_t))));
  typedef uint64_t TotalVector __attribute__((vector_size(W / 2 * sizeof(uint64_t)), aligned(8), may_alias));
  TotalVector total[R][V][2]; /* wraps where a part was beyond the limit */
  GEMM_NAME(Bits)
  largest = {0}; /* magnitudes as integers: their order is that of the floats, with NaN above all */
  memset(total, 0, sizeof total);
  for (size_t k = 0; k < K; k += group) {
    Vector sum[R][V];
    GEMM_NAME(sum)(r, v, sum, A, places, panel + k * step, step, group);
    A += group * places.term_stride; /* terms at places of their own are one group */
#pragma GCC unroll 16
    for (int i = 0; i < r; i++) {
#pragma GCC unroll 4
      for (int j = 0; j < v; j++) {
        if (checked) {
          GEMM_NAME(Bits) size = (GEMM_NAME(Bits))sum[i][j] & 0x7fffffff, larger = size > largest;
          largest = (size & larger) | (largest & ~larger);
        }
        total[i][j][0] += (TotalVector)GEMM_CUT(sum[i][j], 0, HalfVector, WideVector);
        total[i][j][1] += (TotalVector)GEMM_CUT(sum[i][j], 1, HalfVector, WideVector);
      }
    }
  }
  for (int i = 0; i < r; i++) {
#pragma GCC unroll 8
    for (int half = 0; half < 2 * v; half++) {
      size_t first = (size_t)half * W / 2, count = columns > first ? columns - first : 0;
      uint64_t *c = (uint64_t *)C + (size_t)i * ldc + first;
      if (count >= W / 2) {
        *(TotalVector *)c += total[i][half / 2][half % 2];
      } else {
        for (size_t e = 0; e < count; e++) {
          c[e] += total[i][half / 2][half % 2][e];
        }
      }
    }
  }
  int32_t most;
  int beyond = 0;
  memcpy(&most, &limit, sizeof most);
  for (int e = 0; e < W; e++) {
    beyond |= checked && largest[e] >= most;
  }
  return beyond;
}

/* All M rows of one panel; v and what is NULL, 0 or 1 in `places` are constants at the call. */
GEMM_TARGET INLINE void GEMM_NAME(rows)(int v, float *C, size_t ldc, const uint32_t *c_at, const float *A,
                                        Places places, const float *panel, size_t step, size_t M, size_t K,
                                        size_t columns, Start start) {
#define TILE(r)                                                                                            \
  do {                                                                                                     \
    Places here = places;                                                                                  \
    here.row_at = places.row_at != NULL ? places.row_at + m : NULL;                                        \
    GEMM_NAME(tile)                                                                                        \
    (r, v, C + m * ldc, ldc, c_at != NULL ? c_at + m : NULL, A + m * places.row_stride, here, panel, step, \
     K, columns, start);                                                                                   \
  } while (0)
  size_t m = 0;
  for (; m + R <= M; m += R) {
    TILE(R);
  }
#if R > 4
  if (m + 4 <= M) {
    TILE(4);
    m += 4;
  }
#endif
  if (m + 2 <= M) {
    TILE(2);
    m += 2;
  }
  if (m < M) {
    TILE(1);
  }
#undef TILE
}

/* A function for each width and way to address A: in one large function the compiler would run out of
 * registers.
 */
#define ROWS_FUNCTION(name, v, c_stride, c_places, ...)                                              \
  GEMM_TARGET __attribute__((noinline)) static void GEMM_NAME(name##v)(                              \
      float *C, size_t ldc, const uint32_t *c_at, const float *A, Places places, const float *panel, \
      size_t step, size_t M, size_t K, size_t columns, Start start) {                                \
    (void)ldc, (void)c_at;                                                                           \
    GEMM_NAME(rows)                                                                                  \
    (v, C, c_stride, c_places, A, (Places){__VA_ARGS__}, panel, step, M, K, columns, start);         \
  }
#define ROWS_FUNCTIONS(v)                                                                     \
  ROWS_FUNCTION(plain, v, ldc, NULL, .row_stride = places.row_stride, .term_stride = 1)       \
  ROWS_FUNCTION(transposed, v, ldc, NULL, .row_stride = 1, .term_stride = places.term_stride) \
  ROWS_FUNCTION(rows_at, v, 0, c_at, .row_at = places.row_at, .term_stride = 1)               \
  ROWS_FUNCTION(terms_at, v, ldc, NULL, .row_stride = 1, .term_at = places.term_at)
ROWS_FUNCTIONS(1)
ROWS_FUNCTIONS(2)
ROWS_FUNCTIONS(3)
#undef ROWS_FUNCTIONS
#undef ROWS_FUNCTION

GEMM_TARGET static void GEMM_NAME(multiply)(float *C, size_t ldc, const uint32_t *c_at, const float *A,
                                            Places places, const float *panel, size_t step, size_t M,
                                            size_t K, size_t columns, Start start) {
  typedef void Rows(float *, size_t, const uint32_t *, const float *, Places, const float *, size_t, size_t,
                    size_t, size_t, Start);
  static Rows *const functions[4][3] = {
      {GEMM_NAME(plain1), GEMM_NAME(plain2), GEMM_NAME(plain3)},
      {GEMM_NAME(transposed1), GEMM_NAME(transposed2), GEMM_NAME(transposed3)},
      {GEMM_NAME(rows_at1), GEMM_NAME(rows_at2), GEMM_NAME(rows_at3)},
      {GEMM_NAME(terms_at1), GEMM_NAME(terms_at2), GEMM_NAME(terms_at3)}};
  int way = places.row_at != NULL ? 2 : places.term_at != NULL ? 3 : places.row_stride == 1;
  functions[way][(columns - 1) / W](C, ldc, c_at, A, places, panel, step, M, K, columns, start);
}

/* The exact counterpart, A transposed. */
GEMM_TARGET static int GEMM_NAME(exact)(int64_t *C, size_t ldc, const float *A, Places places,
                                        const float *panel, size_t step, size_t M, size_t K, size_t columns,
                                        size_t group, float limit) {
#define EXACT_TILE(checked, r, v, ...)                                                                      \
  GEMM_NAME(exact_tile)                                                                                     \
  (checked, r, v, C + m * ldc, ldc, A + m, (Places){.row_stride = 1, __VA_ARGS__}, panel, step, K, columns, \
   group, limit)
#define EXACT_ROWS(checked, v, ...)                   \
  for (; m + R <= M; m += R) {                        \
    beyond |= EXACT_TILE(checked, R, v, __VA_ARGS__); \
  }                                                   \
  for (; m < M; m++) {                                \
    beyond |= EXACT_TILE(checked, 1, v, __VA_ARGS__); \
  }
#define EXACT_PLACES(...)         \
  if (limit > 0.0f) {             \
    EXACT_ROWS(1, 3, __VA_ARGS__) \
  } else if (columns <= W) {      \
    EXACT_ROWS(0, 1, __VA_ARGS__) \
  } else if (columns <= 2 * W) {  \
    EXACT_ROWS(0, 2, __VA_ARGS__) \
  } else {                        \
    EXACT_ROWS(0, 3, __VA_ARGS__) \
  }
  int beyond = 0;
  size_t m = 0;
  if (places.term_at != NULL) {
    EXACT_PLACES(.term_at = places.term_at)
  } else {
    EXACT_PLACES(.term_stride = places.term_stride)
  }
  return beyond;
#undef EXACT_PLACES
#undef EXACT_ROWS
#undef EXACT_TILE
}

/* panel[K, step] = B[K, columns], zero beyond `columns`; step is a multiple of W. Rows of B are ldb floats
 * apart, or begin at b_at[]. */
GEMM_TARGET static void GEMM_NAME(pack)(float *panel, size_t step, const float *B, size_t ldb,
                                        const uint32_t *b_at, size_t K, size_t columns) {
  for (size_t k = 0; k < K; k++) {
    const float *from = B + (b_at != NULL ? b_at[k] : k * ldb);
    float *to = panel + k * step;
    size_t c = 0;
    for (; c + W <= columns; c += W) {
      *(Vector *)(to + c) = *(const Vector *)(from + c);
    }
    for (; c < step; c++) {
      to[c] = c < columns ? from[c] : 0.0f;
    }
  }
}

#if !defined( \
    __clang__) /* version 14 has no shuffle by computed indices: it takes the plain loop below for all */
/* Transpose a W x W square by exchanging halves, quarters, and so on down to neighbours. */
GEMM_TARGET INLINE void GEMM_NAME(transpose)(Vector t[W]) {
  typedef int Index __attribute__((vector_size(W * sizeof(int))));
#pragma GCC unroll 4
  for (int half = W / 2; half >= 1; half /= 2) {
    Index low, high;
    for (int e = 0; e < W; e++) {
      low[e] = (e & half) != 0 ? W + e - half : e;
      high[e] = (e & half) != 0 ? W + e : e + half;
    }
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) {
      if ((i & half) == 0) {
        Vector a = t[i], b = t[i + half];
        t[i] = __builtin_shuffle(a, b, low);
        t[i + half] = __builtin_shuffle(a, b, high);
      }
    }
  }
}
#endif

/* panel[K, step] = the transpose of B[columns, K], zero beyond `columns`. */
GEMM_TARGET static void GEMM_NAME(pack_transposed)(float *panel, size_t step, const float *B, size_t ldb,
                                                   size_t K, size_t columns) {
  for (size_t c = 0; c < step; c += W) {
    size_t k = 0;
#if !defined(__clang__)
    for (; k + W <= K && c + W <= columns; k += W) {
      Vector square[W];
#pragma GCC unroll 16
      for (int i = 0; i < W; i++) {
        square[i] = *(const Vector *)(B + (c + (size_t)i) * ldb + k);
      }
      GEMM_NAME(transpose)(square);
#pragma GCC unroll 16
      for (int i = 0; i < W; i++) {
        *(Vector *)(panel + (k + (size_t)i) * step + c) = square[i];
      }
    }
#endif
    for (; k < K; k++) {
      for (size_t i = c; i < c + W; i++) {
        panel[k * step + i] = i < columns ? B[i * ldb + k] : 0.0f;
      }
    }
  }
}

static const Level GEMM_NAME(level) = {
    GEMM_LABEL, W, GEMM_NAME(pack), GEMM_NAME(pack_transposed), GEMM_NAME(multiply), GEMM_NAME(exact)};
#undef Vector
#undef INLINE
#undef GEMM_NAME
#undef GEMM_TARGET
#undef GEMM_LABEL
#undef GEMM_CUT
#undef GEMM_FMA
#undef W
#undef R
#undef V
