/* An MPI that takes its time to start, for LD_PRELOAD. */
#include <unistd.h>

int MPI_Init_thread(int *argc, char ***argv, int required, int *provided);

int MPI_Init_thread(int *argc, char ***argv, int required, int *provided) {
  (void)argc;
  (void)argv;
  *provided = required;
  sleep(30);
  _exit(3);
}
