/* Chooses the judge of eval: the one that was named, the one beside the data, the embedded one, or a new
 * one. */
#include "eval_parts.h"
#include "gantrain/base/log.h"

/* Trains a judge and writes it beside the data where that is possible. */
static Status make_judge(Eval *eval, const World *world, Images *data, bool quiet) {
  JudgePlan plan = {.epochs = JUDGE_EPOCHS, .seed = 1};
  if (!quiet) {
    log_info("judge: there is none for %s yet, so one is trained now, for %d epochs", data->name,
             plan.epochs);
  }
  GT_TRY(judge_train(&eval->judge, world, data, plan));
  if (world->rank == 0 && judge_write(&eval->judge, eval->judge_name, plan, eval->data) != GT_OK) {
    log_warn("the judge could not be written, so the next eval will train it again: %s", status_message());
  }
  return GT_OK;
}

/* The judge that was named, else the one that exists, else a new one, else random features. */
static Status choose_judge(Eval *eval, const World *world, Images *data, const char *name, bool quiet) {
  ImageRows first = {0};
  bool there = false;
  if (name != NULL) {
    GT_TRY(path_format(eval->judge_name, "%s", name));
    return judge_load(&eval->judge, world, name);
  }
  if (eval->data[0] == '\0' || data->info.stacked) { /* stacked images are digits */
    GT_TRY(path_format(eval->judge_name, "embedded"));
    return judge_load(&eval->judge, world, NULL);
  }
  GT_TRY(judge_path(eval->judge_name, eval->data));
  GT_TRY(comm_follow(world->rank == 0 ? file_find(&there, eval->judge_name) : GT_OK));
  comm_broadcast(&there, sizeof there);
  if (there) {
    return judge_load(&eval->judge, world, eval->judge_name);
  }
  GT_TRY(comm_agree(images_load(data, DATASET_TRAIN, (Range){0, 1}, &first)));
  int64_t without = first.labels == NULL; /* one host may lack a filter of the labels */
  comm_sum_i64(&without, 1);
  bool labelled = without == 0;
  image_rows_free(&first);
  bool tests = data->info.rows[DATASET_TEST] + data->info.rows[DATASET_VALIDATION] > 0;
  if (labelled && tests && data->info.rows[DATASET_TRAIN] >= JUDGE_TRAINING_MIN) {
    return make_judge(eval, world, data, quiet);
  }
  eval->no_judge = !labelled ? "the data have no labels"
                   : !tests  ? "the data have no test or validation part"
                             : "there are too few training images";
  GT_TRY(path_format(eval->judge_name, "random features"));
  return comm_agree(judge_random(&eval->judge, data->info.image, 0));
}

static bool fits(Shape judge, Shape images) {
  return judge.h == images.h && judge.w == images.w && judge.c == images.c;
}

/* A judge of one channel judges images of more channel by channel. */
static Status fit_judge(Eval *eval, const Images *data) {
  Shape a = eval->judge.image, b = data->info.image, plane = {b.h, b.w, 1};
  if (fits(a, b)) {
    return GT_OK;
  }
  if (eval->judge.classes > 0 && fits(a, plane)) {
    return comm_agree(judge_split(&eval->judge, b.c));
  }
  return status_set(GT_USAGE, "--judge %s: it was trained on images of %d x %d x %d, these are %d x %d x %d",
                    eval->judge_name, a.h, a.w, a.c, b.h, b.w, b.c);
}

Status eval_choose_judge(Eval *eval, const World *world, Images *data, const char *name, bool quiet) {
  GT_TRY(choose_judge(eval, world, data, name, quiet));
  return fit_judge(eval, data);
}
