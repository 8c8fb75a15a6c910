#include "memory_plan.h"

#include "gantrain/base/memory.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/base/memory_measure.h"

/* Memory that is taken after the plan is made: stacks, HDF5, the thread that writes files, MPI's first
 * messages; and what MPI keeps for every rank of the machine. */
#define PROGRAM_BYTES ((size_t)24 << 20)
#define NEIGHBOUR_BYTES ((size_t)1 << 20)
/* Address space that two threads reserve for their stacks and for malloc, of which they use little. */
#define THREADS_SPACE ((size_t)192 << 20)

enum { NEED_NETWORKS, NEED_IMAGES, NEED_FILES, NEED_QUALITY, NEED_PROGRAM, NEEDS };

/* Bytes of gradients that are being sent at once, of which MPI may keep a copy. */
static size_t bytes_in_transit(const Gan *gan) {
  size_t bytes = 0;
  for (int p = 0; p < 2; p++) {
    const Player *player = &gan->player[p];
    bytes += player->network.params.count *
             (player->exact != NULL ? sizeof *player->exact : sizeof *player->grads);
  }
  return bytes;
}

/* Called while memory is measured: the same calls that will allocate memory later count it here. */
static Status measure_parts(MemoryNeed needs[NEEDS], const Run *run, const GanShape *shape) {
  Gan *gan = memory_alloc(1, sizeof *gan);
  if (gan == NULL) {
    return GT_FAILED;
  }
  Status outcome = gan_allocate(gan, &shape->architecture, shape->image, &shape->settings, shape->share);
  if (outcome == GT_OK) {
    needs[NEED_NETWORKS].bytes = memory_measured() + (run->world->size > 1 ? bytes_in_transit(gan) : 0);
    if (run->world->rank == 0) {
      outcome = recorder_measure(&needs[NEED_FILES].bytes, gan, run->plan);
    }
    if (run->appraisal.every > 0 && outcome == GT_OK) {
      outcome = monitor_measure_memory(&needs[NEED_QUALITY].bytes, run->world, &gan->player[GAN_G].network);
    }
    gan_free(gan);
  }
  memory_free(gan);
  return outcome;
}

Status memory_plan_check(Run *run, const GanShape *shape) {
  MemoryNeed needs[NEEDS] = {[NEED_NETWORKS] = {"networks", 0},
                             [NEED_IMAGES] = {"images", feed_bytes(&run->feed)},
                             [NEED_FILES] = {"checkpoints and samples", 0},
                             [NEED_QUALITY] = {"--eval-every", 0},
                             [NEED_PROGRAM] = {"program", PROGRAM_BYTES}};
  needs[NEED_PROGRAM].bytes += (size_t)run->world->node_ranks * NEIGHBOUR_BYTES;
  memory_measure_begin();
  Status outcome = measure_parts(needs, run, shape);
  memory_measure_end();
  GT_TRY(comm_agree(outcome));
  double most = (double)memory_sum(needs, NEEDS) + (double)memory_resident();
  comm_max(&most, 1);
  run->memory = most;
  needs[NEED_PROGRAM].bytes += memory_space_is_limited() ? THREADS_SPACE : 0;
  return comm_check_memory(needs, NEEDS,
                           "start fewer ranks on a machine, ask for more memory, or use a smaller --batch, "
                           "--samples or set of images");
}
