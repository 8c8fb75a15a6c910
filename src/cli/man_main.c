/* Prints the man page; run at build time, not installed. */
#include "gantrain/options/options.h"

int main(void) {
  options_print_man();
  return 0;
}
