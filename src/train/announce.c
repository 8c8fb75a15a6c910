#include "announce.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"
#include "gantrain/math/gemm.h"

#define LABEL 9 /* columns before the text */
#define TEXT_MAX (2 * GT_PATH_MAX)

/* Prints a label and a text, broken at blanks into lines that fit the terminal. Rank 0 only. */
static void say(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const char *label, const char *format, ...) {
  char text[TEXT_MAX];
  int columns = progress_columns();
  int room = (columns > 0 && columns < 80 ? columns : 80) - 1 - LABEL;
  room = room < 20 ? 20 : room;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  for (const char *rest = text; rest[0] != '\0' && log_rank() == 0;) {
    int length = (int)strlen(rest), whole = length;
    if (length > room) {
      for (length = room; length > 0 && rest[length] != ' '; length--) {
      }
      length =
          length > 0 ? length : (int)strcspn(rest, " "); /* a word that is longer than a line stays whole */
    }
    log_info("%-*s%.*s", LABEL, label, length, rest);
    label = "";
    rest += length + (length < whole ? 1 : 0);
  }
}

static const char *plural(size_t count) {
  return count == 1 ? "" : "s";
}

/* How rates and penalties change, in steps. */
static void say_schedule(const Plan *plan) {
  const Schedule *schedule = &plan->schedule;
  const struct {
    const char *label, *what;
    const Decay *decay;
  } falls[] = {{"rates", "the learning rates", &schedule->lr},
               {"penalty", "the penalties", &schedule->penalty}};
  if (schedule->warm_up > 0) {
    say("rates", "rise until step %lld", (long long)schedule->warm_up);
  }
  for (int i = 0; i < 2; i++) {
    const Decay *decay = falls[i].decay;
    if (decay->on) {
      say(falls[i].label, "from step %.0f on, %s fall to %g of their values by step %lld",
          decay->start * (double)schedule->total, falls[i].what, decay->floor, (long long)schedule->total);
    }
  }
}

/* The value range that was found in the images, and the sizes that were chosen for them. */
static void say_data(const Run *run) {
  const Feed *feed = &run->feed;
  if (feed->range_found) {
    say("range", "%g to %g, found in the data (no attribute value_range), stand for -1 to 1",
        feed->info.range[0], feed->info.range[1]);
  }
  if (feed->sizes.changed) {
    say("batch",
        "%zu images in %zu shard%s, chosen for a small data set: --batch and --shards choose otherwise",
        feed->sizes.batch, feed->sizes.shards, plural(feed->sizes.shards));
  }
  for (const char *note = feed->info.notes; note[0] != '\0';) {
    int length = (int)strcspn(note, "\n");
    log_warn("%.*s", length, note);
    note += length + (note[length] == '\n');
  }
}

/* The preset of a new run. */
static void say_preset(const Run *run, const Options *options) {
  const OptionValue *preset = &options->value[OPTION_PRESET];
  if (run->resumed[0] == '\0') {
    bool by_arch = strcmp(preset->text, options->value[OPTION_ARCH].text) == 0;
    say("preset", "%s%s", preset->text,
        preset->given ? ""
        : by_arch     ? ", which goes with this --arch"
                      : ", since no other was named: --preset and --arch choose otherwise");
  }
}

static void say_what(const Run *run) {
  const DatasetInfo *info = &run->feed.info;
  say("run", "%s, seed %llu, into %s", run->plan->arch, (unsigned long long)run->plan->seed, run->out);
  say("data", "%s: %zu training and %zu validation images of %d x %d x %d",
      run->plan->data[0] == '\0' ? "embedded part of MNIST" : run->plan->data, info->rows[DATASET_TRAIN],
      info->rows[DATASET_VALIDATION], info->image.h, info->image.w, info->image.c);
  say_data(run);
  say("networks", "generator %zu and discriminator %zu parameters",
      arena_elements(&run->gan.player[GAN_G].network.params),
      arena_elements(&run->gan.player[GAN_D].network.params));
  say("recipe", "%s", run->plan->line);
  say_schedule(run->plan);
  say("course", "to step %lld, %zu step%s an epoch; a checkpoint every %lld and samples every %lld step%s",
      (long long)run->plan->total, run->feed.steps_per_epoch, plural(run->feed.steps_per_epoch),
      (long long)run->plan->checkpoint_every, (long long)run->plan->sample_every,
      plural((size_t)run->plan->sample_every));
}

static void say_machine(const Run *run) {
  char hosts[512];
  say("machine", "%d rank%s, %s kernels", run->world->size, plural((size_t)run->world->size),
      gemm_description());
  say("memory", "at most %.0f MiB a rank", run->memory / 1048576.0);
  if (comm_hosts(run->world, hosts, sizeof hosts) == GT_OK && run->world->rank == 0) {
    log_file("hosts    %s", hosts);
  }
}

/* Writes into log.txt how the run was started and by which version. */
static void note_command(const Run *run, const Options *options) {
  char text[TEXT_MAX] = "";
  for (int i = 0; i < options->words_count; i++) {
    size_t used = strlen(text);
    const char *word = options->words[i];
    const char *quote = word[0] == '\0' || strpbrk(word, " \t\n\"$&;|<>()*?[]#~\\`!{}") != NULL ? "'" : "";
    snprintf(text + used, sizeof text - used, "%s%s%s%s", i > 0 ? " " : "", quote, word, quote);
  }
  if (run->world->rank == 0) {
    log_file("version  gantrain %s", GANTRAIN_VERSION);
    log_file("command  %s", text);
  }
}

/* The meaning of the columns of the lines that follow. */
static void say_columns(void) {
  say("columns", "d_loss and g_loss: what discriminator D and generator G minimise");
  say("",
      "d_real and d_fake: mean probability by D that real images and fakes are real. Healthy: d_real above "
      "d_fake. At 1 and 0, D has won and G learns little; at 0.5 both, D cannot tell them apart");
  say("", "accuracy: share of validation images and fakes that D tells right");
}

void announce_run(const Run *run, const Options *options) {
  char left[GT_TIME_MAX];
  note_command(run, options);
  say_what(run);
  say_preset(run, options);
  say_machine(run);
  if (run->resumed[0] != '\0') {
    say("resumed", "from step %lld of %s", (long long)run->gan.step, run->resumed);
  } else if (options->value[OPTION_AUTO_RESUME].given) {
    say("resumed", "nothing: there is no checkpoint in %s yet, so a new run starts", run->out);
  }
  if (run->plan->changes[0] != '\0') {
    say("changed", "from here on: %s", run->plan->changes);
  }
  if (run->other_bits[0] != '\0') {
    log_warn("%s", run->other_bits);
  }
  if (run->deadline > 0.0) {
    say("time", "%s, then a checkpoint and exit code 75, because of %s",
        progress_format_time(left, run->deadline - clock_now()), run->deadline_name);
  }
  if (run->world->shared) {
    log_warn(
        "ranks share cores, which costs more than it brings: start no more ranks than there are cores, each "
        "bound to its own (mpirun --map-by core)");
  } else if (run->world->cores > 1) {
    say("", "each rank computes on one of its %d cores: start more ranks to use them all", run->world->cores);
  }
  say_columns();
}
