#include "gantrain/gan/gan.h"

const GanPhaseRow gan_phases[GAN_PHASES] = {
    [GAN_PHASE_D_REAL] = {"d_real", "D on real images", GAN_D, "on real images"},
    [GAN_PHASE_G_UPDATE] = {"g_update", "the sum of G's gradients", GAN_G, "on noise"},
    [GAN_PHASE_D_FAKES] = {"d_fakes", "G's fakes for D", GAN_G, "on noise"},
    [GAN_PHASE_D_FAKE] = {"d_fake", "D on fakes", GAN_D, "on fakes"},
    [GAN_PHASE_G_FAKES] = {"g_fakes", "G's fakes for itself", GAN_G, "on noise"},
    [GAN_PHASE_D_UPDATE] = {"d_update", "the sum of D's gradients", GAN_D, "on fakes"},
    [GAN_PHASE_G_SCORE] = {"g_score", "D's verdict on G's fakes", GAN_D, "on fakes"},
    [GAN_PHASE_G_THROUGH] = {"g_through", "back through D", GAN_D, "on fakes"},
    [GAN_PHASE_G_BACK] = {"g_back", "back through G", GAN_G, "on noise"},
};
