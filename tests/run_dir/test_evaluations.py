from gan_tf.evaluation import records
from gan_tf.run_dir import evaluations


def record(step, ratio, weights="ema"):
    return {"step": step, "weights": weights, "metrics": {"frechet_ratio": ratio}}


def test_each_checkpoint_and_weights_occur_once_in_order(tmp_path):
    for one in (record(4, 2.0), record(2, 3.0), record(4, 9.0, "raw"), record(4, 1.0)):
        evaluations.write(tmp_path, one)
    expected = [record(2, 3.0), record(4, 1.0), record(4, 9.0, "raw")]
    assert evaluations.read(tmp_path) == expected
    (file,) = tmp_path.iterdir()
    assert file.name == "metrics.json"
    file.write_text("\ufeff" + file.read_text(), "utf-8")  # as some editors save it
    assert evaluations.read(tmp_path) == expected


def test_an_evaluation_keeps_the_slow_metrics_of_the_one_it_replaces(tmp_path):
    """Those of other networks, or of other versions, are not kept."""

    def one(step, version, **metrics):
        parts = {"metrics": {"frechet_ratio": 1.0, **metrics}, "real": metrics}
        return {"step": step, "weights": "ema", "versions": version, "notes": [], **parts}

    evaluations.write(tmp_path, one(2, "a", kid=1.0, cas=0.5))
    merged = evaluations.with_earlier(tmp_path, one(2, "a", kid=2.0))
    assert merged == one(2, "a", kid=2.0, cas=0.5)
    evaluations.write(tmp_path, one(2, "a", kid=1.0, cas=0.5) | {"notes": ["of all"]})
    new = one(2, "a", kid=2.0) | {"notes": ["cas is left out"]}
    assert evaluations.with_earlier(tmp_path, new)["notes"] == ["of all"]
    new = one(2, "a", kid=2.0, cas=0.6) | {"notes": ["new"]}
    assert evaluations.with_earlier(tmp_path, new)["notes"] == ["new"]
    for new in (one(2, "b", kid=2.0), one(4, "a", kid=2.0)):
        assert evaluations.with_earlier(tmp_path, new) == new


def test_the_best_has_the_smallest_ratio_of_ema_weights_and_still_exists(tmp_path):
    assert evaluations.best(tmp_path, [2, 4]) is None
    for step, ratio in ((2, 3.0), (4, 2.0), (6, 1.0), (10, None)):  # the last: undefined
        evaluations.write(tmp_path, record(step, ratio))
    evaluations.write(tmp_path, record(8, 0.5, "raw"))
    assert evaluations.best(tmp_path, [2, 4, 6, 8, 10]) == 6
    assert evaluations.best(tmp_path, [2, 4, 8]) == 4
    assert evaluations.best(tmp_path, [10]) is None
    assert evaluations.best(tmp_path, [12]) is None


def test_a_copy_without_tensorboards_evaluations_loses_those_of_later_steps(run):
    for step in (2, 4):
        evaluations.write(run.path, record(step, 1.0))
    records.truncate_after(run, 2)
    assert evaluations.read(run.path) == [record(2, 1.0)]


def test_the_best_is_chosen_among_evaluations_of_as_many_images(tmp_path):
    for step, ratio, num in (2, 3.0, 9_000), (4, 2.0, 9_000), (6, 1.0, 100):
        evaluations.write(tmp_path, {**record(step, ratio), "num": num, "data": "d"})
    assert evaluations.best(tmp_path, [2, 4, 6]) == 4
    evaluations.write(tmp_path, {**record(8, 0.5), "num": 9_000, "data": "other"})
    assert evaluations.best(tmp_path, [2, 4, 6, 8]) == 4
    assert evaluations.best(tmp_path, [4, 6]) == 4  # one each: the larger number
    moved = {**record(10, 0.5), "num": 9_000, "data": "d", "crc32": 7}
    evaluations.write(tmp_path, moved)
    assert evaluations.best(tmp_path, [2, 4, 10]) == 4
    renamed = {**record(12, 0.7), "num": 9_000, "data": "e", "crc32": 7}
    evaluations.write(tmp_path, renamed)
    evaluations.write(tmp_path, {**renamed, "step": 14, "data": "f"})
    assert evaluations.best(tmp_path, [2, 4, 10, 12, 14]) == 10
    of_others = {**renamed, "metrics": {"frechet_ratio": 0.1}, "test_sha256": "8"}
    evaluations.write(tmp_path, {**of_others, "step": 16})  # of other test images
    assert evaluations.best(tmp_path, [2, 4, 10, 12, 14, 16]) == 10
    of_another = {**renamed, "metrics": {"frechet_ratio": 0.1}, "weights_sha256": "8"}
    evaluations.write(tmp_path, {**of_another, "step": 18})  # in other features
    assert evaluations.best(tmp_path, [2, 4, 10, 12, 14, 18]) == 10


def test_an_evaluation_of_fewer_images_replaces_no_other(tmp_path):
    for step, ratio in ((2, 1.0), (4, 2.0), (6, 3.0)):
        evaluations.write(tmp_path, {**record(step, ratio), "num": 10_000})
    evaluations.write(tmp_path, {**record(2, 9.0), "num": 1_000})
    assert [r["step"] for r in evaluations.read(tmp_path)] == [2, 2, 4, 6]
    assert evaluations.best(tmp_path, [2, 4, 6]) == 2
    # Neither is deleted.
    evaluations.write(tmp_path, {**record(4, 0.5), "num": 1_000})
    evaluations.write(tmp_path, {**record(6, None), "num": 500})
    assert evaluations.best_of_each_kind(tmp_path, [2, 4, 6]) == {2, 4}
    assert evaluations.best_of_each_kind(tmp_path, [4, 6]) == {4}
