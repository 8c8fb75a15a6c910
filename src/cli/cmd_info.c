/* gantrain info FILE|RUN. */
#include "commands.h"
#include "gantrain/outputs.h"

Status cmd_info(const World *world, Options *options) {
  (void)world;
  return file_describe(options->arguments[0]);
}
