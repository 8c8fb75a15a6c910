"""Distances between sets of features against NumPy, SciPy and scikit-learn, and the same bits at 1, 2, 3 and 5 ranks.

test_distances, called with a folder, writes features and figures; it stands in GANTRAIN_TESTS_DIR or is argument 1.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np
import scipy.linalg
import scipy.spatial
import scipy.special
import scipy.stats
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

REAL, FAKE, COUNT, CLASSES = 701, 613, 24, 7


def frechet(a, b):
    root = scipy.linalg.sqrtm(np.cov(a, rowvar=False) @ np.cov(b, rowvar=False))
    moved = a.mean(0) - b.mean(0)
    return moved @ moved + np.trace(np.cov(a, rowvar=False) + np.cov(b, rowvar=False) - 2 * root.real)


def kernel(a, b, subsets):
    values = []
    for i in range(100):
        x, y = a[subsets[2 * i]], b[subsets[2 * i + 1]]
        m = len(x)
        xx, yy, xy = (polynomial_kernel(p, q, degree=3, gamma=1 / COUNT, coef0=1) for p, q in ((x, x), (y, y), (x, y)))
        inside = (xx.sum() - np.trace(xx) + yy.sum() - np.trace(yy)) / (m * (m - 1))
        values.append(inside - 2 * xy.mean())
    return np.mean(values), np.std(values)


def radii(x, k):
    return NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, k]


def neighbours(real, fake):
    across = scipy.spatial.distance.cdist(real, fake)
    wide = radii(real, 5)[:, None]
    return {
        "precision": (across <= radii(real, 3)[:, None]).any(0).mean(),
        "recall": (across <= radii(fake, 3)[None, :]).any(1).mean(),
        "density": (across < wide).sum(0).mean() / 5,
        "coverage": (across.min(1) < wide[:, 0]).mean(),
    }


def class_score(logits):
    p = scipy.special.softmax(logits, axis=1)
    return np.exp(np.mean(scipy.stats.entropy(p, p.mean(0)[None, :], axis=1)))


def read(folder, name, dtype, columns):
    return np.fromfile(f"{folder}/{name}", dtype).reshape(-1, columns)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.environ["GANTRAIN_TESTS_DIR"], "test_distances")
    texts = []
    for ranks in (1, 2, 3, 5):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["mpirun", "--oversubscribe", "-np", str(ranks), program, folder], check=True)
            with open(f"{folder}/figures") as file:
                texts.append(file.read())
            real, fake = read(folder, "real", float, COUNT), read(folder, "fake", float, COUNT)
            logits, subsets = read(folder, "logits", float, CLASSES), read(folder, "subsets", np.uint32, FAKE // 2)
    assert len(set(texts)) == 1, texts
    assert real.shape == (REAL, COUNT) and fake.shape == (FAKE, COUNT)
    assert all(len(set(rows)) == FAKE // 2 for rows in subsets) and subsets[::2].max() < REAL
    figures = {name: float(value) for name, value in (line.split() for line in texts[0].splitlines())}
    mean, spread = kernel(real, fake, subsets)
    expected = {"frechet": frechet(real, fake), "kernel_mean": mean, "kernel_spread": spread,
                "class_score": class_score(logits), **neighbours(real, fake)}
    assert set(figures) == set(expected)
    for name, value in figures.items():
        print(f"{name} {value:.12g}, expected {expected[name]:.12g}")
        assert abs(value - expected[name]) <= 1e-6 * abs(expected[name]), name


main()
