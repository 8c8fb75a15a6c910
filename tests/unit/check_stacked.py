"""gantrain import stacked, and the modes that eval counts, against NumPy on the same classes."""

import json
import os
import subprocess
import tempfile

import h5py
import numpy as np

SMALL = os.path.join(os.environ["GANTRAIN_SOURCE_DIR"], "data/mnist-small.h5")


def gantrain(folder, *arguments, ranks=1):
    command = ["mpirun", "--oversubscribe", "-np", str(ranks)] if ranks > 1 else []
    subprocess.run([*command, os.environ["GANTRAIN"], *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def check_import(folder):
    """Every channel is an image of the source's same part, and the label says of which classes they are."""
    for name, seed in (("s.h5", "1"), ("again.h5", "1"), ("other.h5", "2")):
        gantrain(folder, "import", "stacked", SMALL, "-o", name, "-n", "600", "--validation", "200", "--seed", seed)
    read = [open(f"{folder}/{name}", "rb").read() for name in ("s.h5", "again.h5", "other.h5")]
    assert read[0] == read[1] and read[0] != read[2], "the seed does not decide the images"
    drawn = set()
    with h5py.File(SMALL, "r") as source, h5py.File(f"{folder}/s.h5", "r") as stacked:
        for part, rows in (("train", 600), ("validation", 200), ("test", 600)):
            images, labels = stacked[part]["images"][...], stacked[part]["labels"][...]
            assert images.shape == (rows, 28, 28, 3) and labels.dtype == "<u2"
            class_of = {row.tobytes(): int(label) for row, label in zip(source[part]["images"][...], source[part]["labels"][...])}
            for image, label in zip(images, labels):
                planes = [np.ascontiguousarray(image[:, :, c]).tobytes() for c in range(3)]
                drawn.update(planes)
                assert label == sum(class_of[plane] * 10 ** (2 - c) for c, plane in enumerate(planes))
    assert len(drawn) > 0.5 * 3000, "only few images were drawn"


def modes_of(logits):
    digits = logits.reshape(len(logits), 3, 10).argmax(axis=2)
    counts = np.bincount(digits @ [100, 10, 1], minlength=1000)
    share = counts[counts > 0] / len(logits)
    return np.count_nonzero(counts), np.sum(share * np.log(share * 1000))


def check_eval(folder):
    outputs = []
    for ranks in (1, 3):
        gantrain(folder, "eval", "s.h5:/validation/images", "--data", "s.h5", "--json", "figures.json", "-o", "all.h5", ranks=ranks)
        with open(f"{folder}/figures.json", "rb") as text, open(f"{folder}/all.h5", "rb") as arrays:
            outputs.append((text.read(), arrays.read()))
    assert len(set(outputs)) == 1, "the bytes depend on the number of ranks"
    found = json.loads(outputs[0][0])
    with h5py.File(f"{folder}/all.h5", "r") as f, h5py.File(f"{folder}/s.h5", "r") as stacked:
        for side, name in (("figures", "samples"), ("floor", "training")):
            seen, divergence = modes_of(f[f"{name}_logits"][...])
            print(f"{name}: {found[side]['modes']} modes, {seen} expected, KL {found[side]['mode_divergence']:.12g}")
            assert found[side]["modes"] == seen
            assert abs(found[side]["mode_divergence"] - divergence) < 1e-9
        digits = f["samples_logits"][...].reshape(-1, 3, 10).argmax(axis=2) @ [100, 10, 1]
        right = np.mean(digits == stacked["validation/labels"][...])
    assert right > 0.95, f"only {right} of the stacked digits are recognised"
    assert "class_score" not in found["figures"] and 100 < found["figures"]["modes"] <= 200


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_import(folder)
        check_eval(folder)
    print("stacked images and their modes agree")


main()
