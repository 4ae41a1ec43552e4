"""The experiments that reproduce tutorials: a quick run, the page, the computations."""

import importlib
import json
import types
from pathlib import Path

import numpy as np
import pytest

from gan_tf.errors import InputError
from gan_tf.presets import PRESETS
from gan_tf.sampling import image_io as images

ROOT = Path(__file__).parents[1]
NAMES = ("gan_classic", "gan_50k", "gan_deep", "gan_100k", "acgan_classic")


@pytest.fixture(scope="module", autouse=True)
def on_path():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "experiments")
        # Other scripts' baselines run on the CPU; so do these.
        patch.setenv("CUDA_VISIBLE_DEVICES", "-1")
        yield


class Judge:
    """In place of an `Evaluator`, which takes ten seconds to look at real images."""

    real = {"frechet_ratio": 1.0}
    dataset = types.SimpleNamespace(num_classes=10)

    def score_sampler(self, sampler):
        made = sampler.generate(num=2)
        assert made.shape == (2, 28, 28, 1)
        return types.SimpleNamespace(
            metrics={"frechet_ratio": 2.5}, seen=np.array([1, 1, 1, 7])
        )


@pytest.fixture(scope="module")
def measured(on_path, tmp_path_factory):
    """(The folder of a quick run of gan_100k, how often it trained in two runs)."""
    import gan_100k
    import tutorial
    from baselines import ours

    folder = tmp_path_factory.mktemp("tutorial")
    trained = []
    with pytest.MonkeyPatch.context() as patch:
        train = tutorial.gan_tf.train

        def counted(config, run_dir, gpu):
            trained.append(run_dir.name)
            return train(config, run_dir, gpu)

        patch.setattr(tutorial.gan_tf, "train", counted)
        patch.setattr(tutorial.Experiment, "evaluator", Judge())
        for _ in range(2):
            gan_100k.main(["gan_100k", "--quick=true", f"--out={folder}"])
    ours.made.cache_clear()
    return folder, trained


def test_a_quick_run_writes_every_field_and_nothing_twice(measured):
    folder, trained = measured
    file = folder / "experiments" / "results" / "experiments-gan_100k.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["command"] == "python experiments/gan_100k.py --quick"
    assert record["real"] == Judge.real
    assert list(record["runs"]) == ["gan-100k", "gan, pilot", "gan, for as long"]
    assert trained == ["gan-100k-0", "gan-pilot-0", "gan-for-as-long-0"]
    result = record["runs"]["gan-100k"]["0"]
    assert result["steps"] == 20 and result["seconds"] > 0
    assert {"tensorflow", "keras"} <= set(result["versions"])
    assert result["hardware"]["cores"] > 0
    assert result["curve"]["step"] == [10, 20]
    assert len(result["curve"]["losses/d_loss"]) == 2
    assert result["metrics"] == {"frechet_ratio": 2.5}
    assert result["class_shares"] == [0, 0.75, 0, 0, 0, 0, 0, 0.25, 0, 0]
    assert "metrics" not in record["runs"]["gan, pilot"]["0"]
    assert record["against"]["version"].startswith("tensorflow")
    assert all(v[0] > 0 for v in record["against"]["rounds"].values())


def test_a_quick_run_leaves_pictures_and_numbered_grids(measured):
    folder, _ = measured
    run = folder / "runs" / "experiments" / "gan_100k" / "gan-100k-0"
    grids = sorted((run / "grids").iterdir())
    assert [file.name for file in grids] == ["000.png", "001.png", "002.png"]
    shown = [images.read_png(file) for file in grids]
    assert all(grid.shape == (118, 118, 3) for grid in shown)
    # Untrained, every pixel is near the middle; the sheet's first tile follows.
    assert abs(float(shown[0][:28, :28].mean()) - 127) < 30
    sheet = images.read_png(run / "samples" / "00000020.png")
    np.testing.assert_array_equal(shown[2][:28, :28], sheet[:28, :28])
    pictures = {f.name for f in (folder / "docs" / "images" / "experiments").iterdir()}
    kinds = ("training.gif", "losses.png", "images.png")
    assert pictures == {f"gan_100k-{kind}" for kind in kinds}


def test_the_page_shows_what_is_measured_and_says_what_is_not(measured):
    folder, _ = measured
    text = (folder / "docs" / "experiments.md").read_text(encoding="utf-8")
    assert "| gan-100k | 20 | " in text and "| 2.50 |" in text
    assert "- gan-100k: 0 (0.0%), 2 (0.0%), and 1 (75.0%)" in text
    assert "](images/experiments/gan_100k-training.gif)" in text
    (section,) = (p for p in text.split("\n## ") if p.startswith("`gan_100k`"))
    assert "Not measured yet" not in section
    assert "steps/s in turns of 20 beside" in section


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_has_its_preset_its_section_and_its_command(name, on_path):
    script = importlib.import_module(name)
    assert script._PRESET in PRESETS and f"experiments/{name}.py" in script.__doc__
    page = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
    assert page.count(f"<!-- {name}.json -->") == 1 and f"## `{name}`" in page
    assert f"experiments/{name}.py\n" in (ROOT / "Makefile").read_text()


def test_the_page_can_be_written_again_and_again(on_path):
    import tutorial_page

    page = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
    empty = tutorial_page.page_with(page, {})
    assert empty.count("**Not measured yet.**") == len(NAMES)
    record = {
        "command": "c",
        "hardware": {"cores": 2, "cpu_flags": ["avx2"], "load": 1.25},
        "versions": {"python": "3"},
        "runs": {
            "gan-deep": {
                str(seed): {
                    "steps": 1_000,
                    "seconds": seconds,
                    "curve": {"losses/d_loss": [9.0, 0.25 * seconds]},
                    "metrics": {"coverage": 0.1 * seconds},
                    "class_shares": [0.25, 0.75, 0.0],
                }
                for seed, seconds in enumerate([4.0, 2.0, 6.0])
            }
        },
        "real": {"coverage": 0.95},
        "against": {"skipped": "PyTorch is not installed"},
        "notes": ["A note."],
        "pictures": {"a.png": "A caption."},
    }
    once = tutorial_page.page_with(empty, {"gan_deep": record})
    assert tutorial_page.page_with(once, {"gan_deep": record}) == once
    assert once.count("**Not measured yet.**") == len(NAMES) - 1
    row = "| gan-deep, 3 seeds | 1,000 | 4 (2 - 6) | 1 (0.5 - 1.5) |"
    assert row in once and "0.400 (0.200 - 0.600)" in once
    assert "- gan-deep: 2 (0.0%), 0 (25.0%), and 1 (75.0%)" in once
    assert "on 2 cores (avx2), load average 1.2 at the end;" in once
    for text in ("A note.", "![A caption.](images/experiments/a.png)", "not timed: Py"):
        assert text in once
    assert tutorial_page.page_with(once, {}) == empty


def test_the_page_says_what_each_training_was_made_with(on_path):
    import tutorial_page

    def made(load, version):
        machine = {"cores": 2, "cpu_flags": ["avx2"], "load": load}
        return {"hardware": machine, "versions": {"python": version}}

    # The last one is of before each had its own.
    seeds = [made(1.0, "3"), made(2.0, "3"), made(3.0, "4"), {}]
    record = {"runs": {"g": dict(enumerate(seeds))}, **made(None, "4")}
    assert tutorial_page.provenance(record) == (
        "on 2 cores (avx2), load average 1.5 (1.0 - 2.0) at the end; python 3; and "
        "on 2 cores (avx2), load average 3.0 at the end; python 4"
    )


def test_a_seed_is_trained_again_where_its_run_is_not(on_path, tmp_path, monkeypatch):
    import tutorial

    from gan_tf.run_dir.checkpoints import Checkpoints

    class Trained(Exception):
        """In place of a training."""

    def train(config, run_dir, gpu):
        raise Trained

    monkeypatch.setattr(tutorial.gan_tf, "train", train)
    experiment = tutorial.Experiment("x", "gan-100k", ["x", f"--out={tmp_path}"], "")
    experiment.record["runs"] = {"gan": {"3": {"steps": 20}}}
    with pytest.raises(Trained):
        experiment.train("gan", seed=3)
    run_dir = tmp_path / "runs" / "experiments" / "x" / "gan-3"
    (run_dir / "checkpoints").mkdir(parents=True)
    (run_dir / "config.json").touch()
    Checkpoints(run_dir, 1).index(10).touch()
    with pytest.raises(Trained):  # this training was stopped
        experiment.train("gan", seed=3)
    Checkpoints(run_dir, 1).index(20).touch()
    experiment.train("gan", seed=3)


def test_what_is_quick_does_not_pass_for_a_result(on_path):
    import tutorial

    experiment = tutorial.Experiment("x", "gan-100k", ["x", "--quick"], "")
    folder = ROOT / "runs" / "quick" / "docs" / "images" / "experiments"
    assert experiment.picture("a.png", "A.") == folder / "x-a.png"


def test_a_loop_is_timed_once_but_what_was_skipped_is_tried_again(
    on_path, tmp_path, monkeypatch
):
    import tutorial
    import tutorial_timing

    class Started(Exception):
        """In place of a process."""

    def start(python, module, arguments):
        assert module == "torch_gans" and arguments[0] == "deep"
        raise Started

    monkeypatch.setattr("baselines.timing.Worker", start)
    experiment = tutorial.Experiment("x", "gan-deep", ["x", f"--out={tmp_path}"], "")
    loop = ("torch_gans", "deep", "eager")
    experiment.record["against"] = {"medians": {}}
    tutorial_timing.time_process(experiment, "loop", loop, 1)
    tutorial_timing.time_loop(experiment, "loop", None, 1)
    experiment.record["against"] = {"skipped": "PyTorch is not installed"}
    with pytest.raises(Started):
        tutorial_timing.time_process(experiment, "loop", loop, 1)


def test_an_interpreter_that_is_none_is_refused(on_path):
    import tutorial

    with pytest.raises(InputError, match="torch_python .nowhere. must be a Python"):
        tutorial.Experiment("x", "gan-deep", ["x", "--torch_python=nowhere"], "")


def test_seconds_are_those_of_the_steps_of_all_sittings(on_path):
    import tutorial_curves

    entries = [(10, 5.0), (20, 10.0), (25, 2.5)]
    entries = [{"step": s, "speed/steps_per_second": v} for s, v in entries]
    assert tutorial_curves.seconds_at(entries) == {10: 2, 20: 2 + 1, 25: 2 + 1 + 2}


def test_the_default_gets_the_steps_that_fit(on_path, tmp_path, monkeypatch):
    import tutorial

    experiment = tutorial.Experiment("x", "gan-100k", ["x", f"--out={tmp_path}"], "")
    # 200 steps in 4 seconds, with all that comes first, then 100 steps/s, and at last
    # what a training writes when it ends.
    speeds = [50.0, 100.0, 100.0, 30.0]
    pilot = [
        {"step": 200 * number, "speed/steps_per_second": speed}
        for number, speed in enumerate(speeds, start=1)
    ]
    monkeypatch.setattr(experiment, "train", lambda *args, **kwargs: None)
    run = types.SimpleNamespace(log=types.SimpleNamespace(entries=lambda: pilot))
    monkeypatch.setattr(experiment, "run", lambda group: run)
    assert experiment._steps_in(10.0, "gan") == 200 + 6 * 100
    assert experiment._steps_in(1.0, "gan") == 200


def test_the_two_forms_of_the_loss_are_one_until_the_first_overflows(on_path):
    import gan_50k

    logits = np.linspace(-4, 4, 33, dtype=np.float32)
    exact = np.log1p(np.exp(-logits.astype(np.float64)))
    for form in (gan_50k.probability_losses, gan_50k.logit_losses):
        real, fake = form(logits)
        np.testing.assert_allclose(real, exact, rtol=1e-5)
        np.testing.assert_allclose(fake, exact + logits, rtol=1e-5)
    # sigmoid(l) is 1 where e^-l is below half of float32's step: l = 24 ln 2 or 25 ln 2.
    above = gan_50k.overflow(1, 1)
    assert 24 * np.log(2) - 0.01 < above < 25 * np.log(2) + 0.01
    # e^l is 0 below the least normal number, 2^-126, or the least of all, 2^-149.
    below = gan_50k.overflow(0, -1)
    assert -150 * np.log(2) < below < -125.9 * np.log(2)
    for which, logit in ((1, above), (0, below)):
        nearer = np.nextafter(np.float32(logit), np.float32(0))
        assert np.isinf(gan_50k.probability_losses([logit])[which])
        assert np.isfinite(gan_50k.probability_losses([nearer])[which])
        expected = abs(logit)
        assert gan_50k.logit_losses([logit])[which] == pytest.approx(expected, rel=1e-6)
    assert gan_50k.largest_difference(4) < 1e-5 < gan_50k.largest_difference(16)


def test_our_losses_stand_beside_the_authors(on_path):
    import gan_classic

    first = {"step": [1], "losses/d_loss": [2.0], "losses/g_loss": [1.0]}
    rest = {"step": [1_000], "losses/d_loss": [0.5], "losses/g_loss": [4.0]}
    curve = gan_classic.joined(first, rest)
    assert curve["step"] == [0, 1_000] and curve["losses/d_loss"] == [2.0, 0.5]
    other = {**curve, "losses/g_loss": [3.0, 6.0]}
    assert gan_classic.beside_the_author([curve, other]).splitlines()[2:] == [
        "| 0 | 2.182 | 2 - 2 | 1.512 | 1 - 3 |",
        "| 1,000 | 0.03771 | 0.5 - 0.5 | 9.551 | 4 - 6 |",
    ]


def test_tiles_are_what_a_sheet_was_made_of(on_path, tmp_path):
    import tutorial_pictures

    made = np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1)).astype(np.uint8)
    images.write_png(tmp_path / "sheet.png", images.grid(made, 10))
    np.testing.assert_array_equal(tutorial_pictures.tiles(tmp_path / "sheet.png"), made)


def test_the_classic_generator_is_asked_by_a_sampler_as_by_itself(on_path):
    import acgan_classic
    from baselines import keras_acgan

    generator = keras_acgan.build_generator()
    program = types.SimpleNamespace(generator=generator)
    sampler = acgan_classic.sampler_of(program)
    z = sampler.z(seed=1, num=3)
    made = generator([z, np.full((3, 1), 7, np.int32)], training=False)
    expected = images.to_uint8(np.array(made), -1, 1)
    difference = sampler.render(z, 7).astype(int) - expected
    assert np.abs(difference).max() <= 1  # rounded
    assert not np.array_equal(sampler.render(z, 7), sampler.render(z, 3))
