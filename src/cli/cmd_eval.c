/* gantrain eval RUN|CHECKPOINT|FILE.h5:/PATH: the quality of images, measured on all ranks. */
#include <string.h>

#include "cmd.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/quality/eval.h"

static Status write_all(const Eval *eval, const char *json, const char *output) {
  if (json == NULL || strcmp(json, "-") != 0) {
    eval_print(eval);
  }
  GT_TRY(json != NULL ? eval_write_json(eval, json) : GT_OK);
  return output != NULL ? eval_write_h5(eval, output) : GT_OK;
}

Status cmd_eval(const World *world, Options *options) {
  const char *json = options->value[OPTION_EVAL_JSON].text, *output = options->value[OPTION_EVAL_OUTPUT].text;
  const OptionValue *n = &options->value[OPTION_EVAL_N];
  EvalPlan plan = {.subject = options->arguments[0],
                   .data = options->value[OPTION_EVAL_DATA].text,
                   .judge = options->value[OPTION_JUDGE].text,
                   .n = n->given ? (size_t)n->integer : 0,
                   .seed = (uint64_t)options->value[OPTION_SEED].integer,
                   .quiet = json != NULL && strcmp(json, "-") == 0};
  char best[GT_PATH_MAX] = "";
  if (options->value[OPTION_BEST].given) {
    GT_TRY(comm_follow(world->rank == 0 ? best_find(best, plan.subject) : GT_OK));
    comm_broadcast(best, sizeof best);
    plan.subject = best;
  }
  Eval *eval = memory_alloc(1, sizeof *eval);
  Status outcome = comm_agree(eval == NULL ? GT_FAILED : GT_OK);
  if (outcome == GT_OK) {
    outcome = eval_run(eval, world, &plan);
    if (outcome == GT_OK) {
      outcome = comm_follow(world->rank == 0 ? write_all(eval, json, output) : GT_OK);
    }
    eval_free(eval);
  }
  memory_free(eval);
  return outcome;
}
