import json
import types

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tiny import blobs
from toy_judge import ToyJudge

from gan_tf.data import Dataset
from gan_tf.errors import InputError
from gan_tf.evaluation import SEED, Evaluator, evaluator
from gan_tf.evaluation import plots as pictures
from gan_tf.evaluation import split
from gan_tf.evaluation import summaries as events
from gan_tf.evaluation.baselines import kept
from gan_tf.evaluation.label_sampling import check_sampler, generate
from gan_tf.evaluation.reference import Reference
from gan_tf.evaluation.table import METRICS, checkpoint_row, class_table, table
from gan_tf.metrics import (
    class_frechet_distances,
    confusion_matrix,
    frechet_distance,
    label_accuracy,
    manifold_metrics,
    moments,
)
from gan_tf.run_dir.event_files import read_events, rewind_events

NAMES = ("a", "b", "c")


def dataset(num=420, num_test=120, **changes):
    train, test = blobs(num), blobs(num_test, seed=1)
    return Dataset("blobs", *train, *test, NAMES)._replace(**changes)


class Generator:
    """A sampler without TensorFlow: real-looking images, other ones for each seed."""

    def __init__(self, class_names=NAMES, shape=(8, 8, 1)):
        self.class_names = class_names
        output = types.SimpleNamespace(shape=(None, *shape))
        self.generator = types.SimpleNamespace(outputs=[output])
        self.asked = []

    def generate(self, label=None, num=16, seed=0):
        assert num > 0
        self.asked.append((label, num, seed))
        images, labels = blobs(3 * num, seed=seed)
        return images[:num] if label is None else images[labels == label]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A home of the tests' own, and a judge that is there at once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setattr(evaluator, "load_judge", lambda *_, **__: ToyJudge())
        yield folder / "gan_tf"


@pytest.fixture(scope="module")
def judged():
    return Evaluator(dataset(), num=90)


@pytest.fixture(scope="module")
def scored(judged):
    return judged.score_sampler(Generator())


def test_the_numbers_are_those_of_the_metrics(judged, scored):
    judge = ToyJudge()
    rows = np.sort(np.random.default_rng(0).permutation(120)[:90])
    real, labels = (part[rows] for part in blobs(120, seed=1))
    assert_array_equal(judged.labels, labels)
    assert_array_equal(scored.labels, labels)
    first, second = (judge.judge(images) for images in (real, scored.images))
    pair = first.features, second.features
    metrics = scored.metrics
    distance = frechet_distance(*moments(pair[0]), *moments(pair[1]))
    assert_allclose(metrics["frechet"], distance, rtol=1e-9)
    for name, value in manifold_metrics(*pair)._asdict().items():
        assert metrics[name] == value
    within = class_frechet_distances(pair[0], labels, pair[1], labels)
    assert_allclose(metrics["class_frechet_worst"], within.max(), rtol=1e-9)
    probabilities = second.probabilities
    assert metrics["label_accuracy"] == label_accuracy(probabilities, labels)
    assert_array_equal(scored.confusion, confusion_matrix(probabilities, labels))
    assert_array_equal(scored.seen, probabilities.argmax(axis=1))


def test_real_images_and_the_judge_stand_beside_them(judged, scored):
    judge = ToyJudge()
    reference = Reference(judge, blobs(420), blobs(120, seed=1), 90)
    assert judged.real == reference.floor()
    assert set(judged.real) == set(scored.metrics) <= {"kid_error", *METRICS}
    assert judged.test_accuracy == 1
    wrong = blobs(120, seed=1)[1]
    wrong[:6] = 2 - wrong[:6]  # four of them, for 1 stays 1
    assert Evaluator(dataset(y_test=wrong)).test_accuracy == pytest.approx(116 / 120)


def test_labels_are_asked_for_with_a_seed_each(judged):
    sampler = Generator()
    images = judged.score_sampler(sampler).images
    counts = np.bincount(judged.labels)
    assert sampler.asked == [(k, counts[k], SEED + k) for k in range(3)]
    for label in range(3):
        expected = Generator().generate(label, counts[label], SEED + label)
        assert_array_equal(images[judged.labels == label], expected)


def test_a_class_that_is_not_asked_for_is_no_problem():
    made = generate(Generator(), np.array([2, 0, 2]), 3, seed=7)
    assert_array_equal(made[[0, 2]], Generator().generate(2, 2, seed=9))
    assert_array_equal(made[1:2], Generator().generate(0, 1, seed=7))


def test_an_unconditional_generator_is_judged_without_labels(judged, scored):
    sampler = Generator(class_names=())
    evaluation = judged.score_sampler(sampler)
    assert sampler.asked == [(None, 90, SEED)]
    assert evaluation.labels is None and evaluation.confusion is None
    with_labels = {
        name for name in scored.metrics if name.startswith(("label", "clas"))
    }
    assert set(scored.metrics) - set(evaluation.metrics) == with_labels - {"class_tv"}
    assert "share seen" in class_table(evaluation, judged)


def test_a_generator_of_other_data_is_refused():
    for sampler, message in [
        (Generator(shape=(8, 9, 1)), r"images of shape \(8, 8, 1\)"),
        (
            Generator(class_names=("a", "b")),
            "classes a, b, c, the generator knows a, b",
        ),
    ]:
        with pytest.raises(InputError, match=message) as error:
            check_sampler(sampler, dataset())
        assert "\n" not in str(error.value)


def test_images_are_drawn_with_their_labels(judged):
    images, labels = blobs(200, seed=3)
    order = np.argsort(labels, kind="stable")
    evaluation = judged.score_images(images[order, ..., 0], labels[order])
    assert evaluation.images.shape == (90, 8, 8, 1)
    assert evaluation.metrics["label_accuracy"] > 0.9
    assert np.bincount(evaluation.labels).min() > 15  # not the first of a sorted file
    assert judged.score_images(images).confusion is None


def test_images_that_do_not_fit_are_refused(judged):
    images, labels = blobs(200)
    for arguments, message in [
        ([images[:, :7]], r"images .shape \(7, 8, 1\). must be \(8, 8, 1\)"),
        ([images[:89]], "num .90. must be at most 89"),
        ([images / 255], "must be uint8"),
        ([images, labels + 1], "labels .3. must be below the 3 classes"),
        ([images, np.minimum(labels, 1)], "labels .0 of class c. must name every"),
    ]:
        with pytest.raises(InputError, match=message) as error:
            judged.score_images(*arguments)
        assert "\n" not in str(error.value)


def test_num_is_what_the_data_allow():
    assert Evaluator(dataset(), None).num == 120
    for num in (121, 9):
        with pytest.raises(
            InputError, match="must be from 10 to 120: blobs has 120 test"
        ):
            Evaluator(dataset(), num)
    with pytest.raises(InputError, match="10 of each are needed"):
        Evaluator(dataset(num_test=9))


def test_the_test_split_is_used_where_there_is_one():
    data = dataset()
    parts = split(data)
    assert parts.train[0] is data.x_train and parts.test[1] is data.y_test
    assert not parts.held_out and parts.most == 120


def test_a_seventh_of_each_class_is_held_out_otherwise():
    x, y = blobs(420)
    y = np.where(y == 2, 1, y)  # 140 and 280 of a class
    data = Dataset("blobs", x, y, None, None, ("a", "b"))
    parts = split(data)
    assert parts.held_out
    assert np.bincount(parts.test[1]).tolist() == [20, 40]
    assert np.bincount(parts.train[1]).tolist() == [120, 240]
    both = np.concatenate([parts.train[0], parts.test[0]]).reshape(420, -1)
    assert_array_equal(np.unique(both, axis=0), np.unique(x.reshape(420, -1), axis=0))
    assert_array_equal(split(data).test[0], parts.test[0])


def test_without_labels_or_with_a_tiny_class_there_is_no_judge():
    x, y = blobs(30)
    with pytest.raises(
        InputError, match="blobs. have no labels: the judge is"
    ) as error:
        Evaluator(Dataset("blobs", x, None, None, None, ()))
    assert "\n" not in str(error.value)
    y = np.where(np.arange(30) < 3, 0, 1)
    with pytest.raises(InputError, match="no test split and 3 images of class a"):
        split(Dataset("blobs", x, y, None, None, ("a", "b")))


def test_what_a_reader_should_know_is_noted(judged):
    assert judged.notes == ["90 images are few: compare only with scores of as many"]
    held_out = Evaluator(dataset(x_test=None, y_test=None))
    assert held_out.num == 60 and "blobs has no test split" in held_out.notes[0]


def test_the_scores_of_real_images_are_kept(judged, cache, monkeypatch):
    files = list((cache / "floors").iterdir())
    monkeypatch.setattr(Reference, "floor", None)
    again = Evaluator(dataset(), num=90)
    assert again.real == judged.real and again.test_accuracy == judged.test_accuracy
    assert list((cache / "floors").iterdir()) == files
    for num, data in [(91, dataset()), (90, dataset(y_test=blobs(120)[1] * 0))]:
        with pytest.raises(TypeError, match="not callable"):
            Evaluator(data, num)


def test_a_floor_that_cannot_be_kept_is_computed_again(tmp_path, monkeypatch):
    (tmp_path / "gan_tf").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept("key", lambda: {"a": 1.0}) == {"a": 1.0}
    assert kept("key", lambda: {"a": 2.0}) == {"a": 2.0}


def test_a_damaged_floor_is_computed_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept("key", lambda: {"a": 1.0})
    assert kept("key", lambda: {"a": 2.0}) == {"a": 1.0}
    (file,) = (tmp_path / "gan_tf" / "floors").iterdir()
    file.write_text('{"a": 1')
    assert kept("key", lambda: {"a": 3.0}) == {"a": 3.0}


def test_too_small_a_num_for_a_class_is_refused_in_one_line():
    y = np.where(np.arange(120) < 3, 2, np.arange(120) % 2)
    data = dataset(y_test=y)
    with pytest.raises(InputError, match="num .10. leaves a class of blobs") as error:
        Evaluator(data, 10)
    assert "\n" not in str(error.value)


def test_the_thorough_metrics(monkeypatch):
    given = []

    def cas(images, labels, real_images, real_labels, seed):
        given.append((images, labels))
        assert_array_equal(real_labels, blobs(120, seed=1)[1])
        return 0.75

    monkeypatch.setattr("gan_tf.evaluation.slow_metrics.classification_accuracy_score", cas)
    thorough = Evaluator(dataset(), thorough=True)
    slow = {"ndb", "ndb_js", "copying", "copying_error", "nearest_ratio", "cas"}
    evaluation = thorough.score_sampler(Generator())
    assert slow <= set(evaluation.metrics) and slow <= set(thorough.real)
    assert {"ndb", "copying", "cas", "generate"} <= set(evaluation.seconds)
    assert abs(evaluation.metrics["copying"]) < 4 * evaluation.metrics["copying_error"]
    # CAS learns from as many generated images as there are training images, of their
    # labels in another order, and the real ones' from training images.
    (made, asked), (real, labels) = given
    assert_array_equal(np.bincount(asked), np.bincount(blobs(420)[1]))
    assert_array_equal(made[asked == 1], Generator().generate(1, 140, 2_000_001))
    assert_array_equal(real[labels == 1].sum(), blobs(420)[0][1::3].sum())

    copies = thorough.score_images(blobs(420)[0])
    assert copies.metrics["copying"] < -5 and copies.metrics["nearest_ratio"] == 0
    assert "cas" not in copies.metrics
    black = thorough.score_images(np.zeros([120, 8, 8, 1], np.uint8))
    assert black.metrics["ndb"] == 2 and black.metrics["ndb_js"] > 0.1
    assert thorough.real["ndb"] == 0 and thorough.real["ndb_js"] < 0.01


def test_a_copying_test_that_cannot_be_made_is_noted(judged):
    few = Evaluator(dataset(), 30, thorough=True)
    evaluation = few.score_images(blobs(120)[0])
    assert "copying" not in evaluation.metrics and "ndb" in evaluation.metrics
    assert any("copying test is left out" in note for note in few.notes)


def test_the_table_says_it_all(judged, scored):
    text = table(scored, judged, "step 4")
    lines = {line.split()[0]: line.split() for line in text.splitlines()[1:]}
    assert text.splitlines()[0].split() == ["step", "4", "real", "images", "better"]
    assert set(lines) == set(scored.metrics) - {"kid_error"}
    expected = [f"{m['coverage']:.4f}" for m in (scored.metrics, judged.real)]
    assert lines["coverage"] == ["coverage", *expected, "higher"]
    assert lines["kid"][2] == f"+-{scored.metrics['kid_error']:.4f}"
    classes = class_table(scored, judged).splitlines()
    assert [line.split()[0] for line in classes] == ["class", *NAMES]
    assert classes[1].split()[:2] == ["a", str(scored.confusion[0].sum())]
    row = checkpoint_row("4", {"frechet_ratio": 2.0, "coverage": 0.5}).split()
    assert row == ["4", "2.0000", "0.5000"]


def test_mistakes_have_a_name(judged):
    images, labels = blobs(90, seed=5)
    labels[0] = 1  # it is an a
    text = class_table(judged.score_images(images, labels), judged)
    assert text.splitlines()[2].split()[-2:] == ["a", "(1)"]


def test_nearest_pairs_are_the_closest_of_each_class(monkeypatch):
    monkeypatch.setattr(pictures, "_BLOCK", 50)
    train, _ = blobs(120)
    images, groups = blobs(60, seed=2)
    images[5], images[9] = train[100], train[30]
    images[9, 3, 3, 0] ^= 1
    made, real, distances = pictures.nearest_pairs(images, groups, train)
    assert len(made) == 12 and groups[made].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert (made[0], real[0]) == (9, 30) and (made[8], real[8]) == (5, 100)
    assert_allclose(distances[[0, 8]], [1 / 255, 0], atol=1e-9)
    every = np.linalg.norm(
        images[made].reshape(12, 1, -1).astype(float) - train.reshape(1, 120, -1),
        axis=2,
    )
    assert_array_equal(every.argmin(axis=1), real)
    assert_allclose(every.min(axis=1) / 255, distances, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_pictures(channels):
    images, labels = blobs(60)
    images = images.repeat(channels, axis=3)
    sheet = pictures.nearest_picture(images, labels, images)
    confusion = pictures.confusion_picture(np.diag([5, 0, 7]), NAMES)
    for picture in (sheet, confusion):
        assert picture.dtype == np.uint8 and picture.shape[2] == 3
        assert picture.min() < 50 and picture.max() == 255


def test_a_cell_of_the_confusion_picture_is_row_asked_column_seen():
    blank = pictures.confusion_picture(np.zeros([3, 3], int), NAMES)
    one = pictures.confusion_picture(np.array([[0, 0, 9], [0, 0, 0], [0, 0, 0]]), NAMES)
    rows, columns = np.nonzero((blank != one).any(axis=2))
    height, width = blank.shape[:2]
    assert rows.max() < height * 0.4 and columns.min() > width * 0.6


def tags_and_steps(folder):
    """{tag: [steps]} of all events in a folder, in the order of the files."""
    found = {}
    for file in sorted(folder.glob("events.out.tfevents.*")):
        for event in read_events(file):
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    return found


def write_events(folder, step, value, group="evaluation"):
    picture = np.zeros([4, 4, 3], np.uint8)
    events.write(
        folder, step, group, {"kid": value}, {"nearest": picture}, {"kid": "?"}
    )


def test_an_evaluation_replaces_that_of_the_same_step(tmp_path):
    (tmp_path / "events.out.tfevents.1.training").write_bytes(b"")
    for step, value in [(30, 0.1), (10, 0.2), (30, 0.3), (20, 0.4)]:
        write_events(tmp_path, step, value)
    write_events(tmp_path, 30, 0.5, "evaluation_raw")
    assert tags_and_steps(tmp_path) == {
        "evaluation/kid": [10, 20, 30],
        "evaluation/nearest": [10, 20, 30],
        "evaluation_raw/kid": [30],
        "evaluation_raw/nearest": [30],
    }
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2 and files[0].read_bytes() == b""
    versions = [e.file_version for e in read_events(files[1]) if e.file_version]
    assert versions == ["brain.Event:2"]
    assert read_events(files[1])[0].file_version


def test_a_kill_between_two_files_leaves_no_evaluation_twice(tmp_path):
    for step in (10, 20):
        write_events(tmp_path, step, 0.5)
    (file,) = tmp_path.iterdir()
    other = tmp_path / "events.out.tfevents.1.evaluation"
    other.write_bytes(file.read_bytes())  # the old one, not deleted any more
    write_events(tmp_path, 30, 0.5)
    assert tags_and_steps(tmp_path)["evaluation/kid"] == [10, 20, 30]


def test_the_last_value_is_what_tensorboard_shows(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    for value in (0.1, 0.3):
        write_events(tmp_path, 30, value)
    reader = EventAccumulator(str(tmp_path))
    reader.Reload()
    (event,) = reader.Tensors("evaluation/kid")
    assert_allclose(tensor_util.make_ndarray(event.tensor_proto), 0.3, rtol=1e-6)


def test_a_resumed_training_drops_later_evaluations(tmp_path):
    for step in (10, 20, 30):
        write_events(tmp_path, step, 0.5)
    rewind_events(tmp_path, 20)
    assert tags_and_steps(tmp_path)["evaluation/kid"] == [10, 20]
    write_events(tmp_path, 30, 0.5)
    assert tags_and_steps(tmp_path)["evaluation/kid"] == [10, 20, 30]


def test_every_number_is_ready_for_json(judged, scored):
    assert json.loads(json.dumps(scored.metrics)) == scored.metrics
    assert json.loads(json.dumps(judged.real)) == judged.real
