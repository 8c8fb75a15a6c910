/* The pair G and D: its two players, the recipe by which they learn, and what the parts of a step share. */
#ifndef GANTRAIN_PLAYERS_H
#define GANTRAIN_PLAYERS_H

#include "gantrain/gan/architecture.h"
#include "gantrain/gan/condition.h"
#include "gantrain/gan/state.h"
#include "gantrain/math/augment.h"
#include "gantrain/nn/loss.h"
#include "gantrain/nn/penalty.h"
#include "gantrain/nn/schedule.h"
#include "gantrain/nn/spectral.h"

/* One player: a network with its parameters and the state of its optimiser. */
typedef struct Player {
  Network network;
  float *params, *m, *v; /* blocks of network.params, of the Gan's state */
  /* D with settings.spectral_norm, else NULL; of the Gan's state: */
  float *unscaled;  /* block of network.params: what Adam updates, while params has the kernels scaled */
  float *singular;  /* block of `spectral` */
  Arena spectral;   /* what is kept of the kernels' singular values */
  float *average;   /* G with settings.average: block of network.params, of the Gan's state; else NULL */
  float *grads;     /* block of network.params; gradients */
  int64_t *exact;   /* with settings.exact: gradients as exact sums, same offsets; else NULL */
  float *running;   /* block of network.running, of the Gan's state */
  int64_t *moments; /* with settings.shard_statistics: a block like `running`, of the last pass; else NULL */
  bool moments_pending; /* they still travel, and `running` lacks them */
  Tape tape;
  int64_t clipped; /* with settings.clip: updates whose gradients were clipped, and their largest norm, */
  double steepest; /* since gan_create */
} Player;

/* What D is shown: real images, fakes, and what is between them. */
enum { GAN_REAL = 0, GAN_FAKE = 1, GAN_BETWEEN = 2, GAN_SIDES };

/* D's penalties: strength times the mean of the function (penalty.h) over that side's images. */
typedef enum GanPenalty {
  GAN_PENALTY_R1,
  GAN_PENALTY_R2,
  GAN_PENALTY_GRADIENT,
  GAN_PENALTY_CAP,
  GAN_PENALTIES
} GanPenalty;

typedef struct GanPenaltyRow {
  const char *option; /* "--r1" */
  int side;
  PenaltyFunction function;
} GanPenaltyRow;
extern const GanPenaltyRow gan_penalties[GAN_PENALTIES];

/* The parts of a step, in their order. */
typedef enum GanPhase {
  GAN_PHASE_D_REAL,    /* D's loss and gradients on the real images */
  GAN_PHASE_G_UPDATE,  /* waiting for the rest of G's gradients of the last step; Adam */
  GAN_PHASE_D_FAKES,   /* G makes the fakes that D learns from */
  GAN_PHASE_D_BETWEEN, /* D's penalty between real images and those fakes, where there is one */
  GAN_PHASE_D_FAKE,    /* D's loss and gradients on them */
  GAN_PHASE_G_FAKES,   /* G makes the fakes that it learns from, where they are its own */
  GAN_PHASE_D_UPDATE,  /* waiting for the rest of D's gradients; Adam */
  GAN_PHASE_G_SCORE,   /* G's loss: the updated D's scores of its fakes */
  GAN_PHASE_G_THROUGH, /* back through D to the fakes */
  GAN_PHASE_G_BACK,    /* G's gradients */
  GAN_PHASES
} GanPhase;

/* How often a phase passes through its player's layers. */
typedef struct GanPasses {
  int forward; /* all products once */
  int learn;   /* gradients of kernels, and of all inputs but the first */
  int through; /* gradients of inputs */
  int slopes;  /* a penalty's, where it is wanted: down to the images, and up again but for the last kernel */
} GanPasses;

/* What a phase is called, what it works on and what it does. */
typedef struct GanPhaseRow {
  const char *key;          /* "d_real" */
  const char *words;        /* "D on real images" */
  int player;               /* whose layers */
  const char *on;           /* "on real images" */
  bool each_turn;           /* once for every update of D in a step */
  int side;                 /* of `slopes`: of GAN_SIDES */
  GanPasses single, paired; /* with a loss of single images, and with one of pairs */
} GanPhaseRow;
extern const GanPhaseRow gan_phases[GAN_PHASES];

/* Exact sums (EXACT_LOSS_BITS) over this rank's images, to be added over all ranks and divided by the batch;
 * an image's part is that of its pack. */
typedef enum GanSum {
  GAN_SUM_D_LOSS_REAL, /* losses */
  GAN_SUM_D_LOSS_FAKE,
  GAN_SUM_G_LOSS,
  GAN_SUM_D_REAL, /* D's probability "real" on real images and on fakes */
  GAN_SUM_D_FAKE,
  GAN_SUM_D_SLOPE_REAL, /* |d logit / d image|^2 there; 0 where no penalty needs them */
  GAN_SUM_D_SLOPE_FAKE, /* by side, as are the next */
  GAN_SUM_D_SLOPE_BETWEEN,
  GAN_SUMS
} GanSum;

/* The recipe of a step, without the networks and the share of a batch. */
typedef struct GanSettings {
  uint64_t seed;
  const Loss *loss;              /* NULL: the first of the table */
  double penalty[GAN_PENALTIES]; /* strengths of D's penalties; 0: none */
  AdamSettings adam[2];          /* [GAN_G], [GAN_D] */
  Schedule schedule;             /* of both learning rates and of the penalties */
  bool spectral_norm;            /* D's kernels are divided by their largest singular values */
  double clip;                   /* a player's gradients are scaled down to this norm; 0: never */
  int d_steps;                   /* updates of D in a step, each on a real batch and fakes of its own; 0: 1 */
  double real_label;             /* of real images, in losses with labels; 0: 1 */
  double flip_labels;            /* the part of D's labels that are flipped at random */
  bool reuse_fakes;           /* G learns from the fakes that D has just learned from, not from fresh ones */
  double average;             /* half-life of G's average, in images; 0: none */
  size_t pack;                /* images that D sees as one, side by side in its channels; 0, 1: each alone */
  unsigned augment;           /* how D sees images changed in training, a set of augment.h; 0: as they are */
  double augment_probability; /* of each kind of change, for each image */
  bool shard_statistics;      /* batch normalisation by each shard's part of the batch, not by all of it */
  bool exact;                 /* gradients as exact sums: the same bits on any number of ranks */
  const Condition *condition; /* of the size that the architecture has, and must live as long as the Gan;
                                 NULL: none */
} GanSettings;

/* What D sees of images. */
typedef struct View {
  Augmentation *draws; /* (rows); NULL without augmentation, as is */
  float *augmented;    /* (rows, image) */
  float *packed;       /* (rows / pack, image of a pack); NULL without packs */
} View;

/* D before one kind of images. */
typedef struct Side {
  View view;
  const GanPenaltyRow *row; /* its penalty; NULL: none */
  double gamma;             /* strength of that, of the settings */
  PenaltyTape penalty;      /* empty without it */
  /* Of the last critic_forward: */
  Pass pass;
  Tape *tape;
  const float *x, *logits; /* (packs, image of a pack), (packs) */
  /* With a condition, else NULL: */
  float *conditions;        /* (rows, condition) of the images; of real ones for every turn */
  float *scores, *doutputs; /* (rows), (rows, 1 + condition): scratch */
} Side;

typedef struct Gan {
  Player player[2]; /* [GAN_G], [GAN_D] */
  State state;      /* the players' blocks: owned here */
  Shape image;
  size_t latent, condition; /* floats that G makes an image of: noise, and what it is conditioned on */
  GanSettings settings;
  Share share;       /* of every batch */
  Share packs;       /* the same as D sees it: rows are packs of settings.pack images */
  float exact_limit; /* of the parts of exact gradient sums; 0: gradients are summed in floating point */
  int64_t step;      /* steps done */
  bool g_pending;    /* G's gradients of the last step still travel */
  int turn;          /* D's update in a step, from 0; 0 between steps */
  float *real;       /* (d_steps, rows, image): the caller fills it before gan_step, and with a condition
                        side[GAN_REAL].conditions (d_steps, rows, condition) */
  Pass making;       /* of the fakes in G's tape */
  float *dlogits;    /* (packs) */
  Side side[GAN_SIDES];
  float *labels;  /* (packs), scratch; NULL where all are 1 or 0 */
  float *between; /* (packs, image of a pack) between real images and fakes; NULL without a penalty there */
  float *pairs;   /* paired losses: (packs), differences of logits, then their slopes */
  Tape real_tape; /* paired losses: of D on real images, while D's other tape holds the fakes */
  Hooks hooks;    /* networks are GAN_G and GAN_D, phases GanPhase, sums of GAN_SUMS */
} Gan;

/* The learning rate of the player's update in that step, the first of which is 1. */
static inline double gan_learning_rate(const Gan *gan, int player, int64_t step) {
  return gan->settings.adam[player].lr * schedule_lr(&gan->settings.schedule, step);
}

/* A player's share of every batch: D's is in packs. */
static inline const Share *gan_share(const Gan *gan, int player) {
  return player == GAN_D ? &gan->packs : &gan->share;
}

/* Images that a sum of a step is over. */
static inline double gan_sum_images(const Gan *gan, GanSum sum) {
  return (double)gan->share.batch * (sum == GAN_SUM_G_LOSS ? 1 : gan->settings.d_steps);
}

#endif
