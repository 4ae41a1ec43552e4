import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_tf.training.optimizers import FusedAdam


@pytest.mark.parametrize("beta_1", [0.0, 0.5])
def test_fused_adam_equals_keras_adam_with_a_moving_rate(beta_1):
    start = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    pairs = [
        (cls(beta_1=beta_1, beta_2=0.99), keras.Variable(start, name="w"))
        for cls in (FusedAdam, keras.optimizers.Adam)
    ]
    for optimizer, variable in pairs:
        optimizer.build([variable])
    for step in range(20):
        gradient = tf.random.stateless_normal([5, 3], [step, 0])
        for optimizer, variable in pairs:
            optimizer.learning_rate.assign(1e-2 * (1 - step / 20))
            optimizer.apply([gradient], [variable])
    (fused, a), (plain, b) = pairs
    assert np.abs(a.numpy() - start).max() > 0.01
    np.testing.assert_allclose(a, b, atol=1e-6)
    for mine, keras_own in zip(fused.variables, plain.variables):
        assert mine.name == keras_own.name
        np.testing.assert_allclose(mine, keras_own, atol=1e-6)


def test_arguments_without_effect_are_refused():
    for name in ("amsgrad", "weight_decay", "clipnorm", "use_ema", "learning_rate"):
        with pytest.raises(TypeError, match=name):
            FusedAdam(0.5, 0.99, **{name: 1.0})
