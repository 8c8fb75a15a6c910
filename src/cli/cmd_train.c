/* gantrain [train]. */
#include "cmd.h"
#include "gantrain/train/train.h"

Status cmd_train(const World *world, Options *options) {
  return train_run(world, options);
}
