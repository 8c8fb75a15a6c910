#include "penalties.h"

#include <stdio.h>
#include <string.h>

const GanPenaltyRow gan_penalties[GAN_PENALTIES] = {
    [GAN_PENALTY_R1] = {.option = "--r1", .side = GAN_REAL, .function = penalty_squared},
    [GAN_PENALTY_R2] = {.option = "--r2", .side = GAN_FAKE, .function = penalty_squared},
    [GAN_PENALTY_GRADIENT] = {.option = "--gradient-penalty",
                              .side = GAN_BETWEEN,
                              .function = penalty_centred},
    [GAN_PENALTY_CAP] = {.option = "--lipschitz-cap", .side = GAN_BETWEEN, .function = penalty_cap},
};

/* "--r1, --r2 or ..." into out[room]. */
static const char *all_options(char *out, size_t room) {
  out[0] = '\0';
  for (int i = 0; i < GAN_PENALTIES; i++) {
    size_t used = strlen(out);
    const char *before = i == 0 ? "" : i + 1 < GAN_PENALTIES ? ", " : " or ";
    snprintf(out + used, room - used, "%s%s", before, gan_penalties[i].option);
  }
  return out;
}

Status penalties_choose(Gan *gan) {
  const GanSettings *settings = &gan->settings;
  char options[128];
  bool any = false;
  for (int i = 0; i < GAN_PENALTIES; i++) {
    const GanPenaltyRow *row = &gan_penalties[i];
    Side *side = &gan->side[row->side];
    if (settings->penalty[i] <= 0.0) {
      continue;
    }
    if (side->row != NULL) {
      return status_set(GT_USAGE, "%s and %s are two forms of one penalty: give one of them",
                        side->row->option, row->option);
    }
    side->row = row;
    side->gamma = settings->penalty[i];
    any = true;
  }
  if (settings->loss->needs_penalty && !any) {
    return status_set(GT_USAGE,
                      "--loss %s gives D's scores no bound: give %s as well, such as --gradient-penalty 10",
                      settings->loss->name, all_options(options, sizeof options));
  }
  if (settings->schedule.penalty.on && !any) {
    return status_set(GT_USAGE, "--penalty-decay: there is no penalty that could fall: give %s",
                      all_options(options, sizeof options));
  }
  return GT_OK;
}
