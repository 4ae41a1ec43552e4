"""The benchmark runs, and its baselines are what they claim to be; nothing is timed."""

import json
import math
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.run_dir.checkpoints import Checkpoints

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def speed():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "experiments")
        # The script sets it for itself; here it is put back.
        patch.setenv("CUDA_VISIBLE_DEVICES", "-1")
        import speed

        yield speed


@pytest.fixture(scope="module")
def measured(speed, tmp_path_factory):
    """(What a quick run of five rows wrote, the classic Keras program that it ran).

    In this process, and one run for all tests: to trace that program takes seconds.
    """
    from baselines import ours, training_rows

    made = []

    class Recorded(training_rows.ClassicACGAN):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    out = tmp_path_factory.mktemp("speed") / "speed.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_rows, "ClassicACGAN", Recorded)
        speed.main(["speed", "--quick", "--rows", "1,3,4,5,8", "--out", str(out)])
    ours.made.cache_clear()
    return json.loads(out.read_text(encoding="utf-8")), made[0]


@pytest.mark.parametrize("flags", [[], ["--quick"], ["--rows", "2,5"]])
def test_speed_writes_the_command_that_was_given(speed, tmp_path, monkeypatch, flags):
    functions = {number: [_row] for number in range(1, 10)}
    monkeypatch.setattr(speed, "row_functions", lambda: functions)
    out = tmp_path / "speed.json"
    speed.main(["speed", *flags, "--out", str(out)])
    record = json.loads(out.read_text())
    assert record["command"] == " ".join(["python experiments/speed.py", *flags])
    numbers = [2, 5] if "--rows" in flags else list(range(1, 10))
    assert [row["row"] for row in record["rows"]] == numbers


def _row(effort):
    return [{"what": "nothing", "skipped": "a test"}]


def model_of(preset):
    config = Config.from_preset(preset)
    return model_class(config.model)(config, (28, 28, 1), 10), config


def learnt(network):
    """The weights that gradients change, whether they are marked as frozen or not."""
    names = ("kernel", "bias", "gamma", "beta", "embeddings")
    return [v.numpy() for v in network.weights if v.name in names]


def test_a_quick_run_writes_every_field(measured):
    record, _ = measured
    assert record["command"] == "python experiments/speed.py --quick --rows 1,3,4,5,8"
    assert {"tensorflow", "keras"} <= set(record["versions"])
    assert record["hardware"]["cores"] > 0 and record["seconds"] > 0
    assert [row["row"] for row in record["rows"]] == [1, 3, 3, 3, 3, 4, 4, 5, 8]
    rows = [row for row in record["rows"] if "skipped" not in row]
    assert len(rows) >= 8  # all but PyTorch's, where that is not installed
    for row in rows:
        assert row["ours"] in row["rounds"] and row["against"] in row["rounds"]
        assert all(v > 0 for values in row["rounds"].values() for v in values)
        for ratio in ("ratio", "ratio_least", "ratio_greatest"):
            assert math.isfinite(row[ratio]) and row[ratio] > 0


def test_the_page_takes_the_table_again_and_again(speed, measured):
    record, _ = measured
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    once = speed.page_with(page, record)
    assert speed.page_with(once, record) == once
    assert once.count("| 3 | `gan-classic` in bfloat16: share of the floor |") == 1
    marker = "<!-- speed.json -->"
    assert once.split(marker)[0] == page.split(marker)[0]
    assert once.splitlines()[-1] == page.splitlines()[-1]


def test_a_row_compares_with_the_best_of_the_others(speed):
    from baselines.timing import compared

    values = {"a": [6.0, 9.0, 6.0], "b": [3.0, 3.0, 1.0], "c": [2.0, 2.0, 2.0]}
    row = compared("speed", "steps/s", values)
    assert (row["ours"], row["against"], row["ratio"]) == ("a", "b", 2.0)
    assert (row["ratio_least"], row["ratio_greatest"]) == (2.0, 6.0)
    row = compared("time", "s", values)
    assert (row["against"], row["ratio"]) == ("c", 3.0)


def test_rows_that_do_not_exist_are_refused(speed):
    for text in ("0", "1,10", "all", "1,,2"):
        with pytest.raises(InputError, match="rows .* must be numbers from 1 to 9"):
            speed.main(["speed", "--rows", text])


def test_the_classic_program_trains_both_networks(measured):
    _, classic = measured
    discriminator, generator = classic.discriminator, classic.generator
    for _ in range(2):  # as much in a later step as in the first
        d_before, g_before = learnt(discriminator), learnt(generator)
        classic.step()
        for before, network in ((d_before, discriminator), (g_before, generator)):
            assert before
            assert all(np.any(a != b) for a, b in zip(learnt(network), before))


def test_the_classic_program_updates_g_without_d(measured):
    _, classic = measured
    before = classic.discriminator.get_weights()
    z, labels = np.zeros((128, 100), np.float32), np.zeros((128, 1), np.int32)
    truth = [np.ones((128, 1), np.float32), labels]
    classic.combined.train_on_batch([z, labels], truth)
    for a, b in zip(classic.discriminator.get_weights(), before):
        np.testing.assert_array_equal(a, b)


def test_the_classic_program_has_the_networks_of_the_preset(measured):
    _, classic = measured
    model, _ = model_of("acgan-classic")
    for theirs, ours, num in (
        (classic.generator, model.generator, 857_705),
        (classic.discriminator, model.discriminator, 120_075),
    ):
        assert theirs.count_params() == ours.count_params() == num
        shapes = [
            sorted(tuple(v.shape) for v in network.weights)
            for network in (theirs, ours)
        ]
        assert shapes[0] == shapes[1]


def test_the_floor_counts_what_can_be_counted_by_hand(speed):
    from baselines import floor

    # Output pixels x taps x channels in x channels out; 4 taps where a kernel is folded.
    model, config = model_of("acgan-classic")
    g = [100 * 6272, 14**2 * 4 * 128 * 128, 28**2 * 4 * 128 * 64, 28**2 * 9 * 64]
    d = [
        14**2 * 9 * 16,
        7**2 * 9 * 16 * 32,
        4**2 * 9 * 32 * 64,
        4**2 * 9 * 64 * 128,
        2048,
        20480,
    ]
    assert floor.network_multiply_adds(model.generator) == g
    assert floor.network_multiply_adds(model.discriminator) == d
    # G: forward, gradients of weights and of inputs. D: all three for real and fake,
    # without the images' gradient; then forward and the gradient of inputs.
    work = 3 * sum(g) + 8 * sum(d) - 2 * d[0]
    assert floor.step_multiply_adds(model, config) == 128 * work

    model, config = model_of("gan-classic")
    g, d = [100 * 128, 128 * 784], [784 * 128, 128]
    # G runs twice, on noise of its own for each update, and no noise needs a gradient.
    work = (4 * sum(g) - g[0]) + (8 * sum(d) - 2 * d[0])
    assert floor.step_multiply_adds(model, config) == 128 * work


def test_the_floor_refuses_what_it_cannot_count(speed):
    from baselines import floor

    model, config = model_of("gan")
    with pytest.raises(ValueError, match="without R1"):
        floor.step_multiply_adds(model, config)


@pytest.fixture
def quality(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "experiments")
    import quality

    return quality


def test_quality_shows_medians_and_ranges_over_seeds(quality, tmp_path):
    def seed(number, ratio):
        metrics = {"frechet_ratio": ratio, "coverage": 0.9}
        judges = {"judge": {"metrics": metrics, "real": {"frechet_ratio": 1.0}}}
        points = [{"step": 1, "seconds": 2.0, "frechet_ratio": 9.0, "coverage": 0.5}]
        return {"seed": number, "seconds": 100.0, "judges": judges, "curve": points}

    record = {"preset": "gan", "seeds": [seed(0, 3.0), seed(1, 1.0), seed(2, 2.5)]}
    results, docs = tmp_path / "results", tmp_path / "docs"
    results.mkdir()
    (docs / "images").mkdir(parents=True)
    (results / "quality-gan.json").write_text(json.dumps(record))
    page = docs / "results.md"
    page.write_text(
        "a <!-- quality.json -->old<!-- end of quality.json --> b "
        "<!-- ablation.json -->old<!-- end of ablation.json --> c"
    )
    metrics = {"frechet_ratio": 2.0, "seconds": 1.0}
    record = {"preset": "gan", "steps": 12_000, "real": {"frechet_ratio": 1.0}}
    record["rows"] = [{"name": "no R1 penalty", "metrics": metrics}]
    (results / "ablation-gan.json").write_text(json.dumps(record))
    quality.quality_page.write(results, docs)
    text = page.read_text()
    assert (
        "| `gan`, 3 seeds | 100 | 2.50 (1.00 - 3.00) | 0.900 (0.900 - 0.900) |" in text
    )
    assert "| real images | | 1.00 |" in text
    assert text.startswith("a <!-- quality.json -->") and text.endswith("--> c")
    assert "end of quality.json --> b <!-- ablation.json -->" in text
    assert "| `gan`, 12,000 steps | frechet_ratio |" in text
    assert "| no R1 penalty | 2.00 |\n| real images | 1.00 |" in text
    assert (
        "old" not in text and (docs / "images" / "quality.png").stat().st_size > 5_000
    )


def test_the_ablation_holds_out_training_images(quality, tmp_path):
    import ablation

    from gan_tf import data

    file = tmp_path / "new" / "held_out.npz"
    ablation.hold_out(file, num=100)
    mnist, held = data.load("mnist"), data.load(str(file))
    assert held.x_train.shape == (59_900, 28, 28, 1) and held.x_test.shape[0] == 100
    both = np.concatenate([held.x_test, held.x_train])
    labels = np.concatenate([held.y_test, held.y_train])
    rows = np.random.default_rng(0).permutation(60_000)
    np.testing.assert_array_equal(both, mnist.x_train[rows])
    np.testing.assert_array_equal(labels, mnist.y_train[rows])


def test_the_ablation_changes_what_it_says(quality):
    import ablation

    for preset, rows in ablation.ROWS.items():
        for name, settings in rows.items():
            default = Config.from_preset(preset).as_dict()
            own = {**default, "steps": ablation._STEPS[preset]}
            changed = {k for k, v in settings.items() if own.get(k) != v}
            assert changed == set(settings) and bool(settings) == (name != "as it is")


def test_quality_times_each_checkpoint_from_the_start(quality):
    entries = [(10, 5.0), (20, 10.0), (25, 2.5)]
    lines = [{"step": s, "speed/steps_per_second": v} for s, v in entries]
    run = types.SimpleNamespace(
        log=types.SimpleNamespace(entries=lambda: lines),
        checkpoints=types.SimpleNamespace(steps=lambda: [10, 25]),
        sampler=lambda step: step,
    )
    evaluator = types.SimpleNamespace(
        score_sampler=lambda step: types.SimpleNamespace(metrics={"kid": float(step)})
    )
    # 2 + 1 + 2 seconds of steps, so 3 of start-up.
    assert quality.curve(run, evaluator, 8.0) == [
        {"step": 10, "seconds": 5.0, "kid": 10.0},
        {"step": 25, "seconds": 8.0, "kid": 25.0},
    ]


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--preset=best"], "preset=best"),
        (["--seeds=0;1"], "seeds .0;1. must be whole numbers"),
    ],
)
def test_quality_refuses_what_it_cannot_do(quality, flags, message):
    with pytest.raises(InputError, match=message):
        quality.main(["quality", *flags])


@pytest.fixture
def stubbed(quality, tmp_path, monkeypatch):
    """(Seeds trained, (judge, its seed, thorough) of all scores), of runs in `tmp_path`."""

    class Judged:
        """An evaluator that scores without looking."""

        def __init__(self, dataset, thorough, judge_name, judge_seed):
            self.thorough, self.real, self.test_accuracy = thorough, {}, 0.99
            self.judge = types.SimpleNamespace(name=judge_name, seed=judge_seed)

        def score_sampler(self, sampler):
            metrics = {"kid": 0.5, **({"ndb": 3} if self.thorough else {})}
            judged.append((self.judge.name, self.judge.seed, self.thorough))
            return types.SimpleNamespace(metrics=metrics)

    def train(preset, run_dir, seed, **settings):
        index = Checkpoints(run_dir, 1).index(10)
        index.parent.mkdir(parents=True)
        for file in (index, run_dir / "config.json"):
            file.touch()
        trained.append(seed)
        return 60.0

    trained, judged = [], []
    config = types.SimpleNamespace(steps=10, as_dict=lambda: {"steps": 10})
    run = types.SimpleNamespace(config=config, sampler=lambda: None)
    monkeypatch.setattr("gan_tf.evaluation.Evaluator", Judged)
    monkeypatch.setattr("gan_tf.run_dir.run.Run", lambda run_dir: run)
    monkeypatch.setattr(quality, "train", train)
    monkeypatch.setattr(quality, "_ROOT", tmp_path)
    monkeypatch.setattr(quality, "_RESULTS", tmp_path)
    monkeypatch.setattr(quality.quality_page, "write", lambda results, docs: None)
    return trained, judged


def test_quality_trains_a_seed_once_and_judges_it_as_often_as_asked(
    quality, stubbed, tmp_path
):
    trained, judged = stubbed
    main = quality.main
    main(["quality", "--preset=acgan", "--seeds=1"])
    main(["quality", "--preset=acgan", "--seeds=0,1"])
    assert trained == [1, 0] and judged == [("judge", 0, False)] * 2
    main(["quality", "--preset=acgan", "--seeds=0,1", "--thorough", "--audit"])
    main(["quality", "--preset=acgan", "--seeds=0,1", "--thorough", "--audit"])
    assert trained == [1, 0]
    audits = [("judge", 1, False), ("audit", 0, False)]
    assert judged[2:] == [("judge", 0, True), *audits] * 2
    record = json.loads((tmp_path / "quality-acgan.json").read_text())
    assert [seed["seed"] for seed in record["seeds"]] == [0, 1]
    judges = record["seeds"][0]["judges"]
    assert judges["judge"]["metrics"]["ndb"] == 3
    assert list(judges) == ["judge", "judge, seed 1", "audit"]
    assert record["seeds"][0]["seconds"] == 60.0 and record["config"] == {"steps": 10}
    assert all(seed["hardware"]["cores"] > 0 for seed in record["seeds"])


def test_quality_trains_again_what_has_no_run_only_if_something_is_missing(
    quality, stubbed, tmp_path
):
    trained, judged = stubbed
    # As in a fresh clone: a result of an older version, and no run.
    judges = {"judge": {"metrics": {"kid": 0.1}}}
    old = {"seed": 0, "seconds": 9.0, "steps": 10, "judges": judges}
    file, machine = tmp_path / "quality-gan.json", {"cores": 1}
    file.write_text(json.dumps({"seeds": [old], "hardware": machine}))
    quality.main(["quality", "--preset=gan", "--seeds=0"])
    assert trained == judged == []
    quality.main(["quality", "--preset=gan", "--seeds=0", "--audit"])
    audits = [("judge", 1, False), ("audit", 0, False)]
    assert trained == [0] and judged == [("judge", 0, False), *audits]
    record = json.loads(file.read_text())
    (seed,) = record["seeds"]
    assert seed["seconds"] == 60.0 and seed["judges"]["judge"]["metrics"]["kid"] == 0.5
    assert record["hardware"] == machine


_FAKE_TRAINING = """
import json, os, sys, time
steps, every, run_dir = int(sys.argv[2]), int(sys.argv[4]), sys.argv[6]
os.makedirs(run_dir, exist_ok=True)
last, used = time.monotonic(), time.process_time()
for step in range(every, steps + 1, every):
    while time.process_time() < used + 0.005:
        pass
    held = step == every or time.monotonic() > last + 0.5
    last, used = time.monotonic(), time.process_time()
    entry = {"step": step, "speed/steps_per_second": 1.0 if held else float(step)}
    with open(run_dir + "/metrics.jsonl", "a") as file:
        file.write(json.dumps(entry) + "\\n")
"""


@pytest.fixture
def length_row(speed, monkeypatch):
    from baselines import length_row

    monkeypatch.setattr(
        length_row, "_TRAIN_GAN", [sys.executable, "-c", _FAKE_TRAINING]
    )
    return length_row


def test_an_old_training_and_new_ones_take_turns(length_row):
    from baselines.timing import Effort

    rows = length_row.long_run(Effort(1, True, ""))
    rounds = rows[0]["rounds"]
    # A training's speed is its step here, and 1 where it was held.
    (last,), (first,) = rounds["last tenth"], rounds["first tenth"]
    assert 540 < last <= 600 and 4 < first < 200


def test_what_was_held_does_not_count(length_row, tmp_path, monkeypatch):
    slow = _FAKE_TRAINING.replace("0.005", "0.05")
    monkeypatch.setattr(length_row, "_TRAIN_GAN", [sys.executable, "-c", slow])
    with length_row._Training(tmp_path, 100, 2) as training:
        first, _ = training.run_to(4)
        assert 4 <= first < 20
        held_at = training.entries()[-1]["step"]
        time.sleep(0.7)
        assert training.entries()[-1]["step"] == held_at
        second, spent = training.run_to(held_at + 8)
        assert held_at + 4 <= second < held_at + 20
        # 50 ms of one core for two steps, as a clock of 10 ms sees it.
        assert spent == 0 or 18 < spent < 32


@pytest.mark.parametrize("program", ["1 / 0", "pass"])
def test_a_training_that_ends_early_ends_the_measurement(
    length_row, tmp_path, monkeypatch, program
):
    monkeypatch.setattr(length_row, "_TRAIN_GAN", [sys.executable, "-c", program])
    with length_row._Training(tmp_path, 10, 2) as training:
        with pytest.raises(subprocess.CalledProcessError):
            training.run_to(4)


def test_a_log_is_read_as_it_grows_each_line_once_and_whole(
    length_row, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        length_row, "_TRAIN_GAN", [sys.executable, "-c", "import time; time.sleep(60)"]
    )
    log = tmp_path / "metrics.jsonl"
    with length_row._Training(tmp_path, 10, 2) as training:
        assert training.entries() == []
        log.write_bytes(b'{"step": 2}\n{"st')
        first = training.entries()
        assert first == [{"step": 2}]
        with log.open("ab") as file:
            file.write(b'ep": 4}\n')
        assert training.entries() == [{"step": 2}, {"step": 4}]
        assert first == [{"step": 2}]
        # What has been read is not read again.
        log.write_bytes(b"{" + log.read_bytes()[1:].replace(b"2", b"9"))
        assert training.entries() == [{"step": 2}, {"step": 4}]
