#!/usr/bin/env python3
"""Values and gradients of convolutional layers from PyTorch: tests/golden/layers.txt.

    /usr/bin/python3 tests/golden/make_golden_layers.py

Inputs are eighths of whole numbers that both sides compute (see `fill`), so that every sum is exact in float and in
double; only average pooling divides. PyTorch's own convolutions pad both sides alike; here images are padded (or
cropped, for transposed ones) by hand, as Keras does it: half of what is missing in front, the larger half behind.

A case is a line "case KIND h w c filters window_h window_w stride_h stride_w valid bias target_h target_w", then
y, dx, dkernel and dbias, each a line "NAME count" and its values, in the layouts of gantrain (channels last).
"""
import os

import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 2
# kind, h, w, c, filters, window h, w, stride h, w, valid, bias, target h, w
CASES = (
    ("conv2d", 6, 6, 2, 3, 5, 5, 2, 2, 0, 1, 0, 0),
    ("conv2d", 7, 5, 2, 3, 4, 3, 2, 3, 0, 1, 0, 0),
    ("conv2d", 7, 8, 1, 2, 3, 2, 2, 3, 1, 0, 0, 0),
    ("conv2d", 2, 1, 3, 2, 5, 4, 1, 2, 0, 1, 0, 0),
    ("conv2d_transpose", 3, 4, 2, 3, 5, 5, 2, 2, 0, 1, 0, 0),
    ("conv2d_transpose", 4, 3, 2, 2, 5, 4, 2, 2, 0, 1, 7, 5),
    ("conv2d_transpose", 3, 2, 2, 1, 2, 4, 3, 2, 1, 0, 0, 0),
    ("conv2d_transpose", 2, 3, 1, 2, 5, 3, 1, 3, 0, 0, 0, 8),
    ("max_pooling2d", 7, 6, 2, 0, 3, 2, 2, 1, 0, 0, 0, 0),
    ("max_pooling2d", 5, 7, 2, 0, 2, 3, 2, 3, 1, 0, 0, 0),
    ("average_pooling2d", 7, 6, 2, 0, 3, 4, 2, 1, 0, 0, 0, 0),
    ("average_pooling2d", 5, 7, 2, 0, 2, 3, 2, 3, 1, 0, 0, 0),
    ("up_sampling2d", 3, 2, 2, 0, 2, 3, 0, 0, 0, 0, 0, 0),
)


def fill(salt, *shape):
    """Value i is ((i + salt) ** 2 * 37 % 101 - 50) / 8."""
    index = torch.arange(torch.Size(shape).numel(), dtype=torch.float64) + salt
    return ((index * index * 37 % 101 - 50) / 8).reshape(shape).requires_grad_()


def pads(size, window, stride, valid):
    """Before and behind, in Keras' words: what the windows need more than there is."""
    windows = (size - window) // stride + 1 if valid else -(-size // stride)
    missing = 0 if valid else max((windows - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def pad_image(x, case, value):
    _, h, w, _, _, window_h, window_w, stride_h, stride_w, valid = case[:10]
    return F.pad(x, pads(w, window_w, stride_w, valid) + pads(h, window_h, stride_h, valid), value=value)


def crop(y, dim, size, window, stride, valid):
    """The `size` pixels that the windows' pixels are for; zeros behind them where no window reaches."""
    before, _ = pads(size, window, stride, valid)
    missing = before + size - y.shape[dim]
    if missing > 0:
        y = torch.cat([y, y.new_zeros([missing if d == dim else n for d, n in enumerate(y.shape)])], dim)
    return y.narrow(dim, before, size)


def forward(case, x, kernel, bias):
    """x and the result are (rows, channels, h, w), kernel as gantrain has it."""
    kind, h, w, _, _, window_h, window_w, stride_h, stride_w, valid, _, target_h, target_w = case
    window, stride = (window_h, window_w), (stride_h, stride_w)
    if kind == "conv2d":
        return F.conv2d(pad_image(x, case, 0.0), kernel.permute(3, 2, 0, 1), bias, stride)
    if kind == "conv2d_transpose":
        high = target_h or h * stride_h + (max(window_h - stride_h, 0) if valid else 0)
        wide = target_w or w * stride_w + (max(window_w - stride_w, 0) if valid else 0)
        y = F.conv_transpose2d(x, kernel.permute(3, 2, 0, 1), None, stride)
        y = crop(y, 2, high, window_h, stride_h, valid)
        y = crop(y, 3, wide, window_w, stride_w, valid)
        return y if bias is None else y + bias.reshape(1, -1, 1, 1)
    if kind == "max_pooling2d":
        return F.max_pool2d(pad_image(x, case, -1e9), window, stride)
    if kind == "average_pooling2d":
        inside = pad_image(torch.ones_like(x), case, 0.0)
        return F.avg_pool2d(pad_image(x, case, 0.0), window, stride) / F.avg_pool2d(inside, window, stride)
    return x.repeat_interleave(window_h, 2).repeat_interleave(window_w, 3)


def write(file, name, values):
    flat = values.detach().reshape(-1).tolist()
    file.write(f"{name} {len(flat)}\n")
    file.write(" ".join(f"{v:.10g}" for v in flat) + "\n")


def main():
    path = os.path.join(HERE, "layers.txt")
    with open(path, "w") as file:
        file.write(f"# convolutional layers; PyTorch {torch.__version__}, double precision; made by ")
        file.write(f"make_golden_layers.py\n{len(CASES)} cases of {ROWS} rows\n")
        for case in CASES:
            kind, h, w, c, filters, window_h, window_w = case[:7]
            x = fill(1, ROWS, h, w, c)
            kernel = bias = None
            if kind == "conv2d":
                kernel = fill(2, window_h, window_w, c, filters)
            elif kind == "conv2d_transpose":
                kernel = fill(2, window_h, window_w, filters, c)
            if case[10]:
                bias = fill(3, filters)
            y = forward(case, x.permute(0, 3, 1, 2), kernel, bias).permute(0, 2, 3, 1)
            y.backward(fill(4, *y.shape).detach())
            file.write("case " + " ".join(map(str, case)) + "\n")
            write(file, "y", y)
            write(file, "dx", x.grad)
            if kernel is not None:
                write(file, "dkernel", kernel.grad)
            if bias is not None:
                write(file, "dbias", bias.grad)
    print("wrote", path)


if __name__ == "__main__":
    main()
