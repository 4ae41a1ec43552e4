import json
import re
import types

import numpy as np
import pytest
from evaluation_helpers import ToyClassifier, toy_evaluations
from numpy.testing import assert_allclose, assert_array_equal
from tiny import blobs

from gan_tf.data import Dataset
from gan_tf.errors import InputError
from gan_tf.evaluation import SEED, Evaluator, split
from gan_tf.evaluation.cache import cached
from gan_tf.evaluation.copying import CopyingTest
from gan_tf.evaluation.evaluator import check_sampler, generate_for_labels
from gan_tf.evaluation.reference import Reference
from gan_tf.evaluation.table import METRICS, checkpoint_row, class_table, table
from gan_tf.metrics import (
    class_frechet_distances,
    confusion_matrix,
    frechet_distance,
    label_accuracy,
    moments,
    prdc,
)

NAMES = ("a", "b", "c")
COPYING = {"data_copying_ct", "data_copying_ct_error", "nn_distance_ratio"}
FAST = {"kid_error", "data_copying_ct_error", *METRICS} - {"cas", "cas_for_training"}


def dataset(num=420, num_test=120, **changes):
    train, test = blobs(num), blobs(num_test, seed=1)
    return Dataset("blobs", *train, *test, NAMES)._replace(**changes)


class Generator:
    """A sampler without TensorFlow: real-looking images, other ones for each seed."""

    def __init__(self, class_names=NAMES, shape=(8, 8, 1)):
        self.class_names = class_names
        self.image_shape = shape
        self.calls = []

    def generate(self, label=None, num=16, seed=0):
        assert num > 0
        self.calls.append((label, num, seed))
        images, labels = blobs(3 * num, seed=seed)
        return images[:num] if label is None else images[labels == label]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with toy_evaluations(tmp_path_factory.mktemp("cache")) as folder:
        yield folder / "gan_tf"


@pytest.fixture(scope="module")
def blobs_evaluator():
    return Evaluator(dataset(), num=90)


@pytest.fixture(scope="module")
def scored(blobs_evaluator):
    return blobs_evaluator.score_sampler(Generator())


def test_the_numbers_are_those_of_the_metrics(blobs_evaluator, scored):
    rows = np.sort(np.random.default_rng(0).permutation(120)[:90])
    real, labels = (part[rows] for part in blobs(120, seed=1))
    assert_array_equal(blobs_evaluator.labels, labels)
    assert_array_equal(scored.labels, labels)
    outputs = [ToyClassifier().outputs(images) for images in (real, scored.images)]
    pair = [output.features for output in outputs]
    metrics = scored.metrics
    distance = frechet_distance(*moments(pair[0]), *moments(pair[1]))
    assert_allclose(metrics["frechet"], distance, rtol=1e-9)
    assert metrics.items() >= prdc(*pair)._asdict().items()
    within = class_frechet_distances(pair[0], labels, pair[1], labels)
    assert_allclose(metrics["class_frechet_worst"], within.max(), rtol=1e-9)
    probabilities = outputs[1].probabilities
    assert metrics["label_accuracy"] == label_accuracy(probabilities, labels)
    assert_array_equal(scored.confusion, confusion_matrix(probabilities, labels))
    assert_array_equal(scored.predicted, probabilities.argmax(axis=1))
    for values in (metrics, blobs_evaluator.real):
        assert json.loads(json.dumps(values)) == values


def test_the_baseline_and_the_classifier_accuracy(blobs_evaluator, scored):
    reference = Reference(ToyClassifier(), blobs(420), blobs(120, seed=1), 90)
    copying = CopyingTest(split(dataset()), 90).baseline()
    assert blobs_evaluator.real == reference.baseline() | copying
    assert set(blobs_evaluator.real) == set(scored.metrics) == FAST
    assert blobs_evaluator.test_accuracy == 1
    wrong = blobs(120, seed=1)[1]
    wrong[:6] = 2 - wrong[:6]  # four of them: 1 stays 1
    assert Evaluator(dataset(y_test=wrong)).test_accuracy == pytest.approx(116 / 120)


def test_each_label_is_generated_with_a_seed_of_its_own(blobs_evaluator):
    sampler = Generator()
    images, labels = blobs_evaluator.score_sampler(sampler).images, blobs_evaluator.labels
    counts = np.bincount(labels)
    assert sampler.calls == [(k, counts[k], 1_000_000 + k) for k in range(3)]
    for label in range(3):
        expected = Generator().generate(label, counts[label], SEED + label)
        assert_array_equal(images[labels == label], expected)
    # Labels that are not requested are not generated.
    images = generate_for_labels(Generator(), np.array([2, 0, 2]), 3, seed=7)
    assert_array_equal(images[[0, 2]], Generator().generate(2, 2, seed=9))
    assert_array_equal(images[1:2], Generator().generate(0, 1, seed=7))


def test_an_unconditional_generator_is_scored_without_labels(blobs_evaluator):
    sampler = Generator(class_names=())
    evaluation = blobs_evaluator.score_sampler(sampler)
    assert sampler.calls == [(None, 90, SEED)]
    assert evaluation.labels is None and evaluation.confusion is None
    assert "class_tv" in evaluation.metrics and "label_accuracy" not in evaluation.metrics
    assert "fraction" in class_table(evaluation, blobs_evaluator)


def test_images_are_drawn_with_their_labels(blobs_evaluator):
    images, labels = blobs(200, seed=3)
    order = np.argsort(labels, kind="stable")
    evaluation = blobs_evaluator.score_images(images[order, ..., 0], labels[order])
    assert evaluation.images.shape == (90, 8, 8, 1)
    assert evaluation.metrics["label_accuracy"] > 0.9
    assert np.bincount(evaluation.labels).min() > 15  # not the first of a sorted file
    assert blobs_evaluator.score_images(images).confusion is None


def test_what_cannot_be_evaluated_is_refused(blobs_evaluator):
    images, _ = blobs(200)
    one_of_a = dataset(y_train=np.minimum(np.arange(420), 1), x_test=None)
    small = dataset(9, x_test=None)
    unlabelled = dataset(33, y_train=None, x_test=None, class_names=())
    score, other_shape = blobs_evaluator.score_images, Generator(shape=(8, 9, 1))
    for message, call, *arguments in [
        (r"images of shape \(8, 8, 1\)", check_sampler, other_shape, dataset()),
        ("a, b, c, the generator has a, b", check_sampler, Generator("ab"), dataset()),
        ("num .90. must be at most 89", score, images[:89]),
        ("must be uint8", score, images / 255),
        ("must be from 10 to 120: blobs has 120 test", Evaluator, dataset(), 121),
        ("must be from 10 to 120: blobs has 120 test", Evaluator, dataset(), 9),
        (r"num \(20.0\) must be a whole number", Evaluator, dataset(), 20.0),
        ("9 test images, .*: give 8 and 4 of each class", split, dataset(num_test=9)),
        ("23 training and .*: give 8 and 4 of each class", split, dataset(23)),
        ("no test split and 1 images of class a, .*: give 12", split, one_of_a),
        ("3 images of class a, .*: give 12 of each class, or a", split, small),
        ("no test split and 33 images, .*: give 34, or a test", split, unlabelled),
        ("no labelled test split and 3 .* or a labelled", split, dataset(9, y_test=None)),
    ]:
        with pytest.raises(InputError, match=message) as error:
            call(*arguments)
        assert "\n" not in str(error.value)


def test_the_test_split_is_used_and_else_a_seventh_of_each_class_held_out():
    data = dataset()
    parts = split(data)
    assert parts.train[0] is data.x_train and parts.test[1] is data.y_test
    assert not parts.held_out and parts.most == Evaluator(data).num == 120
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


def test_the_baseline_is_cached(blobs_evaluator, cache, monkeypatch):
    files = list((cache / "baselines").iterdir())
    monkeypatch.setattr(Reference, "baseline", None)
    monkeypatch.setattr(Reference, "_draws", None)
    whole = dataset()
    view = np.repeat(whole.x_train, 2, axis=0)[::2]  # the same images, not in one block
    again = Evaluator(whole._replace(x_train=view), num=90)
    assert again.real == blobs_evaluator.real
    assert again.checksums == blobs_evaluator.checksums
    assert again.test_accuracy == blobs_evaluator.test_accuracy
    assert list((cache / "baselines").iterdir()) == files
    for num, data in [(91, dataset()), (90, dataset(y_test=blobs(120)[1] * 0))]:
        with pytest.raises(TypeError, match="not callable"):
            Evaluator(data, num)


def test_a_damaged_cache_is_computed_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cached("key", lambda: {"a": 1.0})
    assert cached("key", lambda: {"a": 2.0}) == {"a": 1.0}
    (file,) = (tmp_path / "gan_tf" / "baselines").iterdir()
    file.write_text('{"a": 1')
    assert cached("key", lambda: {"a": 3.0}) == {"a": 3.0}


def test_the_slow_metrics(monkeypatch):
    given = []

    def cas(images, labels, real_images, real_labels):
        given.append((images, labels))
        assert_array_equal(real_labels, blobs(120, seed=1)[1])
        return 0.75

    monkeypatch.setattr("gan_tf.evaluation.evaluator.classification_accuracy_score", cas)
    slow = Evaluator(dataset(), slow_metrics=True)
    evaluation = slow.score_sampler(Generator())
    assert "cas" not in Evaluator(dataset()).score_sampler(Generator()).metrics
    unlabelled = slow.score_images(evaluation.images)
    assert "cas" not in unlabelled.metrics
    assert unlabelled.notes[0] == "cas is left out: it needs images of requested labels"
    assert set(evaluation.metrics) == set(slow.real) == FAST | {"cas"}
    assert {"data copying", "cas", "generate"} <= set(evaluation.seconds)
    # CAS learns from as many generated images as there are training images, of their
    # labels in another order, and its baseline from training images.
    (images, requested), (real, labels) = given
    assert_array_equal(np.bincount(requested), np.bincount(blobs(420)[1]))
    assert_array_equal(images[requested == 1], Generator().generate(1, 140, 2_000_001))
    assert_array_equal(real[labels == 1].sum(), blobs(420)[0][1::3].sum())
    # Of images that are given, it learns from at most as many.
    assert "cas" in slow.score_images(*blobs(500, seed=4)).metrics
    images, labels = given[2]
    assert len(images) == 420
    assert_array_equal(ToyClassifier().outputs(images).logits.argmax(axis=1), labels)
    assert "cas" not in slow.score_images(blobs(420)[0]).metrics


@pytest.mark.parametrize("num", [1, 2, 3, 5, 9, 14])
def test_what_a_refusal_states_can_be_evaluated(num):
    """In images of each class; with one image fewer the data are refused, too."""
    names = tuple(map(str, range(num)))

    def small(size):
        images, labels = blobs(num * size, num_classes=3)
        return Dataset("small", images, np.arange(num * size) % num, None, None, names)

    with pytest.raises(InputError, match="no test split and 1 images") as error:
        split(small(1))
    enough = int(re.search(r"give (\d+)", str(error.value))[1])
    parts = split(small(enough))
    assert np.bincount(parts.train[1]).min() > 0 and np.bincount(parts.test[1]).min() > 0
    assert len(parts.train[1]) >= 24 and parts.most >= 10
    with pytest.raises(InputError):
        split(small(enough - 1))


def test_a_class_that_is_too_small_costs_only_the_distances_within_classes():
    few_of_c = np.where(np.arange(120) < 3, 2, np.arange(120) % 2)
    small = Evaluator(dataset(y_test=few_of_c), 10)
    evaluation = small.score_sampler(Generator())
    within = {"class_frechet_mean", "class_frechet_worst"}
    assert set(evaluation.metrics) == set(small.real) == FAST - COPYING - within
    (note, *_) = evaluation.notes
    assert note.startswith("class_frechet_mean and class_frechet_worst are left out")
    assert re.search("every 10 that are compared, and class c has [01]$", note)

    images, labels = blobs(120)
    usual = Evaluator(dataset())
    assert within <= set(usual.score_images(images, labels).metrics)
    rest = usual.score_images(images, np.minimum(labels, 1))
    assert set(rest.metrics) == FAST - within and within <= set(usual.real)
    assert rest.notes == [rest.notes[0], *usual.notes]
    assert rest.notes[0].endswith("class c has 0")
    assert usual.score_images(images, labels).notes == usual.notes


@pytest.mark.parametrize("change", ["unlabelled", "one class"])
def test_data_without_classes_get_the_metrics_that_need_none(change):
    if change == "unlabelled":
        data = dataset(y_train=None, y_test=None, class_names=())
    else:
        zeros = np.zeros(420, np.int32)
        data = dataset(y_train=zeros, y_test=zeros[:120], class_names=("a",))
    plain = Evaluator(data, slow_metrics=True)
    assert plain.test_accuracy is None and "blobs has fewer than two" in plain.notes[0]
    good = plain.score_sampler(Generator(class_names=()))
    names = "frechet frechet_debiased frechet_ratio kid kid_error precision recall "
    names += "density coverage data_copying_ct data_copying_ct_error nn_distance_ratio"
    assert set(good.metrics) == set(plain.real) == set(names.split())
    left_out = {*METRICS} - {"cas_for_training"} - set(good.metrics)
    assert all(name in plain.notes[0] for name in left_out)
    assert good.labels is None and good.confusion is None
    # Random features see what is wrong with images.
    dark = plain.score_images(blobs(120, seed=5)[0] // 2, np.zeros(120, int)).metrics
    assert dark["frechet_ratio"] > 10 * good.metrics["frechet_ratio"]
    assert dark["coverage"] < 0.1 < 0.7 < good.metrics["coverage"]
    if data.class_names:
        sampler = Generator(data.class_names)
        assert plain.score_sampler(sampler).labels is None
        assert sampler.calls == [(0, 120, SEED)]


def test_notes():
    few = "90 images are few: compare only with scores of as many"
    assert Evaluator(dataset(), 90).notes == [few]
    held_out = Evaluator(dataset(x_test=None, y_test=None))
    assert held_out.num == 60 and "blobs has no test split" in held_out.notes[0]
    unlabelled = Evaluator(dataset(y_test=None))
    assert unlabelled.num == 60 and "has no labelled test split" in unlabelled.notes[0]
    wrong = Evaluator(dataset(y_test=(blobs(120, seed=1)[1] + 1) % 3), 90)
    assert wrong.test_accuracy < 0.5 and "classifier is right for" in wrong.notes[0]
    assert "where always guessing one class is for 3" in wrong.notes[0]
    labels = blobs(120, seed=1)[1]
    for num_wrong, is_noted in ((50, True), (30, False)):
        some = np.where(np.arange(120) < num_wrong, (labels + 1) % 3, labels)
        notes = Evaluator(dataset(y_test=some), 90).notes
        assert ("classifier is right for" in notes[0]) == is_noted
    few = Evaluator(dataset(), 30)
    assert "data_copying_ct" not in few.score_images(blobs(120)[0]).metrics
    assert any("data-copying test is left out" in note for note in few.notes)


def test_the_tables(blobs_evaluator, scored):
    text = table(scored, blobs_evaluator, "step 4")
    lines = {line.split()[0]: line.split() for line in text.splitlines()[1:]}
    assert text.splitlines()[0].split() == ["step", "4", "real", "images", "better"]
    assert set(lines) == FAST & {*METRICS}
    both = scored.metrics, blobs_evaluator.real
    expected = [f"{metrics['coverage']:.4f}" for metrics in both]
    assert lines["coverage"] == ["coverage", *expected, "higher"]
    assert lines["kid"][2] == f"+-{scored.metrics['kid_error']:.4f}"
    classes = class_table(scored, blobs_evaluator).splitlines()
    assert [line.split()[0] for line in classes] == ["class", *NAMES]
    assert classes[1].split()[:2] == ["a", str(scored.confusion[0].sum())]
    row = checkpoint_row("4", {"frechet_ratio": 2.0, "kid": np.nan, "coverage": 0.5})
    assert row.split() == ["4", "2.0000", "n/a", "0.5000"]


def test_the_tables_of_black_images_and_of_a_wrong_label(blobs_evaluator):
    black = blobs_evaluator.score_images(np.zeros([90, 8, 8, 1], np.uint8))
    lines = table(black, blobs_evaluator, "black").splitlines()
    found = {line.split()[0]: line.split()[1] for line in lines[1:]}
    assert found["precision"] == found["density"] == "n/a" and found["recall"] == "0.0000"
    images, labels = blobs(90, seed=5)
    labels[0] = 1  # it is an a
    text = class_table(blobs_evaluator.score_images(images, labels), blobs_evaluator)
    assert text.splitlines()[2].split()[-2:] == ["a", "(1)"]
    confusion = np.array([[4, 0, 0], [1, 5, 2], [0, 0, 0]])
    evaluation = blobs_evaluator.score_images(images, labels)._replace(confusion=confusion)
    rows = [line.split() for line in class_table(evaluation, blobs_evaluator).splitlines()]
    a, b, c = NAMES
    assert rows[1:] == [
        [a, "4", "1.000"], [b, "8", "0.625", c, "(2)"], [c, "0", "n/a"]
    ]  # fmt: skip


def test_many_classes_stay_short_in_tables_and_errors(blobs_evaluator, scored):
    names = tuple(f"{'x' * 60}{k}" for k in range(1_500))
    many = types.SimpleNamespace(
        dataset=dataset(class_names=names), labels=np.arange(3_000) % 1_500
    )
    evaluation = scored._replace(confusion=np.eye(1_500, dtype=int), predicted=many.labels)
    for confusion in (evaluation.confusion, None):
        text = class_table(evaluation._replace(confusion=confusion), many)
        assert text.count("\n") == 21 and text.endswith("the 20 worst of 1,500 classes")
    # Classes that were not requested have no accuracy.
    few = np.diag(np.arange(1_500) % 7 == 0).astype(int)
    few[1::7, 0] = 1
    text = class_table(evaluation._replace(confusion=few), many)
    assert [line.split()[2] for line in text.splitlines()[1:-1]] == ["0.000"] * 20
    with pytest.raises(InputError) as error:
        check_sampler(Generator(names), dataset(class_names=names[:-1]))
    assert len(str(error.value)) < 1_200 and "(1,499 in all), the gen" in str(error.value)
