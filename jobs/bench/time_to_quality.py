#!/usr/bin/python3
"""time_to_quality.py RUN|JSON...: seconds of training until the Fréchet distance was 100, 50, 20 and 10, in Markdown.

A RUN is the folder of a run with --eval-every: its metrics.h5 says how long every step took (measurements are not
counted) and what was measured against 2,000 validation images. A JSON is what pytorch_quality.sh wrote: a list of
{"seconds": S, "frechet_distance": D}.
"""
import json
import pathlib
import sys

import h5py
import numpy as np

BOUNDS = (100, 50, 20, 10)


def of_run(folder):
    with h5py.File(folder / "metrics.h5", "r") as f:
        batch = next(h5py.File(path, "r").attrs["batch"] for path in sorted(folder.glob("checkpoints/step-*.h5")))
        steps = np.diff(f["step"][...], prepend=0)
        seconds = np.cumsum(steps * batch / f["images_per_s"][...])
        distance = f["frechet_distance"][...]
    measured = ~np.isnan(distance)
    return seconds[measured], distance[measured]


def of_json(path):
    points = json.loads(path.read_text())
    return np.array([point["seconds"] for point in points]), np.array([point["frechet_distance"] for point in points])


def main():
    print("| run | " + " | ".join(f"to {bound}" for bound in BOUNDS) + " | best | after |")
    print("|---|" + "---|" * (len(BOUNDS) + 2))
    for name in sys.argv[1:]:
        path = pathlib.Path(name)
        seconds, distance = of_run(path) if path.is_dir() else of_json(path)
        if not len(distance):
            print(f"{name}: nothing was measured", file=sys.stderr)
            continue
        cells = []
        for bound in BOUNDS:
            reached = np.flatnonzero(distance <= bound)
            cells.append(f"{seconds[reached[0]]:.0f} s" if len(reached) else "-")
        best = distance.argmin()
        print(f"| {name} | " + " | ".join(cells) + f" | {distance[best]:.2f} | {seconds[best]:.0f} s |")


main()
