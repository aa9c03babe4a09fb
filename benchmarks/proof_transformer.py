"""A small transformer over bytes, for `proof.py --transformer`: bits of texts it has not read.

Input: the texts of an arm, joined with an end between them, as far as the budget of bytes goes.
Output: bits of each judged text, of every byte given those before it in its window.

About 0.85 M parameters at the default size: four blocks of width 128 with four heads, windows of
256 bytes, embeddings shared with the output. One pass over the budget with AdamW. On a GPU the
same code takes larger sizes. Needs PyTorch (extra `trainers`).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

END = 256
WINDOW = 256  # bytes that are seen at once
BATCH = 16
RATE = 2e-3


class Block(nn.Module):
    """Attention to what came before, then a layer of four times the width."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.looks = nn.Linear(width, 3 * width, bias=False)
        self.joins = nn.Linear(width, width, bias=False)
        self.wide = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size, length, width = x.shape
        parts = self.looks(self.before(x)).view(size, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.joins(seen.transpose(1, 2).reshape(size, length, width))
        return x + self.wide(self.between(x))


class Transformer(nn.Module):
    """Log chances of the next byte at each place of a window."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.bytes, self.places = nn.Embedding(END + 1, width), nn.Embedding(WINDOW, width)
        self.blocks = nn.Sequential(*(Block(width, max(1, width // 32)) for _ in range(layers)))
        self.last = nn.LayerNorm(width)
        for embedding in (self.bytes, self.places):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.bytes(x) + self.places(torch.arange(x.shape[1], device=x.device))
        return self.last(self.blocks(seen)) @ self.bytes.weight.T


def fit(
    texts: Sequence[bytes], budget: int, seed: int, *, width: int = 128, layers: int = 4
) -> Transformer:
    """Return a model of the texts' first `budget` bytes, each seen once."""
    torch.manual_seed(seed)
    joined: list[int] = []
    for text in texts:
        joined += [*text[: budget - len(joined)], END]
        if len(joined) >= budget:
            break
    rows = len(joined) // (WINDOW + 1)
    data = torch.tensor(joined[: rows * (WINDOW + 1)]).view(rows, WINDOW + 1)
    data = data[torch.randperm(rows)]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = Transformer(width, layers).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.1, betas=(0.9, 0.95))
    steps = math.ceil(rows / BATCH)
    for step in range(steps):
        warm, left = min(1.0, (step + 1) / 50), 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = RATE * warm * (0.1 + 0.9 * left)
        batch = data[step * BATCH : (step + 1) * BATCH].to(device)
        found = model(batch[:, :-1])
        loss = functional.cross_entropy(found.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model


@torch.no_grad()
def bits(model: Transformer, texts: Sequence[bytes]) -> np.ndarray:
    """Return the bits of each text: of windows half of which was seen before, but for the first."""
    device = next(model.parameters()).device
    totals, half = [], WINDOW // 2
    for text in texts:
        codes = [END, *text]
        starts = range(0, max(1, len(codes) - 1 - half), half)
        windows = [codes[start : start + WINDOW + 1] for start in starts]
        rows = torch.full((len(windows), WINDOW + 1), END)
        counted = torch.zeros(len(windows), WINDOW, dtype=torch.bool)
        for i, window in enumerate(windows):
            rows[i, : len(window)] = torch.tensor(window)
            counted[i, 0 if i == 0 else half : len(window) - 1] = True
        rows, counted = rows.to(device), counted.to(device)
        costs = functional.cross_entropy(
            model(rows[:, :-1]).transpose(1, 2), rows[:, 1:], reduction="none"
        )
        totals.append(float(costs[counted].sum()) / math.log(2))
    return np.asarray(totals)
