#include "announce.h"

#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"
#include "gantrain/math/gemm.h"

static const OptionValue *option(const Run *run, OptionKey key) {
  return &run->options->value[key];
}

void announce_run(const Run *run) {
  char left[GT_TIME_MAX];
  const DatasetInfo *info = &run->feed.info;
  const Gan *gan = &run->gan;
  log_info("run      %s, seed %lld, into %s", option(run, OPTION_ARCH)->text,
           (long long)option(run, OPTION_SEED)->integer, run->out);
  log_info("data     %s: %zu training and %zu validation images of %d x %d x %d",
           run->data[0] == '\0' ? "built-in part of MNIST" : run->data, info->rows[DATASET_TRAIN],
           info->rows[DATASET_VALIDATION], info->image.h, info->image.w, info->image.c);
  log_info("networks generator %zu and discriminator %zu parameters",
           arena_elements(&gan->player[GAN_G].network.params),
           arena_elements(&gan->player[GAN_D].network.params));
  log_info("batch    %zu images in %zu %s, %zu %s an epoch", run->batch, run->feed.shards_total,
           run->feed.shards_total == 1 ? "shard" : "shards", run->feed.steps_per_epoch,
           run->feed.steps_per_epoch == 1 ? "step" : "steps");
  log_info("machine  %d %s, %s kernels", run->world->size, run->world->size == 1 ? "rank" : "ranks",
           gemm_description());
  if (run->resumed[0] != '\0') {
    log_info("resumed  from step %lld of %s", (long long)gan->step, run->resumed);
  } else if (option(run, OPTION_RESUME)->given) {
    log_info("resumed  nothing: there is no checkpoint in %s yet, so a new run starts", run->out);
  }
  if (run->other_bits[0] != '\0') {
    log_warn("%s", run->other_bits);
  }
  if (run->deadline > 0.0) {
    log_info("time     %s, then a checkpoint and exit code 75, because of %s",
             progress_format_time(left, run->deadline - clock_now()), run->deadline_name);
  }
  if (run->world->shared) {
    log_warn(
        "ranks share cores, which costs more than it brings: start no more ranks than there are cores, each "
        "bound to its own (mpirun --map-by core)");
  } else if (run->world->cores > 1) {
    log_info("         each rank computes on one of its %d cores: start more ranks to use them all",
             run->world->cores);
  }
}
