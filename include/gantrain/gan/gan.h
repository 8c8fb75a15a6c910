/* The pair G and D and the two-player step (Goodfellow et al., "Generative adversarial nets", 2014, with the
 * non-saturating generator loss). */
#ifndef GANTRAIN_GAN_H
#define GANTRAIN_GAN_H

#include "gantrain/gan/players.h"

/* Allocates everything a run needs and derives the initial parameters from the seed: the same on every rank.
 * share.shard_rows divides share.rows and share.batch. GT_USAGE: networks that are no pair, or do not allow
 * what is wanted of D; settings that contradict each other. */
Status gan_create(Gan *gan, const Architecture *architecture, Shape image, const GanSettings *settings,
                  Share share);
void gan_free(Gan *gan);

/* All memory of gan_create with nothing in it, for who measures it (memory_measure_begin); free with
 * gan_free. */
Status gan_allocate(Gan *gan, const Architecture *architecture, Shape image, const GanSettings *settings,
                    Share share);

/* The updates of D and one of G on gan->real. Collective (same order on all ranks). On return G's gradients
 * may still travel; they are applied by the next gan_step or by gan_finish. No allocation. */
void gan_step(Gan *gan, int64_t sums[GAN_SUMS]);

/* How many of n images in gan->real (with their conditions) and of as many fakes, images first .. of the
 * random stream, D takes for what they are, both by running statistics; of pairs, how many real images it
 * puts above their fakes, each for two. With packs these are the images of packs, n a multiple of
 * settings.pack. Not collective; needs gan_finish before and n <= gan->share.rows. */
size_t gan_count_right(Gan *gan, size_t n, RngKey key, uint32_t first);

/* Complete the last step: after it the state is whole. Collective. */
void gan_finish(Gan *gan);

/* Is the phase a part of the gan's steps? */
bool gan_has_phase(const Gan *gan, GanPhase phase);

/* Multiply-adds of a step for one image of a batch, part by part (a multiply and an add count as one, padding
 * included): what its matrix products must do, where D's gradients inside G's step and a first layer's input
 * gradient are not needed. */
void gan_work(double work[GAN_PHASES], const Gan *gan);

/* The block of G's parameters that samples are drawn with. */
const char *gan_images_by(double average);

/* Hash of both players' parameters. Needs gan_finish before. */
uint64_t gan_fingerprint(const Gan *gan);
/* Hash of the whole state. Needs gan_finish before. */
uint64_t gan_state_hash(const Gan *gan);

/* What draws images. */
typedef struct Generator {
  const Network *network;
  const float *params, *running;
  const Condition *condition; /* NULL: none; else what conditions are chosen by: */
  const float *conditions;    /* (n, size) for the images of one call; NULL: by classes */
  int wanted;                 /* class: a number, CONDITION_DRAWN or CONDITION_IN_TURN */
} Generator;

/* Images first .. first + n - 1 of a random stream, by running statistics: (n, image), inside the tape until
 * its next use; tape->x holds what they are made of, (n, latent + condition). Not collective. Needs n <=
 * tape->rows. */
const float *gan_draw(const Generator *generator, Tape *tape, RngKey key, uint32_t first, size_t n);

/* Floats of an image's condition, 0 where there is none, and of its noise. */
size_t generator_condition(const Generator *generator);
size_t generator_latent(const Generator *generator);

/* latents (n, latent) and conditions (n, condition) = the parts of x (n, latent + condition). */
void generator_split(float *latents, float *conditions, const Generator *generator, const float *x, size_t n);

#endif
