"""
VQ-Prompt's training step in PyTorch eager: pools of 10 prompts (4 + 4 tokens) in blocks 0 to 4 of a frozen ViT-B/16, the
losses of the paper, AdamW on prompts, keys and a head of 100 classes.

    PYTHONPATH=<repository>/packages/autodiff/bench/support python torch_vq_prompt.py '{"batch": 8, "threads": 2, "query": "cached"}'

`query`: `cached` starts from the patch embedding and the query, as the bench beside it does; `recomputed` runs the frozen model
without prompts at each step, as the authors' code does.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch_vit import Vit, serve

LAYERS, ENTRIES, LENGTH, WIDTH = 5, 10, 8, 768


def vq_prompt(config):
    batch = config["batch"]
    model = Vit().requires_grad_(False)
    head = nn.Linear(WIDTH, 100)
    prompts = nn.ParameterList(nn.Parameter(torch.rand(ENTRIES, LENGTH, WIDTH)) for _ in range(LAYERS))
    keys = nn.ParameterList(nn.Parameter(torch.rand(ENTRIES, WIDTH)) for _ in range(LAYERS))
    optimizer = torch.optim.AdamW(
        [
            {"params": [*prompts, *keys], "lr": 0.0125},
            {"params": head.parameters(), "lr": 0.0025},
        ],
        weight_decay=0,
    )
    pixels = torch.randn(batch, 3, 224, 224)
    labels = torch.arange(batch) % 100
    with torch.no_grad():
        embedding, known = model.embed(pixels), model(pixels)

    def choose(query, layer):
        scores = F.softmax(query @ F.normalize(keys[layer], dim=1).T, 1)
        pool = prompts[layer].flatten(1)
        soft = scores @ pool
        nearest = ((soft[:, None] - pool[None]) ** 2).sum(-1).argmin(1)
        entry = pool[nearest]
        loss = 0.1 * F.mse_loss(entry, soft.detach()) + 0.4 * F.mse_loss(soft, entry.detach())
        prompt = (soft + (entry - soft).detach()).unflatten(1, (LENGTH, WIDTH))
        return prompt.chunk(2, 1), loss

    def step():
        if config["query"] == "cached":
            x, query = embedding, known
        else:
            with torch.no_grad():
                query = model(pixels)
                x = model.embed(pixels)
        loss = 0
        for layer, block in enumerate(model.blocks):
            prefix = None
            if layer < LAYERS:
                prefix, own = choose(query, layer)
                loss = loss + own
            x = block(x, prefix)
        loss = loss + F.cross_entropy(head(model.norm(x)[:, 0]), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    return step


if __name__ == "__main__":
    serve(vq_prompt)
