#include "gantrain/gan/gan.h"

const GanPhaseRow gan_phases[GAN_PHASES] = {
    [GAN_PHASE_D_REAL] = {.key = "d_real",
                          .words = "D on real images",
                          .player = GAN_D,
                          .each_turn = true,
                          .on = "on real images",
                          .side = GAN_REAL,
                          .single = {.forward = 1, .learn = 1, .slopes = 1},
                          .paired = {.forward = 1, .slopes = 1}},
    [GAN_PHASE_G_UPDATE] = {.key = "g_update",
                            .words = "the sum of G's gradients",
                            .player = GAN_G,
                            .on = "on noise"},
    [GAN_PHASE_D_FAKES] = {.key = "d_fakes",
                           .words = "G's fakes for D",
                           .player = GAN_G,
                           .each_turn = true,
                           .on = "on noise",
                           .single = {.forward = 1},
                           .paired = {.forward = 1}},
    [GAN_PHASE_D_BETWEEN] = {.key = "d_between",
                             .words = "D between them and real images",
                             .player = GAN_D,
                             .each_turn = true,
                             .on = "between real images and fakes",
                             .side = GAN_BETWEEN,
                             .single = {.forward = 1, .learn = 1, .slopes = 1},
                             .paired = {.forward = 1, .learn = 1, .slopes = 1}},
    [GAN_PHASE_D_FAKE] = {.key = "d_fake",
                          .words = "D on fakes",
                          .player = GAN_D,
                          .each_turn = true,
                          .on = "on fakes",
                          .side = GAN_FAKE,
                          .single = {.forward = 1, .learn = 1, .slopes = 1},
                          .paired = {.forward = 1, .learn = 2, .slopes = 1}},
    [GAN_PHASE_G_FAKES] = {.key = "g_fakes",
                           .words = "G's fakes for itself",
                           .player = GAN_G,
                           .on = "on noise",
                           .single = {.forward = 1},
                           .paired = {.forward = 1}},
    [GAN_PHASE_D_UPDATE] = {.key = "d_update",
                            .words = "the sum of D's gradients",
                            .player = GAN_D,
                            .each_turn = true,
                            .on = "on fakes"},
    [GAN_PHASE_G_SCORE] = {.key = "g_score",
                           .words = "D's scores of G's fakes",
                           .player = GAN_D,
                           .on = "on fakes",
                           .single = {.forward = 1},
                           .paired = {.forward = 2}},
    [GAN_PHASE_G_THROUGH] = {.key = "g_through",
                             .words = "back through D",
                             .player = GAN_D,
                             .on = "on fakes",
                             .single = {.through = 1},
                             .paired = {.through = 1}},
    [GAN_PHASE_G_BACK] = {.key = "g_back",
                          .words = "back through G",
                          .player = GAN_G,
                          .on = "on noise",
                          .single = {.learn = 1},
                          .paired = {.learn = 1}},
};

bool gan_has_phase(const Gan *gan, GanPhase phase) {
  switch (phase) {
    case GAN_PHASE_D_BETWEEN:
      return gan->side[GAN_BETWEEN].row != NULL;
    case GAN_PHASE_G_FAKES:
      return !gan->settings.reuse_fakes;
    default:
      return true;
  }
}
