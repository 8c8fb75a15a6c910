"""compare_runs.py RUN OTHER: do two runs hold the same files, data sets and attributes, bit for bit?

Timings and a start's own course aside; log.txt and what was set aside (NAME.aside-1) are not compared. Prints the first differences; exit code 1.
"""

import os
import sys

import h5py
import numpy as np

TIMINGS = {"images_per_s"}
# What one start was told, and the checksum of a checkpoint, which covers it.
COURSE = {"epochs", "steps", "checkpoint_every", "sample_every", "keep", "kept_to", "checksum", "run_id"}
POINTERS = {"DIMENSION_LIST", "REFERENCE_LIST"}


def files(run):
    found = [os.path.relpath(os.path.join(folder, name), run) for folder, _, names in os.walk(run) for name in names]
    return sorted(name for name in found if name != "log.txt" and ".aside-" not in name)


def bits(value):
    return np.asarray(value).tobytes()


def attributes(item):
    return {name: bits(item.attrs[name]) for name in item.attrs if name not in COURSE | POINTERS}


def items(path):
    """{name: (kind, contents, attributes)} of a file, and how many data sets it has."""
    found = {}
    with h5py.File(path, "r") as file:
        found["/"] = ("group", b"", attributes(file))

        def visit(name, item):
            if name in TIMINGS:
                found[name] = ("timing", item.shape, attributes(item))
            elif isinstance(item, h5py.Dataset):
                found[name] = (str(item.dtype) + str(item.shape), bits(item[()]), attributes(item))
            else:
                found[name] = ("group", b"", attributes(item))

        file.visititems(visit)
    return found


def differences(run, other):
    if files(run) != files(other):
        yield f"files: {files(run)} and {files(other)}"
        return
    for name in files(run):
        paths = os.path.join(run, name), os.path.join(other, name)
        if not name.endswith(".h5"):
            a, b = (open(path, "rb").read() for path in paths)
            if a != b:
                yield name
            continue
        a, b = items(paths[0]), items(paths[1])
        for item in sorted(set(a) | set(b)):
            if item not in a or item not in b:
                yield f"{name}: {item} is in one of them only"
            elif a[item][:2] != b[item][:2]:
                yield f"{name}: {item}"
            elif a[item][2] != b[item][2]:
                names = sorted(k for k in a[item][2] | b[item][2] if a[item][2].get(k) != b[item][2].get(k))
                yield f"{name}: attributes of {item}: {', '.join(names)}"


found = list(differences(sys.argv[1], sys.argv[2]))
for difference in found[:5]:
    print("different:", difference)
sys.exit(1 if found else 0)
