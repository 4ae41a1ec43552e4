"""Rows 1 to 5, 8 and 9: trainers and samplers in this process."""

import itertools
import math
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from baselines import multiply_adds
from baselines.ours import mnist, mnist_file, trainer
from baselines.timing import Effort, Worker, alternate, compared, has_torch, rate, seconds

from gan_tf.sampling import image_io
from gan_tf.sampling.sampler import Sampler
from gan_tf.training import devices

# Steps in one measurement: about two seconds each.
_STEPS = {"acgan-classic": 20, "gan-classic": 2_000, "acgan": 40}
# The second one where it is fast.
_PRECISIONS = ("float32", "off"), ("bfloat16", "on")
_PREDICT_BATCH, _LABEL = 32, 7


def against(preset, what, others, num, rounds, **more) -> dict:
    """Returns the row of `preset` and `others`, {side: function of a number of steps}."""
    runs = {"gan_tf": trainer(preset).train, **others}
    sides = {name: rate(run, num) for name, run in runs.items()}
    return compared(what, "steps/s", alternate(sides, rounds), **more)


def _against(effort, preset, what, others, **more):
    num = effort.num(_STEPS[preset])
    return against(preset, f"`{preset}` against {what}", others, num, effort.rounds, **more)


def acgan_against_keras(effort: Effort) -> list[dict]:
    """acgan-classic against predict and three train_on_batch."""
    arguments = [mnist_file(), str(trainer("acgan-classic").config.batch_size)]
    with Worker(sys.executable, "keras_acgan", arguments) as worker:
        others = {"classic Keras": partial(worker.run, "keras")}
        what, more = "the classic Keras loop", {"version": worker.version}
        row = _against(effort, "acgan-classic", what, others, **more)
    return [row]


def against_torch(effort: Effort, preset: str = "acgan-classic") -> list[dict]:
    """acgan-classic against the best of three settings of PyTorch; or another preset."""
    if not has_torch(effort.torch_python):
        what = f"`{preset}` against PyTorch"
        return [{"what": what, "skipped": "PyTorch is not installed"}]
    config = trainer(preset).config
    arguments = [config.model, mnist_file(), str(config.batch_size)]
    with Worker(effort.torch_python, "torch_gans", arguments) as worker:
        settings = ["eager"]
        if config.model == "acgan":
            settings += ["channels_last", "channels_last_bfloat16"]
        others = {f"PyTorch {s}": partial(worker.run, s) for s in settings}
        return [_against(effort, preset, "PyTorch", others, version=worker.version)]


def against_matrix_product(effort: Effort) -> list[dict]:
    """Multiply-adds per second of the step against those of a matrix product."""
    rows, least = [], 0.02 if effort.quick else 0.5
    for preset, num in _STEPS.items():
        for dtype, mixed in _PRECISIONS[: 1 + devices.multiplies_bfloat16()]:
            # R1, of some steps, has second derivatives, which are not counted.
            ours = trainer(preset, mixed_precision=mixed, r1_gamma=0.0)
            work = multiply_adds.of_step(ours.train_step.model, ours.config)
            sides = {
                "gan_tf": rate(ours.train, effort.num(num), work / 1e9),
                "matrix product": partial(multiply_adds.matmul_rate, dtype, least),
            }
            values = alternate(sides, effort.rounds)
            what = f"`{preset}` in {dtype}: fraction of the matrix-product rate"
            unit = "G multiply-adds/s"
            rows.append(compared(what, unit, values, multiply_adds_per_step=work))
    return rows


def gan_against_others(effort: Effort) -> list[dict]:
    """gan-classic against a TensorFlow 1 session, and against PyTorch."""
    batch_size = trainer("gan-classic").config.batch_size
    arguments = ["logits", mnist_file(), str(batch_size)]
    with Worker(sys.executable, "tf1_gan", arguments) as worker:
        others = {"TF 1 session": partial(worker.run, "session")}
        what, more = "a TensorFlow 1 session", {"version": worker.version}
        row = _against(effort, "gan-classic", what, others, **more)
    return [row, *against_torch(effort, "gan-classic")]


def generation(effort: Effort) -> list[dict]:
    """Making images by the sampler against a loop of generator.predict."""
    ours = trainer("acgan")
    generator, model = ours.ema_generator, ours.train_step.model

    def predict(num):
        made = []
        for start in range(0, num, _PREDICT_BATCH):
            size = min(_PREDICT_BATCH, num - start)
            z = np.random.normal(size=(size, ours.config.latent_dim))
            inputs = [z.astype(np.float32), np.full(size, _LABEL, np.int32)]
            made.append(generator.predict(inputs, verbose=0))
        return image_io.to_uint8(np.concatenate(made), *model.image_range)

    num = 64 if effort.quick else 10_000
    sampler = Sampler(generator, model.image_range, ours.config.noise, mnist().class_names)
    runs = {"gan_tf": lambda num: sampler.generate(_LABEL, num), "predict at 32": predict}
    values = alternate({k: rate(run, num) for k, run in runs.items()}, effort.rounds)
    return [compared(f"`acgan`: making {num:,} images", "images/s", values)]


def batch_sizes(effort: Effort) -> list[dict]:
    """Training at batch 512 against 128 and 32, images per second."""
    rows = []
    for model, num_images in (("gan", 51_200), ("acgan", 16_384)):
        sides = {}
        for size in (512, 128, 32):
            run = trainer(model, batch_size=size).train
            sides[f"batch {size}"] = rate(run, effort.num(num_images // size), size)
        what = f"`{model}`: training at batch 512 against 128 and 32"
        rows.append(compared(what, "images/s", alternate(sides, effort.rounds)))
    return rows


def outputs(effort: Effort) -> list[dict]:
    """Training with the default logging, samples and checkpoints against none of it."""
    rows = []
    for preset in ("gan",) if effort.quick else ("gan", "acgan"):
        ours = trainer(preset)
        steps = effort.num(ours.config.log_every)
        turns, writing = _output_seconds(ours, steps, effort)
        # Per step, samples and checkpoints cost too little to show in a difference.
        every = {"samples": ours.config.sample_every, "checkpoint": ours.config.save_every}
        per_step = sum(statistics.median(v) / every[k] for k, v in writing.items())
        sides = {
            "all outputs": [1 / (s / steps + per_step) for s in turns["with"]],
            "none": [steps / s for s in turns["without"]],
        }
        what = f"`{preset}`: all outputs at their defaults against none"
        rows.append(compared(what, "steps/s", sides, seconds_of_writing=writing))
    return rows


def _output_seconds(ours, steps, effort):
    """Returns two {side: [seconds per round]}.

    The first is of `steps` steps "with" one log step and "without". A checkpoint flushes
    the events of many log steps at once; each log step's fraction of that is added. The
    second is of writing "samples" and a "checkpoint".
    """
    from gan_tf.data.fingerprint import describe
    from gan_tf.monitoring.recorder import Recorder
    from gan_tf.run_dir.run import Run

    model, numbers, num_turns = ours.train_step.model, itertools.count(), effort.num(15)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder), ours.config, describe(mnist()), "")
        with Recorder(run, model, ours.ema_generator, mnist(), "") as recorder:

            def logged():
                metrics, snapshot = ours.train(steps)
                scalars = metrics | ours.learning_rates() | recorder.speed(ours.step)
                tensors = ours.tensors(snapshot)
                scalars |= recorder.write_histograms(tensors, ours.step)
                recorder.write_scalars(scalars, ours.step)

            def checkpoint():
                recorder.save(ours.checkpoint, next(numbers))

            ours.train(steps)
            recorder.start(ours.step, math.inf, math.inf)
            samples = partial(recorder.write_sample_grid, 0)
            for warm_up in (logged, checkpoint, samples):
                warm_up()
            # A log step costs less than the machine's own changes: many short turns.
            sides = {"with": seconds(logged), "without": seconds(lambda: ours.train(steps))}
            turns = alternate(sides, num_turns)
            flushing = seconds(checkpoint)()
            sides = {"samples": seconds(samples), "checkpoint": seconds(checkpoint)}
            writing = alternate(sides, effort.rounds)
    flush = max(0.0, flushing - statistics.median(writing["checkpoint"])) / num_turns
    return turns | {"with": [spent + flush for spent in turns["with"]]}, writing
