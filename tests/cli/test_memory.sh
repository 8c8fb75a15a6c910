#!/usr/bin/env bash
# The start of a run says how much memory it will need, close to what it then uses, and refuses where there is less.
. "$(dirname "$0")/lib/expect.sh"

if [ -n "${GANTRAIN_SANITIZED:-}" ]; then
  echo "skipped: the sanitizers take memory of their own"
  exit 77
fi

# expect_planned RANKS OPTIONS...: the run plans no less memory than it uses, and not much more.
expect_planned() {
  local ranks=$1 planned taken
  shift
  rm -rf run
  expect_at "$ranks" 0 'memory   at most' "$@" --out run
  planned=$(sed -n 's/^memory   at most \([0-9]*\) MiB a rank$/\1/p' output)
  taken=$(sed -n 's/^done .* at most \([0-9]*\) MiB of memory a rank$/\1/p' output)
  [ "$taken" -le "$planned" ] && [ "$planned" -le $((taken * 3 / 2 + 32)) ] ||
    complain "$ranks ranks, $*: $planned MiB were planned, $taken MiB taken"
}
for ranks in 1 2; do
  expect_planned $ranks --preset mlp --arch mlp --steps 40 --checkpoint-every 10
  expect_planned $ranks --preset mlp --arch dcgan --batch 64 --steps 2
  expect_planned $ranks --preset mlp --arch cnn --batch 64 --steps 4 --exact
done
expect_planned 1 --preset mlp --batch 32 --samples 10000 --steps 2
expect_planned 2 --preset quick --batch 128 --steps 4
expect_planned 2 --preset mlp --steps 4 --eval-every 2

# A run that needs more than the machine has is refused with the figures and a cure, and no run is begun.
rm -rf run
export GT_MEMORY=200
expect 1 'out of memory: ' --preset mlp --arch dcgan --batch 512 --steps 2 --out run
grep -qE 'out of memory: [0-9]+ MiB are needed \(networks [0-9]+ MiB, .*program [0-9]+ MiB\).*has 200 MiB left: start fewer ranks' output ||
  complain "the parts or the cure are missing"
expect 1 'checkpoints and samples' --preset mlp --samples 100000 --batch 32 --steps 2 --out run
expect_absent run
# Memory that is enough for one rank, and not for two.
GT_MEMORY=64 expect_at 1 0 'fingerprint' --preset mlp --batch 32 --steps 2 --out run
GT_MEMORY=64 expect_at 2 1 'MiB of the other ranks of this machine' --preset mlp --batch 32 --steps 2 --out other
unset GT_MEMORY
expect_absent other

# A run that needs more than the limit of virtual memory, also where the address space itself is too small.
for limit in 440000 560000; do
  (
    ulimit -v $limit
    timeout 60 "$GANTRAIN" --preset mlp --arch dcgan --batch 512 --steps 2 --out other >output 2>&1 </dev/null
    echo $? >code
  )
  [ "$(cat code)" -eq 1 ] && [ "$(grep -cE 'error: out of memory: .* need(s|ed) .*the limit of virtual memory leaves [0-9]+ MiB' output)" -eq 1 ] ||
    complain "ulimit -v $limit: exit code $(cat code)"
done
expect_absent other
finish
