"""Paths of this machine; `atomic_write` is tested by those who use it."""

from pathlib import Path

import pytest

from gan_tf.errors import InputError
from gan_tf.files import local_path

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
