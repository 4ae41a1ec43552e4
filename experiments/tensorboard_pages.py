"""Saves pictures of the TensorBoard pages of a folder of runs, by headless Chromium.

    python experiments/tensorboard_pages.py --logdir=runs --out=docs/images/tensorboard

Needs Chromium or Chrome; fails if a page stays empty. `make browser` runs it.
"""

import argparse
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

from gan_tf.sampling import image_io

# {name of the picture: hash of the page's address}.
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
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


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
            raise SystemExit(f"logdir ({logdir}): TensorBoard finds no run there")
        yield address
    finally:
        process.terminate()
        process.wait()


def screenshot(browser: str, address: str, picture: Path) -> None:
    """Writes a picture of a page once it is complete."""
    with tempfile.TemporaryDirectory() as profile:
        flags = [f"--user-data-dir={profile}", f"--screenshot={picture.absolute()}"]
        flags += ["--window-size=1400,1000", "--virtual-time-budget=30000"]
        command = [browser, *_OFFLINE, *flags, address]
        subprocess.run(command, check=True, capture_output=True, timeout=300)


def main(argv: Sequence[str] | None = None) -> None:
    """Serves the runs and saves every page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, default=Path("docs/images/tensorboard"))
    args = parser.parse_args(argv)
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        parser.error(f"no browser: install one of {', '.join(_BROWSERS)}")
    args.out.mkdir(parents=True, exist_ok=True)
    with served(args.logdir) as address:
        for name, page in PAGES.items():
            picture = args.out / f"{name}.png"
            screenshot(browser, address + page, picture)
            if image_io.read_png(picture).std() < 5:
                raise RuntimeError(f"{page} stayed empty: see {picture}")
            print(f"{page} -> {picture}")


if __name__ == "__main__":
    main()
