import subprocess
import sys


def test_the_pure_functions_need_no_tensorflow():
    code = (
        "import sys, gan_tf.metrics, gan_tf.metrics.report, gan_tf.metrics.judge_cache;"
        "print([m for m in ('tensorflow', 'keras', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_exported_name_exists():
    import gan_tf.metrics

    for name in gan_tf.metrics.__all__:
        assert callable(getattr(gan_tf.metrics, name))
