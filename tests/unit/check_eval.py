"""gantrain eval: every figure recomputed from its own features and from the pixels by NumPy, SciPy and scikit-learn; the
same bytes at 1, 2, 3 and 5 ranks."""

import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import scipy.linalg
import scipy.spatial
import scipy.special
import scipy.stats
from sklearn.neighbors import NearestNeighbors

N, TRAINING = 300, 300


def frechet(a, b):
    moved, A, B = a.mean(0) - b.mean(0), np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.maximum(scipy.linalg.eigvals(A @ B).real, 0))
    return moved @ moved + np.trace(A) + np.trace(B) - 2 * roots.sum()


def radii(x, k):
    return NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, k]


def of_features(real, fake):
    across = scipy.spatial.distance.cdist(real, fake)
    wide = radii(real, 5)[:, None]
    return {
        "frechet_distance": frechet(fake, real),
        "precision": (across <= radii(real, 3)[:, None]).any(0).mean(),
        "recall": (across <= radii(fake, 3)[None, :]).any(1).mean(),
        "density": (across < wide).sum(0).mean() / 5,
        "coverage": (across.min(1) < wide[:, 0]).mean(),
    }


def of_logits(real, fake):
    p = scipy.special.softmax(fake, axis=1)
    shares = [np.bincount(x.argmax(1), minlength=10) / len(x) for x in (fake, real)]
    return {
        "class_score": np.exp(np.mean(scipy.stats.entropy(p, p.mean(0)[None, :], axis=1))),
        "class_distance": np.abs(shares[0] - shares[1]).sum() / 2,
    }


def scaled(images):
    return images.astype(float) * (2 / 255) - 1


def spectrum(images):
    size = images.shape[1]
    power = np.mean(np.abs(np.fft.fft2(images)) ** 2, axis=0) / size**2
    frequency = np.fft.fftfreq(size, 1 / size)
    radius = np.floor(np.hypot(frequency[:, None], frequency[None, :]) + 0.5)
    return np.array([power[radius == k].mean() for k in range(1, size // 2 + 1)])


def of_pixels(real, fake):
    shares = [np.histogram(x, 64, (-1, 1))[0] / x.size for x in (fake, real)]
    a, b = spectrum(fake), spectrum(real)
    return {
        "histogram_distance": np.abs(shares[0] - shares[1]).sum() / 2,
        "spectrum_distance": np.mean(np.abs(a - b) / b),
    }


def nearest(x, training):
    distance, row = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(training).kneighbors(x)
    return distance[:, 0], row[:, 0]


def check(name, value, expected, tolerance=1e-6):
    assert abs(value - expected) <= tolerance * abs(expected), (name, value, expected)


def run_all(folder, source):
    """The outputs at every number of ranks, which are the same bytes; those of one are returned."""
    outputs = []
    for ranks in (1, 2, 3, 5):
        command = ["mpirun", "--oversubscribe", "-np", str(ranks), os.environ["GANTRAIN"], "eval",
                   f"{source}:/validation/images", "-n", str(N), "--json", "figures.json", "-o", "all.h5"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with open(f"{folder}/figures.json", "rb") as text, open(f"{folder}/all.h5", "rb") as arrays:
            outputs.append((text.read(), arrays.read()))
    assert len(set(outputs)) == 1, "the bytes depend on the number of ranks"
    return json.loads(outputs[0][0])


def main():
    source = os.path.join(os.environ["GANTRAIN_SOURCE_DIR"], "data/mnist-small.h5")
    with tempfile.TemporaryDirectory() as folder:
        found = run_all(folder, source)
        with h5py.File(f"{folder}/all.h5", "r") as f:
            arrays = {name: f[name][...] for name in f if "_" in name}
            assert f.attrs["format"] == b"gantrain-eval" and f["samples_features"].dims[1][0].name == "/feature"
    with h5py.File(source, "r") as f:
        training, tests = scaled(f["train/images"][...]), scaled(f["test/images"][...])
        samples = scaled(f["validation/images"][:N])
        # The floor's training images: runs of 64, evenly spread.
        runs, spare = -(-TRAINING // 64), len(training) - TRAINING
        rows = np.concatenate([np.arange(64 * c, min(64 * c + 64, TRAINING)) + spare * c // (runs - 1) for c in range(runs)])
    assert (found["samples"], found["references"], found["training"]) == (N, len(tests), TRAINING)
    real = {name: arrays[f"references_{name}"].astype(float) for name in ("features", "logits")}
    for side, name, images in (("figures", "samples", samples), ("floor", "training", training[rows])):
        fake = {part: arrays[f"{name}_{part}"].astype(float) for part in ("features", "logits")}
        expected = {**of_features(real["features"], fake["features"]), **of_logits(real["logits"], fake["logits"]),
                    **of_pixels(tests, images)}
        for figure, value in expected.items():
            print(f"{side} {figure} {found[side][figure]:.12g}, expected {value:.12g}")
            # Pixels are float32 here and float64 there.
            check(figure, found[side][figure], value, 1e-5 if figure == "spectrum_distance" else 1e-6)
    flat = training.reshape(len(training), -1)
    distances = {}
    for name, images in (("samples", samples), ("references", tests)):
        distances[name], row = nearest(images.reshape(len(images), -1), flat)
        assert np.allclose(arrays[f"{name}_distance"], distances[name], rtol=1e-6)
        assert np.array_equal(arrays[f"{name}_nearest"], row)
    below = scipy.stats.mannwhitneyu(distances["references"], distances["samples"]).statistic
    check("memorisation", found["figures"]["memorisation"], below / len(samples) / len(tests), 1e-4)
    print("figures agree, and the same bytes at 1, 2, 3 and 5 ranks")


main()
