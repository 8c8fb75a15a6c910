/* The man page, in troff, from the tables of commands and options. */
#include <stdio.h>
#include <string.h>

#include "gantrain/options/option_table.h"

/* '-' would become a hyphen that cannot be copied into a shell. */
static void print_text(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '-' || *text == '\\') {
      putchar('\\');
      putchar(*text == '\\' ? 'e' : '-');
    } else {
      putchar(*text);
    }
  }
}

static void print_row(const OptionRow *row) {
  char otherwise[64];
  printf(".TP\n\\fB");
  if (row->letter != 0) {
    printf("\\-%c\\fR, \\fB", row->letter);
  }
  printf("\\-\\-");
  print_text(row->name);
  printf("\\fR");
  if (row->argument != NULL) {
    printf("=\\fI%s\\fR", row->argument);
  }
  printf("\n");
  print_text(row->doc);
  if (option_default(otherwise, sizeof otherwise, row)) {
    printf(" (default: ");
    print_text(otherwise);
    printf(")");
  }
  printf(".\n");
}

static void print_command(const Command *command) {
  printf(".SS \"gantrain %s [OPTIONS] %s\"\n", command->name, command->arguments);
  print_text(command->summary);
  printf(".\n");
  print_text(command->details);
  printf("\n");
  for (int group = 0; group < GROUPS_COUNT; group++) {
    for (int i = 0; i < OPTIONS_COUNT; i++) {
      if (option_table[i].group == (OptionGroup)group && option_belongs(&option_table[i], command)) {
        print_row(&option_table[i]);
      }
    }
  }
}

void options_print_man(void) {
  printf(".TH GANTRAIN 1 \"\" \"gantrain %s\" \"User Commands\"\n", GANTRAIN_VERSION);
  puts(
      ".SH NAME\ngantrain \\- train generative adversarial networks data\\-parallel over MPI\n"
      ".SH SYNOPSIS\n.B mpirun \\-np\n.I N\n.B gantrain\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR] "
      "[\\fIARGUMENTS\\fR]\n"
      ".SH DESCRIPTION\nWithout a command, gantrain trains. The recipe (images, options, seed, number of "
      "shards) "
      "decides\nthe result; the number of ranks does not.\n.SH COMMANDS");
  for (int i = 0; i < COMMANDS_COUNT; i++) {
    print_command(&commands[i]);
  }
  puts(
      ".SH \"CONFIG FILE\"\nLines such as \\fBg\\-lr = 0.0001\\fR: an option's name without the dashes and "
      "its value; "
      "for an option\nwithout a value, yes or no. Comments begin with # or ;. The command line wins.\n"
      ".SH FILES\n.TP\n.I DIR/checkpoints/step\\-00001200.h5\nThe whole state of a run after that step.\n"
      ".TP\n.I DIR/samples.h5\nThe samples drawn during training.\n.TP\n.I DIR/metrics.h5\n"
      "Losses, accuracies and times over the steps.\n.TP\n.I DIR/samples.png\nThe newest samples as a grid.\n"
      ".TP\n.I DIR/log.txt\nWhat was printed, with the time.\n"
      ".SH \"EXIT STATUS\"\n.TP\n0\nDone.\n.TP\n1\nFailed: a file, the disk, memory.\n.TP\n2\nWrong use: an "
      "option, a "
      "name, a file of another recipe.\n.TP\n75\nStopped early by a signal, \\-\\-max\\-time or the end of a "
      "Slurm job after a checkpoint: "
      "start again with \\-\\-resume.\n"
      ".SH SIGNALS\nSIGTERM, SIGINT, SIGUSR1 and SIGUSR2 stop a training after the step at hand, with a "
      "checkpoint. "
      "Sent to\n.BR mpirun (1)\nthe first two do the same, but mpirun ends with 1 then; it passes the other "
      "two on.\nAnother signal, a second or more later, ends it at once, without a checkpoint.\n"
      ".SH ENVIRONMENT\n.TP\nSLURM_JOB_END_TIME\nWhen the Slurm job ends: a training stops before that, with "
      "a checkpoint.\n.SH EXAMPLES\n.nf\nmpirun \\-np 2 gantrain \\-\\-epochs 5\nmpirun \\-np 4 gantrain "
      "\\-\\-resume "
      "\\-\\-epochs 20\n"
      "gantrain sample runs/mlp\\-1 \\-n 100 \\-o digits.png\n.fi\n.SH \"SEE ALSO\"\n.BR mpirun (1)");
}
