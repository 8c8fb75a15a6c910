/* What eval and the monitor of a training run share. Internal to src/quality. */
#ifndef GANTRAIN_EVAL_PARTS_H
#define GANTRAIN_EVAL_PARTS_H

#include "eval_sets.h"

typedef enum EvalSide { EVAL_SAMPLES, EVAL_FLOOR } EvalSide; /* what is compared with the references */

/* The judge for the data of eval->data: `name`, or what there is, or a new one. Collective. */
Status eval_choose_judge(Eval *eval, const World *world, Images *data, const char *name, bool quiet);

/* Which rows of the data are references, of `part`, and which the floor is measured with; at most `most`. */
void eval_choose_rows(Eval *eval, const Images *data, DatasetPart part, size_t most, Choice *references,
                      Choice *training);

/* GT_USAGE where there are too few rows of any set for the figures to be defined. */
Status eval_check_rows(size_t samples, size_t references, size_t training, const char *data);

void eval_clear_figures(Eval *eval);

/* The figures of one side. Collective; the same outcome and numbers on all ranks. */
Status eval_compare(Eval *eval, const World *world, EvalSide side);
/* Memorisation, where nearest training images were looked for. Not collective. */
Status eval_compare_memory(Eval *eval);

#endif
