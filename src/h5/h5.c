#include "h5.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Reason {
  char text[300];
} Reason;

/* HDF5 walks the stack from the innermost record (n = 0) outwards. */
static herr_t keep_reason(unsigned n, const H5E_error2_t *record, void *context) {
  Reason *reason = context;
  if (n == 0 && record->desc != NULL) {
    snprintf(reason->text, sizeof reason->text, "%s", record->desc);
  }
  return 0;
}

Status h5_failure(const char *path, const char *format, ...) {
  Reason reason = {"HDF5 gives no reason"};
  char what[400];
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, &reason);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  /* Write failures carry the system's reason inside a long record of addresses and times. */
  const char *system_reason = strstr(reason.text, "error message = '");
  if (system_reason != NULL) {
    system_reason += strlen("error message = '");
    return status_set(GT_FAILED, "%s: cannot %s (%.*s)", path, what, (int)strcspn(system_reason, "'"),
                      system_reason);
  }
  return status_set(GT_FAILED, "%s: cannot %s (HDF5: %s)", path, what, reason.text);
}

void h5_quiet(void) {
#if !(H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0)) && !H5_VERSION_GE(1, 12, 1)
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0); /* read when HDF5 starts */
#endif
  H5dont_atexit(); /* all is closed by us, and HDF5's own way out crashes where memory had run out */
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void h5_close(hid_t id) {
  if (id >= 0 && H5Iis_valid(id) > 0) {
    H5Idec_ref(id);
  }
}

hid_t h5_access_list(void) {
  h5_quiet();
  hid_t list = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
#if (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0)) || H5_VERSION_GE(1, 12, 1)
  H5Pset_file_locking(list, false, true);
#endif
  return list;
}

hid_t h5_file_read(const char *path) {
  hid_t list = h5_access_list();
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, list);
#if H5_VERSION_GE(1, 10, 0)
  if (file < 0) { /* a file that another process writes meanwhile for readers, or left so when it died */
    H5E_auto2_t note = NULL;
    void *context = NULL;
    hid_t reasons = H5Eget_current_stack();
    H5Eget_auto2(H5E_DEFAULT, &note, &context);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    file = H5Fopen(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, list);
    H5Eset_auto2(H5E_DEFAULT, note, context);
    if (file < 0) {
      H5Eset_current_stack(reasons); /* the first failure says more */
    } else {
      H5Eclose_stack(reasons);
    }
  }
#endif
  h5_close(list);
  return file;
}

Status h5_group_create(hid_t *group, const char *path, hid_t parent, const char *name) {
  hid_t links = H5Pcreate(H5P_LINK_CREATE);
  hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(properties, false);
  *group = H5Gcreate2(parent, name, links, properties, H5P_DEFAULT);
  Status status = GT_OK;
  if (*group < 0) {
    *group = H5I_INVALID_HID;
    status = h5_failure(path, "create the group %s", name);
  }
  h5_close(properties);
  h5_close(links);
  return status;
}

bool h5_exists(hid_t parent, const char *name) {
  /* H5Lexists fails where an intermediate group is absent, so ask link by link. */
  char prefix[GT_PATH_MAX];
  size_t length = strlen(name);
  if (length == 0 || length >= sizeof prefix) {
    return false;
  }
  for (size_t end = 1; end <= length; end++) {
    bool border = (name[end] == '/' || name[end] == '\0') && name[end - 1] != '/';
    if (!border) {
      continue;
    }
    memcpy(prefix, name, end);
    prefix[end] = '\0';
    if (H5Lexists(parent, prefix, H5P_DEFAULT) <= 0 || H5Oexists_by_name(parent, prefix, H5P_DEFAULT) <= 0) {
      return false;
    }
  }
  return true;
}
