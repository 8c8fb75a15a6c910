#include "gantrain/train/objective.h"

#include <string.h>

static const OptionKey penalty_options[GAN_PENALTIES] = {[GAN_PENALTY_R1] = OPTION_R1,
                                                         [GAN_PENALTY_R2] = OPTION_R2,
                                                         [GAN_PENALTY_GRADIENT] = OPTION_GRADIENT_PENALTY,
                                                         [GAN_PENALTY_CAP] = OPTION_LIPSCHITZ_CAP};

Status objective_read(GanSettings *settings, const Options *options, Shape image) {
  const OptionValue *value = options->value;
  settings->loss = loss_find(value[OPTION_LOSS].text);
  for (int i = 0; i < GAN_PENALTIES; i++) {
    settings->penalty[i] = value[penalty_options[i]].real;
  }
  settings->shard_statistics = strcmp(value[OPTION_BATCH_STATISTICS].text, "shard") == 0;
  settings->real_label = value[OPTION_SMOOTH_LABELS].real;
  settings->flip_labels = value[OPTION_FLIP_LABELS].real;
  settings->d_steps = (int)value[OPTION_D_STEPS].integer;
  settings->reuse_fakes = value[OPTION_REUSE_FAKES].integer != 0;
  settings->spectral_norm = value[OPTION_SPECTRAL_NORM].integer != 0;
  settings->clip = value[OPTION_CLIP_GRADIENTS].real;
  settings->pack = (size_t)value[OPTION_PACK].integer;
  settings->augment_probability = value[OPTION_AUGMENT_PROBABILITY].real;
  GT_TRY(augment_find(&settings->augment, value[OPTION_AUGMENT].text, image, "--augment"));
  return settings->augment != 0 || settings->augment_probability >= 1.0
             ? GT_OK
             : status_set(GT_USAGE,
                          "--augment-probability %g: nothing is changed: give --augment as well, such as "
                          "--augment translation,cutout",
                          settings->augment_probability);
}
