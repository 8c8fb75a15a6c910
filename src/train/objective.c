#include "gantrain/train/objective.h"

Status objective_read(GanSettings *settings, const Options *options, Shape image) {
  const OptionValue *value = options->value;
  settings->loss = loss_find(value[OPTION_LOSS].text);
  settings->r1 = value[OPTION_R1].real;
  settings->r2 = value[OPTION_R2].real;
  settings->reuse_fakes = value[OPTION_REUSE_FAKES].integer != 0;
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
