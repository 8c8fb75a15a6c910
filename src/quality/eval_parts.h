/* Shared by eval and the monitor of a training run. Private to src/quality. */
#ifndef GANTRAIN_EVAL_PARTS_H
#define GANTRAIN_EVAL_PARTS_H

#include "eval_sets.h"

typedef enum EvalSide { EVAL_SAMPLES, EVAL_FLOOR } EvalSide; /* what is compared with the references */

/* Chooses the judge for the data of eval->data: `name`, or the one that exists, or a new one. Collective. */
Status eval_choose_judge(Eval *eval, const World *world, Images *data, const char *name, bool quiet);

/* Chooses at most `most` references, of `part`, and the rows that the floor is measured with. */
void eval_choose_rows(Eval *eval, const Images *data, DatasetPart part, size_t most, Choice *references,
                      Choice *training);

/* GT_USAGE where a set has too few rows for the figures to be defined. */
Status eval_check_rows(size_t samples, size_t references, size_t training, const char *data);

void eval_clear_figures(Eval *eval);

/* Measures the figures of one side. Collective; the same outcome and numbers on all ranks. */
Status eval_compare(Eval *eval, const World *world, EvalSide side);
/* Measures memorisation, if the nearest training images were computed. Not collective. */
Status eval_compare_memory(Eval *eval);

#endif
