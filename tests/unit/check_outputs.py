"""Our checkpoints, samples and metrics in other people's readers: h5py and xarray with both its engines.

test_outputs, called with a folder, writes the files; it stands in GANTRAIN_TESTS_DIR or is argument 1.
"""

import os
import subprocess
import sys
import tempfile

import h5py
import netCDF4  # noqa: F401  the engines that xarray needs: missing ones skip this check by name
import h5netcdf  # noqa: F401
import numpy as np
import xarray as xr

ENGINES = ("netcdf4", "h5netcdf")
N, LATENT = 6, 5


def images(step, shape):
    return ((step * 7 + 3 * np.arange(np.prod(shape))) % 256).astype(np.uint8).reshape(shape)


def check_samples(folder):
    for engine in ENGINES:
        with xr.open_dataset(f"{folder}/samples.h5", engine=engine) as ds:
            assert ds.samples.dims == ("time", "n", "y", "x"), ds.samples.dims
            assert ds.samples.dtype == np.uint8
            assert ds.samples.shape == (3, N, 4, 3)
            assert ds.latent.dims == ("n", "latent_dim") and ds.latent.shape == (N, LATENT)
            assert list(ds.time.values) == list(ds.step.values) == [100, 200, 300]
            assert ds.step.dims == ds.epoch.dims == ("time",)
            assert np.allclose(ds.epoch, [10, 20, 30])
            assert np.array_equal(ds.samples.sel(time=200), images(200, (N, 4, 3)))
            assert ds.attrs["format"] == "gantrain-samples" and ds.attrs["format_version"] == 1
            assert ds.attrs["arch"] == "mlp" and ds.attrs["seed"] == 7 and ds.attrs["g_lr"] == 2e-4
        with xr.open_dataset(f"{folder}/colour.h5", engine=engine) as ds:
            assert ds.samples.dims == ("time", "n", "y", "x", "channel"), ds.samples.dims
            assert np.array_equal(ds.samples[0], images(100, (N, 2, 4, 3)))
        with xr.open_dataset(f"{folder}/single.h5", engine=engine) as ds:
            assert ds.samples.dims == ("n", "y", "x", "channel"), ds.samples.dims
            assert np.array_equal(ds.samples, images(3, (N, 2, 4, 3)))
            assert np.array_equal(ds.latent.values.ravel(), np.arange(N * LATENT) / 8)
    with h5py.File(f"{folder}/samples.h5", "r") as f:
        samples = f["samples"]
        assert samples.maxshape[0] is None and samples.chunks == (1, N, 4, 3)
        assert samples.compression == "gzip" and samples.shuffle and samples.fletcher32
        assert samples.attrs["CLASS"] == b"IMAGE" and samples.attrs["IMAGE_VERSION"] == b"1.2"
        assert samples.attrs["IMAGE_SUBCLASS"] == b"IMAGE_GRAYSCALE"
        assert samples.dims[0][0].name == "/time"
    with h5py.File(f"{folder}/colour.h5", "r") as f:
        assert f["samples"].attrs["IMAGE_SUBCLASS"] == b"IMAGE_TRUECOLOR"
        assert f["samples"].attrs["INTERLACE_MODE"] == b"INTERLACE_PIXEL"


def check_metrics(folder):
    for engine in ENGINES:
        with xr.open_dataset(f"{folder}/metrics.h5", engine=engine) as ds:
            assert dict(ds.sizes) == {"step": 10}, ds.sizes
            assert list(ds.step.values) == list(range(1, 11))
            assert set(ds.data_vars) == {"epoch", "d_loss", "g_loss"}
            assert np.array_equal(np.isnan(ds.d_loss.values), ds.step.values % 2 == 0)
            assert ds.d_loss.sel(step=9) == 13.5 and ds.g_loss.sel(step=10) == -10
            assert ds.attrs["format"] == "gantrain-metrics" and ds.attrs["seed"] == 7


def check_checkpoint(folder):
    path = f"{folder}/step-00001200.h5"
    values = np.arange(80, dtype=np.float32)
    for engine in ENGINES:
        for group in ("generator/parameters", "generator/adam_m", "discriminator/parameters"):
            with xr.open_dataset(path, engine=engine, group=f"{group}/dense") as ds:
                assert ds.kernel.dims == ("kernel_0", "kernel_1") and ds.bias.dims == ("bias_0",)
                assert np.array_equal(ds.kernel.values.ravel(), values[:15])
                assert np.array_equal(ds.bias.values, values[16:21])
        with xr.open_dataset(path, engine=engine) as root:
            assert root.attrs["format"] == "gantrain-checkpoint" and root.attrs["step"] == 1200
            assert root.attrs["epoch"] == 5.5 and root.attrs["fingerprint"] == "0123456789abcdef"
            assert len(root.attrs["checksum"]) == 16 and root.attrs["arch"] == "mlp"
    with h5py.File(path, "r") as f:
        kernel = f["generator/parameters/dense/kernel"]
        assert kernel.dtype == np.dtype("<f4") and kernel.chunks is None
        assert kernel.dims[0][0].name == "/generator/parameters/dense/kernel_0"


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.environ["GANTRAIN_TESTS_DIR"], "test_outputs")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, folder], check=True)
        check_samples(folder)
        check_metrics(folder)
        check_checkpoint(folder)
    print("h5py and xarray (netcdf4, h5netcdf) read all of them")


main()
