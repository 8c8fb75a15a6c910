"""The dataset that the program carries opens in h5py and, with named dimensions, in xarray by both its readers."""
import os

import h5py
import numpy
import xarray

path = os.path.join(os.environ.get("GANTRAIN_SOURCE_DIR", "."), "data", "mnist-small.h5")

with h5py.File(path, "r") as file:
    assert file.attrs["format"] == b"gantrain-dataset", file.attrs["format"]
    assert file.attrs["format_version"] == 1
    for part, rows in (("train", 2000), ("validation", 500), ("test", 500)):
        images, labels = file[part]["images"], file[part]["labels"]
        assert images.shape == (rows, 28, 28) and images.dtype == numpy.uint8, part
        assert images.chunks[1:] == (28, 28) and images.compression == "gzip" and images.fletcher32
        assert list(images.attrs["value_range"]) == [0, 255]
        assert images.attrs["CLASS"] == b"IMAGE" and images.attrs["IMAGE_SUBCLASS"] == b"IMAGE_GRAYSCALE"
        assert labels.shape == (rows,) and labels.dtype == numpy.uint8, part
        assert (numpy.bincount(labels[:]) == rows // 10).all(), part

for engine in ("netcdf4", "h5netcdf"):
    for part in ("train", "validation", "test"):
        with xarray.open_dataset(path, engine=engine, group=part) as data:
            assert data.images.dims == ("image", "height", "width"), (engine, data.images.dims)
            assert data.labels.dims == ("image",)
            assert not set(data.variables) - {"images", "labels"}, list(data.variables)
            assert 20 < float(data.images.mean()) < 45

print("mnist-small.h5: h5py, xarray with netcdf4 and h5netcdf: ok")
