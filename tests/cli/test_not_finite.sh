#!/usr/bin/env bash
# Losses and gradients that become NaN or infinite: the run stops, names the step and the layer in which it began, and
# keeps the last good checkpoint; --on-nan ignore goes on.
. "$(dirname "$0")/lib/expect.sh"

if ! /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  echo "skipped: python3-h5py, which makes the data sets, is missing"
  exit 77
fi
/usr/bin/python3 - <<'EOP'
import h5py, numpy
pixels = numpy.random.default_rng(1).random((640, 8, 8), "float32")
for name, value in ("huge.h5", 1e30), ("beyond.h5", 3e38):
    with h5py.File(name, "w") as f:
        f["train/images"] = numpy.where(pixels > 0.5, numpy.float32(value), pixels)
        f["train/images"].attrs["value_range"] = [0.0, 1.0]
EOP
course=(--preset mlp --batch 16 --samples 4 --checkpoint-every 4)
short=(--steps 40)

# A parameter of D spoiled after step 1 shows in step 2, in the layer that holds it: no checkpoint has it.
for ranks in 1 3; do
  GT_FAULT=nan:0 expect_at "$ranks" 1 'in step 2 the parameters of the layer discriminator/dense are not finite' \
    "${course[@]}" "${short[@]}" --out "nan-$ranks"
  [ -z "$(ls "nan-$ranks/checkpoints")" ] || complain "a checkpoint was written of a state that is not finite"
done
grep -qF 'rank 0 of 3' output || complain "the rank in which it began is not named"

# The last good checkpoint stays, and a resume can go on from it.
GT_FAULT=nan:0:9 expect_at 2 1 'step 10' "${course[@]}" "${short[@]}" --out late
[ -e late/checkpoints/step-00000008.h5 ] || complain "the checkpoint of step 8 is gone"
expect_at 1 0 'a checkpoint of gantrain, step 8' info late/checkpoints/step-00000008.h5
expect_at 2 0 'fingerprint' "${course[@]}" "${short[@]}" --out late --resume

# With spoiled parameters at the very step of the checkpoint nothing is written either.
GT_FAULT=nan:0:4 expect_at 1 1 'the parameters of the layer discriminator/dense are not finite' "${course[@]}" "${short[@]}" --out at
[ -z "$(ls at/checkpoints)" ] || complain "a checkpoint was written of a state that is not finite"

expect_at 2 1 'layer discriminator/' "${course[@]}" "${short[@]}" --data huge.h5 --out huge
expect_at 2 1 'layer discriminator/' "${course[@]}" "${short[@]}" --data huge.h5 --out huge-exact --exact
expect_at 2 1 'the images themselves are not finite' "${course[@]}" "${short[@]}" --data beyond.h5 --out beyond
expect_at 2 1 'layer ' "${course[@]}" --lr 1000 --arch article --out steep --steps 4000
expect_at 2 0 'going on, because of --on-nan ignore' "${course[@]}" "${short[@]}" --data huge.h5 --out ignored --on-nan ignore
expect 2 '--on-nan' "${course[@]}" "${short[@]}" --on-nan perhaps --out x
finish
