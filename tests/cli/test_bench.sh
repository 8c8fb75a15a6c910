#!/usr/bin/env bash
# bench at 1 and 2 ranks: it runs, its JSON is JSON and holds the known numbers, gradients that are sent late give the
# same fingerprint, and wrong use is named. Figures are not looked at: tests share the machine with others.
. "$(dirname "$0")/lib/expect.sh"

# check FILE EXPRESSION: true for the parsed file `bench` and its first result `r`.
check() {
  if python3 - "$1" "$2" >>output 2>&1 <<'PY'; then
import json, sys
bench = json.load(open(sys.argv[1]))
r = bench["results"][0]
sys.exit(0 if eval(sys.argv[2]) else 1)
PY
    echo "ok: $1: $2"
  else
    complain "$1: not so: $2"
  fi
}

expect 0 'mlp: 28 x 28 x 1' bench --arch mlp --batch 32 --steps 2
for ranks in 1 2; do
  expect_at $ranks 0 'fingerprint' bench --arch mlp --batch 32 --steps 3 --json "overlap-$ranks.json"
  expect_at $ranks 0 'fingerprint' bench --arch mlp --batch 32 --steps 3 --no-overlap --json "late-$ranks.json"
  check "overlap-$ranks.json" "bench['ranks'] == $ranks and r['batch'] == 32 and r['steps'] == 3"
  check "overlap-$ranks.json" "r['multiply_adds_per_image'] == 1108480"
  check "overlap-$ranks.json" "sum(p['multiply_adds_per_image'] for p in r['phases']) == 1108480"
  check "overlap-$ranks.json" "all(r[k]['min'] <= r[k]['median'] <= r[k]['max'] for k in ('images_per_s', 'step_seconds'))"
  check "overlap-$ranks.json" "(r['reduced_bytes_per_step'] > 926000) == ($ranks > 1)"
  check "overlap-$ranks.json" "(r['hidden'] is None) == ($ranks == 1)"
  check "overlap-$ranks.json" \
    "r['fingerprint'] == json.load(open('late-$ranks.json'))['results'][0]['fingerprint'] and r['last_step'] == 8"
done

run 2 bench --arch dcgan --batch 4 --steps 1 --json - || complain 'dcgan at 2 ranks failed'
cp output dcgan.json
check dcgan.json "r['arch'] == 'dcgan' and r['multiply_adds_per_image'] == 205771776"

# D on packs of two: its first layer has twice the inputs and half the rows.
run 2 bench --arch mlp --batch 64 --steps 1 --pack 2 --json pack.json || complain 'packs at 2 ranks failed'
check pack.json "[p['multiply_adds_per_image'] for p in r['phases'] if p['name'] == 'g_score'] == [784 * 128 + 128 / 2]"

make_idx small
expect_at 1 0 written import idx small --validation 8 -o small.h5
expect 0 'mlp: 6 x 4 x 1, 4 images' bench --arch mlp --data small.h5 --batch 4 --steps 2


# What the choices of an objective cost; what cannot be is said.
expect_at 1 0 '--r1 1 ' bench --costs --batch 16
grep -qE -- '--loss rpgan --r1 1 --r2 1 +[0-9.]+ ms a step, ratio [0-9.]+ ' output || complain "no ratio of penalties"
grep -qE -- '--pack 2 +not possible' output || complain "packs of two of shards of one"
grep -qE -- '--eval-every 1000 +[0-9.]+ s a measurement, [0-9.]+ % of the time' output || complain "no cost of measurements"
expect 2 'leave out --json' bench --costs --json -
expect 2 'there is no such architecture' bench --arch mlpp --steps 1
expect_at 2 2 'try --batch 4' bench --batch 3
expect 2 'option of "gantrain train"' bench --shards 4
expect 1 'cannot be written' bench --arch mlp --batch 4 --steps 1 --json nowhere/x.json
expect_absent nowhere
expect 0 'kernels' info small.h5
finish
