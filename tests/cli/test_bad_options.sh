#!/usr/bin/env bash
# Wrong use of the command line and of config files: exit code 2 and one message that says what to do.
. "$(dirname "$0")/lib/expect.sh"

expect 2 'unknown option --bathc; did you mean --batch?' --bathc 64
expect 2 'unknown command "trian"; did you mean train?' trian
expect 2 '--batch: "many" is not possible; expected a whole number from 1' --batch many
expect 2 '--epochs and --steps exclude each other' --epochs 1 --steps 1
expect 2 'gantrain sample needs --output FILE' sample run
expect 2 'an argument is missing' info
printf 'batch = 64\nlerning-rate = 1\n' >run.conf
expect 2 'run.conf:2: unknown key "lerning-rate"' --config run.conf
printf 'bacth = 64\n' >run.conf
expect 2 'run.conf:1: unknown key "bacth"; did you mean batch' --config run.conf
expect 2 '--config none.conf: cannot be read (No such file or directory)' --config none.conf
expect 2 '--config .: is a folder' --config .
expect 2 'unknown source "png"; the sources are: idx' import png . -o x.h5
expect 2 'exclude each other' import idx . -o x.h5 --small --validation 3
expect_absent x.h5 runs

expect 2 '--scale is for pictures only, and -o x.h5 is not one' sample run -o x.h5 --scale 2

# Help and version speak once, however many ranks there are.
for ranks in 1 2; do
  expect_at "$ranks" 0 'Usage: gantrain' --help
  [ "$(grep -c '^Usage:' output)" -eq 1 ] || complain "$ranks ranks: the help is printed more than once"
  expect_at "$ranks" 0 'gantrain ' --version
done

expect 0 'Usage: gantrain [OPTION...] [COMMAND] [ARGS]' help
expect 0 'Usage: gantrain sample [OPTION...] RUN|CHECKPOINT' help sample
expect 2 'unknown command "smaple"; did you mean sample?' help smaple

# Options may stand before the command; an option's value is not taken for it.
expect 2 '--epochs: "none" is not possible' --epochs none train
expect 1 'none.h5: cannot be opened' --seed 3 -n 4 sample none.h5 -o x.png
expect 1 'info: cannot be opened' --data info --steps 1
expect 2 '"elsewhere" is one argument too many' --resume elsewhere

finish
