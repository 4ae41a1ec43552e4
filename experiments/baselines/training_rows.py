"""Rows 1 to 4: steps a second against other programs, and against the arithmetic."""

from __future__ import annotations

import functools
import sys

from baselines import floor
from baselines.keras_acgan import ClassicACGAN
from baselines.ours import mnist, mnist_file, trainer
from baselines.timing import Effort, Worker, alternate, compared, has_torch, rate

# Steps in one measurement: about two seconds each.
_STEPS = {"acgan-classic": 20, "gan-classic": 2_000}


def _against(effort, preset, what, others, **more):
    """Compares the training of `preset` with `others`, {side: run of a number of steps}."""
    num = effort.num(_STEPS[preset])
    runs = {"gan_tf": trainer(preset).train, **others}
    sides = {name: rate(run, num) for name, run in runs.items()}
    return compared(what, "steps/s", alternate(sides, effort.rounds), **more)


def acgan_against_keras(effort: Effort) -> list[dict]:
    """acgan-classic against predict and three train_on_batch."""
    config = trainer("acgan-classic").config
    classic = ClassicACGAN(mnist().x_train, mnist().y_train, config.batch_size)
    what = "`acgan-classic` against the classic Keras loop"
    return [_against(effort, "acgan-classic", what, {"classic Keras": classic.run})]


def _against_torch(effort, preset):
    what = f"`{preset}` against PyTorch"
    if not has_torch(effort.torch_python):
        return {"what": what, "skipped": "PyTorch is not installed"}
    config = trainer(preset).config
    arguments = [config.model, mnist_file(), str(config.batch_size)]
    with Worker(effort.torch_python, "torch_gans", arguments) as worker:
        settings = ["eager"]
        if config.model == "acgan":
            settings += ["channels_last", "channels_last_bfloat16"]
        others = {f"PyTorch {s}": functools.partial(worker.run, s) for s in settings}
        return _against(effort, preset, what, others, version=worker.version)


def acgan_against_torch(effort: Effort) -> list[dict]:
    """acgan-classic against the best of three settings of PyTorch."""
    return [_against_torch(effort, "acgan-classic")]


def share_of_the_floor(effort: Effort) -> list[dict]:
    """Multiply-adds a second of the step against those of a matrix product."""
    rows = []
    for preset, num in _STEPS.items():
        for dtype, mixed in (("float32", "off"), ("bfloat16", "on")):
            ours = trainer(preset, mixed_precision=mixed)
            model = ours.train_step.model
            work = floor.step_multiply_adds(model, ours.config)
            seconds = 0.02 if effort.quick else 0.5
            sides = {
                # In units of 10^9 multiply-adds, as an image is a unit in other rows.
                "gan_tf": rate(ours.train, effort.num(num), work / 1e9),
                "matrix product": functools.partial(_product, dtype, seconds),
            }
            values = alternate(sides, effort.rounds)
            what = f"`{preset}` in {dtype}: share of the floor"
            unit = "G multiply-adds/s"
            rows.append(compared(what, unit, values, multiply_adds_a_step=work))
    return rows


def _product(dtype, seconds):
    return floor.matmul_rate(dtype, seconds) / 1e9


def gan_against_others(effort: Effort) -> list[dict]:
    """gan-classic against a TensorFlow 1 session, and against PyTorch."""
    batch_size = trainer("gan-classic").config.batch_size
    arguments = ["logits", mnist_file(), str(batch_size)]
    with Worker(sys.executable, "tf1_gan", arguments) as worker:
        what = "`gan-classic` against a TensorFlow 1 session"
        others = {"TF 1 session": functools.partial(worker.run, "session")}
        row = _against(effort, "gan-classic", what, others, version=worker.version)
    return [row, _against_torch(effort, "gan-classic")]
