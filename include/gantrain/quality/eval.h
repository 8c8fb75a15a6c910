/* eval: the quality of images, measured on all ranks against images that training never used. */
#ifndef GANTRAIN_EVAL_H
#define GANTRAIN_EVAL_H

#include "gantrain/io/checkpoint.h"
#include "gantrain/quality/judge.h"

enum { EVAL_ROWS = 10000, EVAL_ROWS_MODES = 26000 };

typedef enum Figure {
  FIGURE_FRECHET,
  FIGURE_KERNEL,
  FIGURE_KERNEL_SPREAD,
  FIGURE_PRECISION,
  FIGURE_RECALL,
  FIGURE_DENSITY,
  FIGURE_COVERAGE,
  FIGURE_CLASS_SCORE,
  FIGURE_CLASS_DISTANCE,
  FIGURE_CONDITION, /* how often the judge sees the class that was asked for; with a condition */
  FIGURE_HISTOGRAM,
  FIGURE_SPECTRUM,
  FIGURE_MEMORISATION,
  FIGURE_MODES, /* of images whose channels are judged one by one */
  FIGURE_MODE_DIVERGENCE,
  FIGURES_COUNT
} Figure;

typedef struct FigureRow {
  const char *name;   /* "frechet_distance": in files */
  const char *word;   /* "fd": as typed in options */
  const char *better; /* "lower", "higher", "0.5", "" */
} FigureRow;

extern const FigureRow eval_figures[FIGURES_COUNT];

typedef struct EvalPlan {
  const char *subject; /* a run's folder, a checkpoint, or FILE.h5:/path of a stack of images */
  const char *data;    /* as --data; NULL: the run's own, else the default */
  const char *judge;   /* NULL: the one beside the data, or the embedded one, or a new one */
  size_t n; /* images to measure; 0: EVAL_ROWS, or as many as there are, or as there are training images */
  uint64_t seed; /* of the noise, as in `gantrain sample` */
  bool quiet;    /* prints nothing on standard output */
} EvalPlan;

/* One set of images and what is computed for every row, the same on all ranks. */
typedef struct EvalSet {
  const char *name; /* "samples", "reference", "training" */
  size_t rows;
  double *features, *logits;  /* (rows, features), (rows, classes) */
  double *nearest, *distance; /* (rows) the nearest training row and its distance; NULL: not computed */
  double *asked; /* (rows) the class that each is to be of, -1: not known; NULL: there is no condition */
  double histogram[64]; /* shares of the pixels */
  double *spectrum;     /* power at 1, 2, ... cycles per image */
} EvalSet;

typedef struct EvalFigure {
  double value, floor; /* of the samples, and of training images instead of them; NaN: not measured */
} EvalFigure;

typedef struct Eval {
  char subject[GT_PATH_MAX]; /* the checkpoint, or the stack */
  int64_t step;              /* of the checkpoint; -1: a stack */
  char data[GT_PATH_MAX], judge_name[GT_PATH_MAX];
  const char *reference; /* "test", "validation", or "second half of the training" */
  const char *no_judge;  /* why the features are random; NULL: there is a judge */
  Judge judge;
  EvalSet samples, references, training; /* training: the images that the floor is measured with */
  size_t bins;                           /* of the spectra */
  EvalFigure figures[FIGURES_COUNT];
  double shares[2][JUDGE_CLASSES_MAX]; /* of each class among samples and among references */
  double
      right[JUDGE_CLASSES_MAX]; /* of FIGURE_CONDITION, of the samples of each class; NaN: there are none */
} Eval;

/* Measure all figures that can be measured. Where there is no judge and the data have labels, one is
 * trained, written beside the data and announced. Collective; the same outcome and numbers on all ranks.
 * Call eval_free also after a failure. */
Status eval_run(Eval *eval, const World *world, const EvalPlan *plan);
void eval_free(Eval *eval);

/* How many modes there can be: classes of all channels together; 0: too many to count. */
size_t eval_modes(const Judge *judge);

/* Print for people, to standard output. Rank 0. */
void eval_print(const Eval *eval);
/* Write JSON to a file, or to standard output for "-". Rank 0. */
Status eval_write_json(const Eval *eval, const char *path);
/* Write HDF5: figures as attributes; features, logits, nearest images and spectra as arrays. Rank 0. */
Status eval_write_h5(const Eval *eval, const char *path);

#endif
