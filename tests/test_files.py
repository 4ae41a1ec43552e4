"""Paths of this machine; `atomic_write` is tested by those who use it."""

from pathlib import Path

import pytest
import tensorflow as tf

from gan_tf.errors import InputError
from gan_tf.files import local_path, write_errors

URLS = ["gs://bucket/x", "s3://b", "hdfs:/b", "https://a/b.png", "dbfs+x://a", "file:/a"]


@pytest.mark.parametrize("url", [*URLS, Path("gs://bucket/x")])
def test_paths_of_other_machines_are_refused(url):
    with pytest.raises(InputError, match=r"^run_dir \(.*\) "):
        local_path("run_dir", url)


def test_a_tilde_is_expanded_and_any_other_name_stays(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    assert local_path("out", "~/a b") == Path("/home/me/a b")
    for name in ("~no-such-user/x", "a[1]*?", "lr:1e-3/x", "a,'b'", "C:/x", "gs:x"):
        assert local_path("out", name) == local_path("out", Path(name)) == Path(name)


@pytest.mark.parametrize(
    "error, reason",
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("cannot write mode F"), "cannot write mode F"),
        (
            tf.errors.UnknownError(None, None, "/a/b; File too large [Op:SaveV2]\nmore"),
            "File too large",
        ),
    ],
)
def test_an_error_of_writing_is_one_line_of_the_systems_reason(error, reason):
    with pytest.raises(InputError) as caught:
        with write_errors("out (x)", tf.errors.OpError, advice="try again"):
            raise error
    assert str(caught.value) == f"out (x) cannot be written ({reason}): try again"
