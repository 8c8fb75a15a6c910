#!/usr/bin/env python3
"""Expected losses of the first steps, from PyTorch: tests/golden/article.txt and mlp.txt.

    cmake --build build/release --target dump_inputs
    /usr/bin/python3 tests/golden/make_golden.py build/release/tests/dump_inputs

dump_inputs writes the initial weights, real batches, noise and dropout masks that our generator makes; the
networks, the losses, the gradients and Adam here are PyTorch's (python3-torch), in double precision. With
--float32 as a second argument the same runs in single precision and is only compared with the files: what
two correct programs may differ by.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

HERE = os.path.dirname(os.path.abspath(__file__))
PRECISION = torch.float64


class Inputs:
    """The records of dump_inputs, by name; those of a step come one after the other."""

    def __init__(self, path):
        self.records = {}
        with open(path, "rb") as file:
            while header := file.readline():
                name, count = header.decode().split()
                values = np.frombuffer(file.read(4 * int(count)), dtype="<f4")
                self.records.setdefault(name, []).append(torch.tensor(values.copy()).to(PRECISION))

    def one(self, name):
        (record,) = self.records[name]
        return record

    def step(self, name, step, rows):
        return self.records[name][step].reshape(rows, -1)


class GivenDropout(nn.Module):
    """Dropout with a mask from outside (already scaled by 1 / (1 - rate))."""

    mask = None

    def forward(self, x):
        return x * self.mask


def make_generator(name):
    """Momentum of PyTorch is one minus that of Keras."""
    norm = dict(eps=1e-3, momentum=0.2)
    return nn.Sequential(
        nn.Linear(100, 128), nn.LeakyReLU(0.2), nn.BatchNorm1d(128, **norm),
        nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.BatchNorm1d(128, **norm),
        nn.Linear(128, 784), nn.Tanh() if name == "mlp" else nn.LeakyReLU(0.2),
    )  # fmt: skip


def make_discriminator():
    return nn.Sequential(nn.Linear(784, 128), nn.LeakyReLU(0.2), GivenDropout(), nn.Linear(128, 1))


def load(network, prefix, inputs):
    """Our names are Keras' names: dense, dense_1, ...; a kernel is (in, out)."""
    dense = norm = 0
    with torch.no_grad():
        for layer in network:
            if isinstance(layer, nn.Linear):
                name = f"{prefix}/dense" + (f"_{dense}" if dense else "")
                kernel = inputs.one(name + "/kernel")
                layer.weight.copy_(kernel.reshape(layer.in_features, layer.out_features).T)
                layer.bias.copy_(inputs.one(name + "/bias"))
                dense += 1
            elif isinstance(layer, nn.BatchNorm1d):
                name = f"{prefix}/batch_normalization" + (f"_{norm}" if norm else "")
                layer.weight.copy_(inputs.one(name + "/gamma"))
                layer.bias.copy_(inputs.one(name + "/beta"))
                norm += 1
    return network.to(PRECISION)


def train(name, inputs):
    """A list of (d_loss_real, d_loss_fake, g_loss), each the mean over the batch, one entry a step."""
    generator = load(make_generator(name), "generator", inputs)
    discriminator = load(make_discriminator(), "discriminator", inputs)
    lr, beta1, beta2, epsilon = (float(f"{x:.6g}") for x in inputs.one("adam").tolist())
    settings = dict(lr=lr, betas=(beta1, beta2), eps=epsilon)
    adam_g = torch.optim.Adam(generator.parameters(), **settings)
    adam_d = torch.optim.Adam(discriminator.parameters(), **settings)
    steps = len(inputs.records["real"])
    rows = inputs.records["latent_d"][0].numel() // 100
    ones, zeros = torch.ones(rows, 1, dtype=PRECISION), torch.zeros(rows, 1, dtype=PRECISION)
    losses = []

    def score(images, step, mask, target):
        discriminator[2].mask = inputs.step(mask, step, rows)
        return cross_entropy(discriminator(images), target)

    for step in range(steps):
        adam_d.zero_grad()
        d_real = score(inputs.step("real", step, rows), step, "mask_real", ones)
        fakes = generator(inputs.step("latent_d", step, rows)).detach()
        d_fake = score(fakes, step, "mask_fake", zeros)
        (0.5 * (d_real + d_fake)).backward()
        adam_d.step()
        adam_g.zero_grad()
        g_loss = score(generator(inputs.step("latent_g", step, rows)), step, "mask_g", ones)
        g_loss.backward()
        adam_g.step()
        losses.append((d_real.item(), d_fake.item(), g_loss.item()))
    return losses


def main():
    global PRECISION
    compare = "--float32" in sys.argv
    if compare:
        PRECISION = torch.float32
    for name in ("article", "mlp"):
        golden = os.path.join(HERE, name + ".txt")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "inputs")
            subprocess.run([sys.argv[1], name, path], check=True)
            losses = train(name, Inputs(path))
        if compare:
            expected = np.loadtxt(golden)[:, 1:]
            worst = np.max(np.abs(np.array(losses) / expected - 1), axis=0)
            print(name, "relative differences in single precision:", worst)
            continue
        with open(golden, "w") as file:
            file.write(f"# {name}: step d_loss_real d_loss_fake g_loss; PyTorch {torch.__version__}, ")
            file.write("double precision; made by make_golden.py\n")
            for step, row in enumerate(losses):
                file.write(f"{step} " + " ".join(f"{x:.12g}" for x in row) + "\n")
        print("wrote", golden)


if __name__ == "__main__":
    main()
