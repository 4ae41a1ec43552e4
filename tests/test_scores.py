import json

import pytest

from gan_tf.errors import InputError
from gan_tf.run_dir import evaluations as scores


def record(step, ratio, weights="ema"):
    return {"step": step, "weights": weights, "metrics": {"frechet_ratio": ratio}}


def test_each_checkpoint_and_weights_are_there_once_in_order(tmp_path):
    for one in (record(4, 2.0), record(2, 3.0), record(4, 9.0, "raw"), record(4, 1.0)):
        scores.write(tmp_path, one)
    assert scores.read(tmp_path) == [
        record(2, 3.0),
        record(4, 1.0),
        record(4, 9.0, "raw"),
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.json"]


def test_the_best_is_the_smallest_ratio_of_ema_weights_that_is_still_there(tmp_path):
    assert scores.best(tmp_path, [2, 4]) is None
    for one in (record(2, 3.0), record(4, 2.0), record(6, 1.0), record(8, 0.5, "raw")):
        scores.write(tmp_path, one)
    assert scores.best(tmp_path, [2, 4, 6, 8]) == 6
    assert scores.best(tmp_path, [2, 4, 8]) == 4
    assert scores.best(tmp_path, [10]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"evaluations": 3}',
        json.dumps({"evaluations": [{"step": 2, "weights": "ema", "metrics": {}}]}),
    ],
)
def test_a_damaged_file_is_one_line_and_stays(tmp_path, text):
    file = tmp_path / "metrics.json"
    file.write_text(text)
    for touch in (
        lambda: scores.best(tmp_path, [2]),
        lambda: scores.write(tmp_path, record(2, 1.0)),
    ):
        with pytest.raises(InputError, match="metrics.json is damaged"):
            touch()
    assert file.read_text() == text
