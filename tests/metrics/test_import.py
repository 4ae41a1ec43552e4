import subprocess
import sys

import gan_tf.metrics


def test_the_metrics_import_no_tensorflow():
    code = (
        "import sys, gan_tf.metrics, gan_tf.evaluation, gan_tf.evaluation.cas;"
        "print([m for m in ('tensorflow', 'keras', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_exported_name_exists():
    for name in gan_tf.metrics.__all__:
        assert callable(getattr(gan_tf.metrics, name))
