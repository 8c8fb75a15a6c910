/* Linked into programs of the sanitizer build only: what a library still holds at the end is reported by the
 * library's name only while the library is loaded. */
#include <dlfcn.h>

int dlclose(void *handle) {
  (void)handle;
  return 0;
}
