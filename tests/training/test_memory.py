"""What a training costs is said, and what does not fit is refused before it is made."""

import re
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_config

import gan_tf
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import acgan, model_class
from gan_tf.models.cost import model_costs, network_cost
from gan_tf.training import memory
from gan_tf.training.memory import check_memory
from gan_tf.training.trainer import Trainer


def costs(preset, shape, num_classes=10, **settings):
    config = Config(preset=preset, **settings)
    return model_costs(model_class(config.model), config, shape, num_classes)


def test_costs_are_the_closed_forms():
    g, d = costs("acgan", (28, 28, 1))
    # A 4x4 transposed convolution of stride 2 multiplies 16 weights per input pixel.
    dense, first, second = 132 * 7 * 7 * 128, 49 * 16 * 128 * 64, 196 * 16 * 64 * 32
    assert g.multiply_adds == dense + first + second + 784 * 9 * 32
    kernels = 16 * 48, 9 * 48 * 64, 9 * 64 * 64, 9 * 64 * 192
    sizes = 196, 49, 49, 16
    convolutions = sum(size * kernel for size, kernel in zip(sizes, kernels))
    assert d.multiply_adds == convolutions + 3072 * 21
    assert d.weights == sum(kernels) + 48 + 64 + 64 + 192 + 3073 * 21
    # Images and their labels, and each layer's outputs.
    outputs = 784 + 2 * 196 * 48 + 4 * 49 * 64 + 2 * 16 * 192 + 3072 + 21
    assert d.activations == outputs
    g, d = costs("acgan-classic", (28, 28, 1))
    folded = 49 * 16 * 128 * 128 + 196 * 16 * 128 * 64
    assert g.multiply_adds == 100 * 7 * 7 * 128 + folded + 784 * 9 * 64
    g, d = costs("gan", (28, 28, 1))
    assert g.multiply_adds == (128 + 128) * 512 + 512 * 512 + 512 * 784
    config = Config(preset="gan")
    model = model_class("gan")(config, (28, 28, 1), 10)
    assert (network_cost(model.generator), network_cost(model.discriminator)) == (g, d)


@pytest.mark.parametrize(
    "settings, of_g, of_d",
    [
        ({}, 3, 8),
        ({"resample_z": True}, 4, 8),
        ({"g_steps": 3}, 9, 12),
        ({"d_steps": 2, "g_steps": 2, "resample_z": True}, 8, 16),
    ],
)
def test_a_step_is_every_pass_of_both_networks(settings, of_g, of_d):
    config = Config(batch_size=64, **settings)
    cls = model_class(config.model)
    g, d = (cost.multiply_adds for cost in model_costs(cls, config, (28, 28, 1), 10))
    text = check_memory(cls, config, (100, 28, 28, 1), 10)
    billions = 64 * (of_g * g + of_d * d) / 1e9
    assert f"a step about {billions:.1f} billion" in text


@pytest.mark.parametrize("colours", [1, 3])
def test_the_networks_follow_the_size(colours):
    assert acgan.num_halvings((28, 28, colours)) == 2
    shape = 28, 28, colours
    assert [acgan.channels(shape, i, 1.0) for i in range(3)] == [32, 64, 128]
    expected = [(48, 2), (64, 2), (64, 1), (192, 2)]
    assert acgan.discriminator_layers(shape) == expected
    for side in range(16, 257):
        for height, width in ((side, side), (side, 256), (2 * side, side)):
            shape = height, width, colours
            halvings = acgan.num_halvings(shape)
            assert 4 <= -(-min(shape[:2]) // 2**halvings) <= 7
            for factor in (0.5, 1.0, 1.5):
                widths = [acgan.channels(shape, i, factor) for i in range(halvings + 1)]
                assert widths == sorted(widths) and widths[-1] <= 256 * factor
                assert widths[0] >= 16 and not any(width % 16 for width in widths)


def test_the_page_has_the_networks_of_the_sizes():
    page = (Path(__file__).parents[2] / "docs" / "few_pictures.md").read_text()
    pattern = r"^\| ([\dx]+) \| ([\d, ]+) \| ([\d, ]+) \| (.*)M \| (.*)M \|$"
    rows = re.findall(pattern, page, re.M)
    assert len(rows) == 5
    for size, *widths, weights, multiply_adds in rows:
        shape = tuple(map(int, size.split("x")))
        stages = range(acgan.num_halvings(shape) + 1)
        of_g = [acgan.channels(shape, i, 1.0) for i in reversed(stages)]
        of_d = [filters for filters, _ in acgan.discriminator_layers(shape)]
        assert widths == [", ".join(map(str, of)) for of in (of_g, of_d)]
        g, d = costs("acgan", shape)
        assert f"{(g.weights + d.weights) / 1e6:.1f}" == weights
        assert f"{(g.multiply_adds + d.multiply_adds) / 1e6:.0f}" == multiply_adds


@pytest.mark.parametrize("shape", [(97, 61, 1), (64, 64, 3), (256, 256, 3)])
def test_large_networks_cost_in_proportion_to_their_pixels_at_most(shape):
    (g, d), (small_g, small_d) = costs("acgan", shape), costs("acgan", (32, 32, 3))
    pixels = shape[0] * shape[1] / 32**2
    assert g.weights < 2.5e6 and d.weights < 2.5e6
    assert g.multiply_adds < 1.5 * pixels * small_g.multiply_adds
    assert d.multiply_adds < 1.5 * pixels * small_d.multiply_adds


def test_a_training_that_cannot_fit_is_refused_before_anything_is_made(
    tmp_path, monkeypatch, blob_file
):
    config = Config(preset="acgan-classic", latent_dim=65_536)
    cls = model_class("acgan")
    # 65,536 x 64 x 64 x 128 weights, each of 20 bytes with gradient, moments and average.
    with pytest.raises(InputError, match=r"architecture \(classic\) .* about 70. GB"):
        check_memory(cls, config, (100, 256, 256, 3), 10)
    monkeypatch.setattr(memory, "_device_memory", lambda: 10**9)
    with pytest.raises(InputError, match=r"batch_size \(4096\) with images of 28x28x1"):
        check_memory(cls, Config(batch_size=4096), (100, 28, 28, 1), 10)
    with pytest.raises(InputError, match=r"or smaller images, in another --run_dir$"):
        check_memory(cls, Config(batch_size=4096), (100, 28, 28, 1), 10, 1, False)
    assert "billion" in check_memory(cls, Config(), (100, 28, 28, 1), 10)
    with pytest.raises(InputError, match=r"data \(mnist\) .* fewer of them \(--subset\)"):
        check_memory(cls, Config(), (10**6, 28, 28, 1), 10)
    loop = Config(preset="gan", steps_per_loop=100_000, log_every=100_000)
    with pytest.raises(InputError, match=r"steps_per_loop \(100000\) .* about 13\.. GB"):
        check_memory(model_class("gan"), loop, (100, 28, 28, 1), 0)
    monkeypatch.setattr(memory, "_device_memory", lambda: 10**8)
    with pytest.raises(InputError, match="there are 0.1 GB"):
        gan_tf.fit(tiny_config("gan", data=str(blob_file)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_memory_is_that_of_the_gpu_or_of_the_machine(tmp_path, monkeypatch):
    assert 1e9 < memory._device_memory() < 1e14
    monkeypatch.setattr(memory, "total_memory", lambda: 123456789)
    assert memory._device_memory() == 123456789
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho NVIDIA A, 81559\necho NVIDIA A, 40960\necho B, 2048\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(memory.tf.config, "get_visible_devices", lambda kind: ["one"])
    details = {"device_name": "NVIDIA A"}
    experimental = memory.tf.config.experimental
    monkeypatch.setattr(experimental, "get_device_details", lambda device: details)
    assert memory._device_memory() == 40960 * 2**20
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert memory._device_memory() is None


def test_a_step_of_a_large_image_of_any_shape_trains():
    config = tiny_config("acgan", batch_size=2, r1_gamma=1.0, augment="translate,color")
    images = np.random.default_rng(0).integers(0, 256, (4, 97, 61, 3), dtype=np.uint8)
    model = model_class("acgan")(config, images.shape[1:], 2)
    trainer = Trainer(model, images, np.array([0, 1, 0, 1], np.int32), config)
    metrics, _ = trainer.train(2)
    assert np.isfinite(list(metrics.values())).all()
    # R1 is in proportion to the pixels, beyond those of 28x28.
    assert trainer.train_step._r1_gamma == pytest.approx(97 * 61 / 784)
