#!/usr/bin/env bash
# --keep-best: the best checkpoints by a measured figure stay beside the newest ones, also where the run is killed again
# and again; sample, eval and info find them.
. "$(dirname "$0")/lib/expect.sh"

course=(--preset mlp --batch 16 --samples 4 --exact --steps 18 --eval-every 3 --checkpoint-every 6 --keep 1)
steps_in() {
  ls "$1/checkpoints" | sed 's/step-0*//; s/\.h5//' | paste -s -d ' '
}
# best_of OUTPUT KEY: the two best steps by the figures in OUTPUT, ordered by sort -kKEY; printed in ascending order.
best_of() {
  grep -oE "^ *[0-9]+  fd .*" "$1" | sed -E 's/[a-z]+ //g' | sort "-k$2" -s | head -n 2 | awk '{ print $1 }' | sort -n | paste -s -d ' '
}
same() {
  : >output
  [ "$1" = "$2" ] || complain "$3: $1, $2 was expected"
}

run 2 "${course[@]}" --keep-best 2:fd --out whole || complain "training"
cp output log
two=$(best_of log 2,2g)
newest=18
[[ " $two " = *" 18 "* ]] && newest=
same "$(steps_in whole)" "$(echo $two $newest | tr ' ' '\n' | sort -n | paste -s -d ' ')" 'the two best by fd and the newest'
first=$(grep -oE '^ *[0-9]+  fd [^ ]*' log | sort -k3g | head -n 1 | awk '{ print $1 }')
expect_at 1 0 "best by frechet_distance: step $first (" info whole
expect_at 1 0 "images of step $first (" sample whole --best -o s.png
expect_at 2 0 "\"step\": $first," eval whole --best -n 50 --json -

# A figure of which higher values are better.
run 2 "${course[@]:0:7}" --steps 6 --eval-every 3 --keep-best 1:coverage --out coverage || complain "training"
expect_at 1 0 'best by coverage: step ' info coverage

# A run that is killed at every file that it writes ends with the same checkpoints, bit for bit but for its identity.
fingerprints() {
  local file
  for file in "$1"/checkpoints/*.h5; do
    echo "${file##*/} $("$GANTRAIN" info "$file" | grep -oE 'fingerprint [0-9a-f]{16}' | head -n 1)"
  done
}
sites=(die-in-write die-before-rename die-after-rename)
for ((kill = 0; kill < 5; kill++)); do
  GT_FAULT=${sites[kill % 3]}:0:$((6 + kill)) mpirun -np 2 "$GANTRAIN" "${course[@]}" --keep-best 2:fd \
    --out killed --auto-resume >output 2>&1 </dev/null && break
done
[ "$kill" -ge 2 ] || complain "killed only $kill times"
run 2 "${course[@]}" --keep-best 2:fd --out killed --auto-resume || complain "the end of the killed run"
fingerprints whole >expected
fingerprints killed >output
cmp -s expected output || complain "a run that was killed kept other checkpoints than $(cat expected)"

# Checkpoints that a start was asked to keep stay, also where a later start keeps others.
before=$(steps_in whole)
expect_at 2 0 'at step 20' --resume --out whole --steps 20 --keep-best 1:recall
for step in $before; do
  [ -e "$(printf 'whole/checkpoints/step-%08d.h5' "$step")" ] || complain "step $step is gone"
done

# What is refused.
expect 2 'give --eval-every' --out bad --keep-best 3:fd
expect 2 'the metrics are: fd' --out bad --eval-every 2 --keep-best 3:fx
expect 2 'K:METRIC was expected' --out bad --eval-every 2 --keep-best fd
expect 2 'K:METRIC was expected' --out bad --eval-every 2 --keep-best 0:fd
expect_absent bad
run 1 --preset mlp --batch 16 --samples 4 --steps 1 --out plain || complain "training"
expect_at 1 2 'no checkpoint in plain/checkpoints has been measured' sample plain --best -o s.png
expect 2 'has been measured' eval plain --best
finish
