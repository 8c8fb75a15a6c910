#!/usr/bin/python3
"""The step of gantrain's mlp and dcgan in PyTorch, as its users write it, for jobs/bench/against-pytorch.sh.

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

    def __init__(self, arch, rows, rank, ranks):
        torch.manual_seed(1)
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
        self.pixels = torch.randint(0, 256, (32 * rows, 1, 28, 28), dtype=torch.uint8)
        self.order = torch.randperm(len(self.pixels))
        self.steps = 0
        torch.manual_seed(2 + rank)

    def batch(self):
        first = self.steps * self.rows % len(self.pixels)
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


def run(rank, options, cores, store):
    os.sched_setaffinity(0, {cores[rank]})
    torch.set_num_threads(1)
    if options.ranks > 1:
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=options.ranks)
    trainer = Trainer(options.arch, options.rows, rank, options.ranks)
    guess = agree(timed(trainer, WARM_UP), options.ranks)
    steps = max(1, int(SECONDS / PARTS / guess))
    rates = [options.rows * options.ranks / timed(trainer, steps) for _ in range(PARTS)]
    if rank == 0:
        print(json.dumps({
            "arch": options.arch, "rows": options.rows, "ranks": options.ranks, "steps": steps * PARTS,
            "images_per_s": {"median": statistics.median(rates), "min": min(rates), "max": max(rates)},
            "version": torch.__version__, "onednn": torch.backends.mkldnn.is_available()}))
    if options.ranks > 1:
        dist.barrier()
        dist.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=("mlp", "dcgan"), required=True)
    parser.add_argument("--rows", type=int, default=256, help="images a step and rank")
    parser.add_argument("--ranks", type=int, default=1)
    options = parser.parse_args()
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
