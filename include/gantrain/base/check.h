/* GT_CHECK: a condition that only a bug can make false. It prints the rank, file:line, the condition and
 * the given values (as printf), then ends all ranks. It stays on in release builds, so it is not used in
 * inner loops. */
#ifndef GANTRAIN_CHECK_H
#define GANTRAIN_CHECK_H

#define GT_CHECK(condition, ...)                                 \
  do {                                                           \
    if (!(condition)) {                                          \
      check_failed(__FILE__, __LINE__, #condition, __VA_ARGS__); \
    }                                                            \
  } while (0)

_Noreturn void check_failed(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* How to end all ranks; world_begin() sets MPI_Abort. NULL (the default) means abort(). */
void check_set_abort(void (*abort_all)(void));

#endif
