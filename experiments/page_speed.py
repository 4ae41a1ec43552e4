"""Measures the page of the format html in headless Chromium.

    python experiments/page_speed.py --page runs/acgan/page/index.html

Recorded are the time from the navigation to the first image with its controls, to the
whole grid, and the milliseconds of each of 20 images of every label, by a call of its own:
medians, and the worst image. Each round opens the page anew. Writes
experiments/results/page_speed.json.
"""

import statistics
import sys
import tempfile
from pathlib import Path

import records

# In the page, before its own script: when there was an image, and when all of them.
_CLOCK = """
const clock = setInterval(() => {
  const text = (id) => document.getElementById(id)?.textContent || "";
  if (text("caption").includes("seed")) window.usable ??= performance.now();
  if (!text("status").endsWith("ms each")) return;
  window.complete = performance.now();
  clearInterval(clock);
}, 2);
"""
_IMAGES = """(async () => {
  const times = [];
  for (let label = 0; label < Math.max(names.length, 1); label++) {
    for (let start = 0; start < 20; start++) {
      times.push((await call("images", { label, seed: 1, num: 1, start })).milliseconds);
    }
  }
  return times.join(" ");
})()"""


def main(argv=None) -> None:
    """Measures one page."""
    parser = records.parser(__doc__)
    page = records.ROOT / "runs" / "acgan" / "page" / "index.html"
    parser.add_argument("--page", type=Path, default=page)
    args = records.parse(parser, argv)
    sys.path.insert(0, str(records.ROOT / "tests" / "exporting"))
    from chromium import PROGRAM, browser_page

    if PROGRAM is None:
        raise SystemExit("error: Chromium is not installed: apt-get install chromium")
    if not args.page.is_file():
        raise SystemExit(f"error: page ({args.page}) is not a file: run make page first")
    rounds, images = [], []
    for _ in range(1 if args.quick else 5):
        with (
            # A process of the browser may outlive it by an instant and write a last file.
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            browser_page(Path(folder)) as browser,
        ):
            browser.send("Page.addScriptToEvaluateOnNewDocument", source=_CLOCK)
            browser.open(args.page.resolve().as_uri())
            browser.wait("window.complete", seconds=300)
            browser.wait("idle.then(() => waiting.size === 0)", seconds=300)
            usable, complete = browser.run("[window.usable, window.complete]")
            images += [float(text) for text in browser.run(_IMAGES).split()]
            version = browser.run("navigator.userAgent").split()[-2]
            assert not browser.errors, browser.errors
        rounds.append({"usable_ms": usable, "complete_ms": complete})
    names = "usable_ms", "complete_ms"
    record = {
        "page_bytes": args.page.stat().st_size,
        "browser": version,
        **{name: statistics.median(one[name] for one in rounds) for name in names},
        "num_images": len(images),
        "image_ms": statistics.median(images),
        "image_ms_worst": max(images),
        "rounds": rounds,
        **records.provenance(),
    }
    records.write(args.out / records.RESULTS / "page_speed.json", record)
    for name, value in record.items():
        if name not in ("rounds", "versions"):
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
