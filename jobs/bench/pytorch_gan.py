#!/usr/bin/python3
"""The step of gantrain's mlp and dcgan in PyTorch, as its users write it, for jobs/bench/against-pytorch.sh; and with
--train a run of it on a data set, which saves images every so often, for jobs/bench/pytorch-quality.sh.

Prints one JSON object: images/s over all ranks (median, min and max over parts) and what ran. More than one rank is
DistributedDataParallel over gloo, one process and one thread a rank, each on a core of its own. Batch normalisation
takes its statistics per rank, since PyTorch has no synchronised one for CPUs (gantrain sums them over all ranks).
"""
import argparse
import json
import os
import statistics
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import nn
from torch.nn.parallel import DistributedDataParallel

LATENT, PARTS, WARM_UP, SECONDS = 100, 5, 5, 2.0


def mlp():
    def block(inputs):
        return nn.Linear(inputs, 128), nn.LeakyReLU(0.2), nn.BatchNorm1d(128, eps=1e-3, momentum=0.2)

    g = nn.Sequential(*block(LATENT), *block(128), nn.Linear(128, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    d = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(128, 1))
    return g, d


def dcgan():
    def activation(channels):
        return nn.BatchNorm2d(channels, eps=1e-3), nn.LeakyReLU(0.2)

    g = nn.Sequential(
        nn.Linear(LATENT, 7 * 7 * 128, bias=False), nn.Unflatten(1, (128, 7, 7)), *activation(128),
        nn.ConvTranspose2d(128, 128, 5, 1, 2, bias=False), *activation(128),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, 1, bias=False), *activation(64),
        nn.ConvTranspose2d(64, 1, 5, 2, 2, 1), nn.Tanh())
    d = nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, 2), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Flatten(), nn.Linear(7 * 7 * 128, 1))
    return g, d


class Trainer:
    """Two players, two optimisers; D's two passes are reduced once, and G's step makes no gradients of D."""

    def __init__(self, arch, rows, rank, ranks, seed=1, pixels=None):
        torch.manual_seed(seed)
        self.rows, self.ranks = rows, ranks
        self.g, self.d = {"mlp": mlp, "dcgan": dcgan}[arch]()
        self.plain_d = self.d
        if ranks > 1:
            self.g, self.d = DistributedDataParallel(self.g), DistributedDataParallel(self.d)
        adam = dict(lr=2e-4, betas=(0.5, 0.999), eps=1e-7)
        self.g_adam = torch.optim.Adam(self.g.parameters(), **adam)
        self.d_adam = torch.optim.Adam(self.d.parameters(), **adam)
        self.loss = nn.BCEWithLogitsLoss()
        self.ones, self.zeros = torch.ones(rows, 1), torch.zeros(rows, 1)
        self.pixels = torch.randint(0, 256, (32 * rows, 1, 28, 28), dtype=torch.uint8) if pixels is None else pixels[rank::ranks]
        self.order = torch.randperm(len(self.pixels))
        self.steps = 0
        torch.manual_seed(1000 * seed + 2 + rank)

    def batch(self):
        whole = len(self.pixels) // self.rows * self.rows
        first = self.steps * self.rows % whole
        if first == 0:
            self.order = torch.randperm(len(self.pixels))
        return self.pixels[self.order[first:first + self.rows]].float().mul_(2 / 255).sub_(1)

    def d_real(self, images):
        loss = 0.5 * self.loss(self.d(images), self.ones)
        loss.backward()
        return loss

    def step(self):
        images = self.batch()
        self.d_adam.zero_grad(set_to_none=True)
        if self.ranks > 1:
            with self.d.no_sync():
                losses = [self.d_real(images)]
        else:
            losses = [self.d_real(images)]
        with torch.no_grad():
            fakes = self.g(torch.randn(self.rows, LATENT))
        losses.append(0.5 * self.loss(self.d(fakes), self.zeros))
        losses[-1].backward()
        self.d_adam.step()

        self.g_adam.zero_grad(set_to_none=True)
        self.plain_d.requires_grad_(False)
        losses.append(self.loss(self.plain_d(self.g(torch.randn(self.rows, LATENT))), self.ones))
        losses[-1].backward()
        self.plain_d.requires_grad_(True)
        self.g_adam.step()
        self.steps += 1
        return [loss.item() for loss in losses]


def agree(value, ranks):
    """Rank 0's number on all ranks."""
    if ranks > 1:
        shared = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(shared, 0)
        value = shared.item()
    return value


def timed(trainer, steps):
    if trainer.ranks > 1:
        dist.barrier()
    start = time.perf_counter()
    for _ in range(steps):
        trainer.step()
    if trainer.ranks > 1:
        dist.barrier()
    return (time.perf_counter() - start) / steps


def draw(trainer, count):
    """Images as uint8 (count, 28, 28), by running statistics."""
    g = trainer.g.module if trainer.ranks > 1 else trainer.g
    g.eval()
    with torch.no_grad():
        parts = [g(torch.randn(min(250, count - first), LATENT)) for first in range(0, count, 250)]
    g.train()
    return torch.cat(parts).add_(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8).squeeze(1).numpy()


def train(rank, options, trainer):
    """For the time that was asked for, without that of saving."""
    import h5py

    spent, due, number = 0.0, options.every, 0
    while spent < options.seconds:
        start = time.perf_counter()
        for _ in range(10):
            trainer.step()
        spent = agree(spent + time.perf_counter() - start, options.ranks)
        if spent >= due or spent >= options.seconds:
            due += options.every
            number += 1
            if rank == 0:
                with h5py.File(options.save, "w" if number == 1 else "a") as f:
                    f[f"t{number:04d}"] = draw(trainer, options.samples)
                    f[f"t{number:04d}"].attrs.update(seconds=spent, steps=trainer.steps, value_range=[0.0, 255.0])
            if options.ranks > 1:
                dist.barrier()
    if rank == 0:
        print(json.dumps({"arch": options.arch, "steps": trainer.steps, "seconds": spent, "saved": options.save}))


def read_images(path):
    import h5py

    with h5py.File(path, "r") as f:
        return torch.from_numpy(f["train/images"][...]).unsqueeze(1)


def run(rank, options, cores, store):
    os.sched_setaffinity(0, {cores[rank]})
    torch.set_num_threads(1)
    if options.ranks > 1:
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=options.ranks)
    pixels = read_images(options.train) if options.train else None
    trainer = Trainer(options.arch, options.rows, rank, options.ranks, options.seed, pixels)
    if options.train:
        train(rank, options, trainer)
    else:
        measure(rank, options, trainer)
    if options.ranks > 1:
        dist.barrier()
        dist.destroy_process_group()


def measure(rank, options, trainer):
    guess = agree(timed(trainer, WARM_UP), options.ranks)
    steps = max(1, int(SECONDS / PARTS / guess))
    rates = [options.rows * options.ranks / timed(trainer, steps) for _ in range(PARTS)]
    if rank == 0:
        print(json.dumps({
            "arch": options.arch, "rows": options.rows, "ranks": options.ranks, "steps": steps * PARTS,
            "images_per_s": {"median": statistics.median(rates), "min": min(rates), "max": max(rates)},
            "version": torch.__version__, "onednn": torch.backends.mkldnn.is_available()}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=("mlp", "dcgan"), required=True)
    parser.add_argument("--rows", type=int, default=256, help="images a step and rank")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--train", metavar="DATA.h5", help="train on /train/images of this file instead of timing steps")
    parser.add_argument("--seconds", type=float, default=120, help="of training")
    parser.add_argument("--every", type=float, default=15, help="seconds between samples")
    parser.add_argument("--samples", type=int, default=2000, help="images a sample")
    parser.add_argument("--save", metavar="FILE.h5", help="where samples go: /t0001, /t0002, ... with the attribute seconds")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.train and not options.save:
        parser.error("--train needs --save FILE.h5")
    cores = sorted(os.sched_getaffinity(0))
    if options.ranks > len(cores):
        parser.error(f"{options.ranks} ranks need as many cores; there are {len(cores)}")
    if options.ranks == 1:
        run(0, options, cores, None)
    else:
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(run, (options, cores, os.path.join(folder, "store")), options.ranks)


if __name__ == "__main__":
    main()
