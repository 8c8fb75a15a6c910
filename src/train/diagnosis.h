/* Diagnosis: where NaN or infinity first appeared. As long as no overflow is recorded (math/exact.h) nothing
 * is searched. Then the part of the step that has just ended is searched layer by layer, while its arrays are
 * still valid. Not collective: each rank searches its own rows. */
#ifndef GANTRAIN_DIAGNOSIS_H
#define GANTRAIN_DIAGNOSIS_H

#include "gantrain/gan/gan.h"

typedef struct Diagnosis {
  GanPhase phase; /* the part of the step that is under way */
  bool found;
  double when;               /* orders the findings of the ranks */
  char text[GT_MESSAGE_MAX]; /* "in step 5 the output of the layer discriminator/dense on fakes is not finite"
                              */
} Diagnosis;

/* The phase `begins`: search the one that ends, if an overflow is recorded. */
void diagnosis_phase(Diagnosis *diagnosis, const Gan *gan, GanPhase begins);

/* The same inside a phase. */
void diagnosis_check(Diagnosis *diagnosis, const Gan *gan);

/* Is the whole state finite (parameters, moments, running statistics), so that it may be kept? The same
 * answer on all ranks, whose states are the same. */
bool diagnosis_state(Diagnosis *diagnosis, const Gan *gan);

#endif
