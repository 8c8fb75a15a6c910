#!/usr/bin/env bash
# What a person sees: on a narrow terminal no line is longer than it, the header comes again after a screenful, and
# log.txt keeps every column, the time with its zone, and how the run was started.
. "$(dirname "$0")/lib/expect.sh"

for columns in 60 100; do
  python3 "$(dirname "$0")/lib/in_terminal.py" $columns 12 "$GANTRAIN" --preset mlp --steps 112 --samples 4 --out run-$columns \
    >output 2>&1 || complain "$columns columns: exit code $?"
  [ "$(grep -cE '^ +step +epoch' output)" -eq 2 ] || complain "$columns columns: not two headers over 16 lines on 12 rows"
done

python3 "$(dirname "$0")/lib/in_terminal.py" 60 40 "$GANTRAIN" --preset mlp --steps 14 --samples 4 --out narrow >output 2>&1
sed '1,/^run /d; /^done/,$d' output >lines
[ "$(wc -l <lines)" -gt 10 ] || complain "no lines in a narrow terminal"
awk 'length($0) > 59' lines | grep . && complain "a line is longer than a narrow terminal"
grep -qE 'step +epoch +d_loss +g_loss +d_real +d_fake +left$' output || complain "no short header"

log=narrow/log.txt
: >output
grep -q 'accuracy images/s elapsed    left$' $log || complain "log.txt lacks columns"
grep -qE '^20[0-9-]+T[0-9:]+[+-][0-9]{4} command  .*gantrain --preset mlp --steps 14 --samples 4 --out narrow$' $log ||
  complain "log.txt does not say how the run was started, or when"
grep -qE ' version  gantrain [0-9.]+$' $log || complain "log.txt lacks the version"
grep -qE " hosts    $(hostname | cut -c 1-63) \(1 rank\)" $log || complain "log.txt lacks the hosts"
grep -q -- '--g-lr 0.0002 --d-lr 0.0002' $log || complain "log.txt lacks the learning rates"

# The distance that --eval-every measures is in the bar, beside its floor, and in a column of log.txt.
IN_TERMINAL_ALL=yes python3 "$(dirname "$0")/lib/in_terminal.py" 100 40 "$GANTRAIN" --preset mlp --steps 200 --batch 16 \
  --samples 4 --eval-every 100 --out measured >output 2>&1 || complain "measuring: exit code $?"
grep -qE '^epoch .* fd [0-9.e+]+ \(floor [0-9.]+\) +[0-9]+ images/s' output || complain "the bar does not tell the quality"
grep -qE 'accuracy +fd images/s' measured/log.txt || complain "log.txt lacks the column fd"
grep -qE '^[^ ]+ +200 .* (-|[0-9.]+) +[0-9.e+]+ +[0-9]+ +[0-9]+:[0-9]{2} +0:00$' measured/log.txt || complain "the column fd is empty"
python3 "$(dirname "$0")/lib/in_terminal.py" 60 40 "$GANTRAIN" --preset mlp --steps 14 --samples 4 --eval-every 7 --out short >output 2>&1
sed '1,/^eval /d; /^done/,$d; /^  *fd (Fr/d' output >lines
awk 'length($0) > 59' lines | grep . && complain "a measurement is longer than a narrow terminal"
finish
