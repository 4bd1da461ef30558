"""The decoder: documents do not see one another, and transformers computes the same."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.train.model import IGNORED, Decoder, Documents, see_documents
from eurocorpus.pipeline.train.optimiser import Muon, orthogonalise
from eurocorpus.pipeline.train.plan import Shape

SHAPE = Shape(64, layers=2, hidden=32, heads=4, kv_heads=2, head_dim=8, feed_forward=48)
END = 0


def new_decoder(shape: Shape = SHAPE) -> Decoder:
    torch.set_num_threads(1)
    model = Decoder(shape)
    model.initialise(1)
    return model


def draw_tokens(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(1, 64, (rows, length), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 99))
def test_a_document_is_predicted_as_if_it_were_alone(lengths: list[int], seed: int) -> None:
    """The slow twin: each document passes by itself."""
    model = new_decoder()
    parts = [torch.cat((torch.tensor([[END]]), draw_tokens(1, n, seed + n)), 1) for n in lengths]
    together = torch.cat(parts, 1)
    logits = model(together, see_documents(together, END, varlen=False))
    alone = torch.cat([model(part, Documents()) for part in parts], 1)
    torch.testing.assert_close(logits, alone, atol=1e-5, rtol=0)


def test_bounds_for_varlen_are_where_the_mask_begins_documents() -> None:
    tokens = torch.tensor([[5, 6, END, 7, 8], [END, 9, END, END, 3]])
    bounds = see_documents(tokens, END, varlen=True).bounds
    assert bounds is not None
    assert bounds.dtype == torch.int32
    assert bounds[:7].tolist() == [0, 2, 5, 7, 8, 10, 10]
    assert set(bounds[7:].tolist()) == {10}
    mask = see_documents(tokens, END, varlen=False).mask
    assert mask is not None
    assert mask[0, 0, 4].tolist() == [False, False, True, True, True]
    assert mask[0, 0, 1].tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("tied", [True, False])
def test_parameters_are_counted_as_they_are(tied: bool) -> None:
    shape = replace(SHAPE, tied=tied)
    model = new_decoder(shape)
    assert shape.parameters == sum(weight.numel() for weight in model.parameters())


def test_ignored_targets_cost_nothing_and_z_loss_only_adds() -> None:
    model, tokens = new_decoder(), draw_tokens(2, 6)
    targets = tokens.roll(-1, 1)
    targets[:, -1] = IGNORED
    losses = model(tokens, Documents(), targets)
    assert losses[:, -1].tolist() == [0.0, 0.0]
    assert (model(tokens, Documents(), targets, z_loss=0.1) > losses)[:, :-1].all()


def test_recomputed_activations_give_the_same_gradients() -> None:
    gradients = []
    for recompute in (False, True):
        model, tokens = new_decoder(), draw_tokens(2, 8)
        model.recompute = recompute
        model(tokens, Documents(), tokens.roll(-1, 1)).mean().backward()
        gradients.append([weight.grad for weight in model.parameters()])
    torch.testing.assert_close(gradients[0], gradients[1])


@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (24, 8), (8, 24)])
def test_newton_schulz_comes_near_the_orthogonal_factor(rows: int, columns: int) -> None:
    matrix = torch.randn(rows, columns, generator=torch.Generator().manual_seed(3))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonalise(matrix)
    sizes = torch.linalg.svdvals(found)
    assert sizes.min() > 0.5  # the reference's coefficients leave a band about 1
    assert sizes.max() < 1.3
    assert torch.nn.functional.cosine_similarity(found.flatten(), (left @ right).flatten(), 0) > 0.9


def test_muon_steps_are_as_large_as_adamw_s() -> None:
    """0.2 is the root mean square of AdamW's steps (arXiv 2502.16982)."""
    weight = torch.nn.Parameter(torch.zeros(64, 16))
    weight.grad = torch.randn(64, 16, generator=torch.Generator().manual_seed(0))
    Muon([weight], lr=1.0).step()
    assert 0.15 < weight.detach().square().mean().sqrt() < 0.25
