"""
The Vision Transformer of vit.ts in PyTorch, as people train it (eager, fused attention), and `serve`, which takes one
step for each line of its input, so that a bench can interleave steps with its own.

    python torch_vit.py '{"batch": 8, "threads": 2}'

prints one line of JSON when it is ready and one after each step: {"ms": …, "cpu": …, "loss": …}.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x, prefix=None):
        """prefix: keys and values [N, P, D] each, put before the block's own."""
        q, k, v = self.qkv(self.norm1(x)).chunk(3, -1)
        if prefix is not None:
            k, v = torch.cat([prefix[0], k], 1), torch.cat([prefix[1], v], 1)
        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        o = F.scaled_dot_product_attention(split(q), split(k), split(v))
        x = x + self.out(o.transpose(1, 2).flatten(2))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Vit(nn.Module):
    def __init__(self, layers=12, width=768, heads=12, hidden=3072, image_size=224, patch_size=16):
        super().__init__()
        tokens = (image_size // patch_size) ** 2 + 1
        self.patch = nn.Conv2d(3, width, patch_size, patch_size, bias=False)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.zeros(1, tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def embed(self, pixels):
        patches = self.patch(pixels).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(pixels), -1, -1)
        return torch.cat([first, patches], 1) + self.position

    def forward(self, pixels):
        x = self.embed(pixels)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 0]


def serve(make_step):
    """make_step(config) gives a function that takes a step and returns its loss, a scalar tensor."""
    config = json.loads(sys.argv[1])
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    step = make_step(config)
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for _ in sys.stdin:
        start, cpu = time.perf_counter(), time.process_time()
        loss = step().item()
        ms, cpu = (time.perf_counter() - start) * 1e3, (time.process_time() - cpu) * 1e3
        print(json.dumps({"ms": ms, "cpu": cpu, "loss": loss}), flush=True)


def fine_tune(config):
    """All weights and a head of 100 classes, AdamW in one fused kernel."""
    model, head = Vit(), nn.Linear(768, 100)
    parameters = [*model.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-5, fused=config.get("fused", True))
    pixels = torch.randn(config["batch"], 3, 224, 224)
    labels = torch.arange(config["batch"]) % 100

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(head(model(pixels)), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


if __name__ == "__main__":
    serve(fine_tune)
