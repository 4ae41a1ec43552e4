"""Opens every TensorBoard page of a folder of runs in headless Chromium, keeps pictures.

    python experiments/tensorboard_pages.py --logdir=runs --out=docs/images/tensorboard

It needs Chromium (or Chrome), and fails if a page stays empty. `make browser` runs it.
"""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from gan_tf import cli
from gan_tf.errors import InputError
from gan_tf.fields import Rule
from gan_tf.sampling import image_io as images

FLAGS = [
    cli.Flag("logdir", Rule(str), "the folder of runs", "runs"),
    cli.Flag("out", Rule(str), "where the pictures go", "docs/images/tensorboard"),
]
# The hash of a page's address, by the name of its picture.
PAGES = {
    "scalars": "#scalars&tagFilter=losses",
    "images": "#images&tagFilter=samples",
    "histograms": "#histograms",
    "distributions": "#distributions",
    "graphs": "#graphs",
    "text": "#text",
    "hparams": "#hparams",
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OFFLINE = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def served(logdir: Path):
    """Runs TensorBoard over `logdir`; yields its address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}/"
    # Relative: the pages show the path.
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", logdir.name]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--load_fast=false"],
        cwd=logdir.absolute().parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(address + "data/runs") as answer:
                    if answer.read().strip() not in (b"", b"[]"):
                        break
            time.sleep(0.5)
        else:
            raise InputError(f"logdir ({logdir}): TensorBoard finds no run there")
        yield address
    finally:
        process.terminate()
        process.wait()


def photograph(browser: str, address: str, picture: Path) -> None:
    """Waits until a page has drawn itself and writes what it shows."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                *_OFFLINE,
                f"--user-data-dir={profile}",
                "--window-size=1400,1000",
                "--virtual-time-budget=30000",
                f"--screenshot={picture.absolute()}",
                address,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=300,
        )


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, __doc__, FLAGS)
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise InputError(f"no browser: install one of {', '.join(_BROWSERS)}")
    logdir = Path(values.get("logdir", "runs"))
    out = Path(values.get("out", "docs/images/tensorboard"))
    out.mkdir(parents=True, exist_ok=True)
    with served(logdir) as address:
        for name, page in PAGES.items():
            picture = out / f"{name}.png"
            photograph(browser, address + page, picture)
            if images.read_png(picture).std() < 5:
                raise RuntimeError(f"{page} stayed empty: see {picture}")
            print(f"{page} -> {picture}")


if __name__ == "__main__":
    cli.run(main)
