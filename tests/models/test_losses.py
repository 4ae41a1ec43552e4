import numpy as np
import pytest
import tensorflow as tf

from gan_tf.models import losses

LOGITS = np.array([-3.0, -0.5, 0.0, 2.0], np.float32)
P = 1 / (1 + np.exp(-LOGITS.astype(np.float64)))


def assert_close(actual, expected, rtol=1e-6, atol=0):
    np.testing.assert_allclose(actual, expected, rtol, atol)


def test_real_and_fake_loss_and_their_gradients_are_the_closed_forms():
    for loss in (losses.real_loss, losses.fake_loss):
        assert_close(loss(tf.zeros([5])), np.log(2))
    target = np.full_like(LOGITS, 0.9)
    smoothed = tf.nn.sigmoid_cross_entropy_with_logits(target, LOGITS)
    assert_close(losses.real_loss(LOGITS, 0.1), tf.reduce_mean(smoothed))
    logits = tf.constant(LOGITS)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        real, fake = losses.real_loss(logits), losses.fake_loss(logits)
    assert_close(real, -np.log(P).mean())
    assert_close(fake, -np.log(1 - P).mean())
    assert_close(tape.gradient(real, logits), (P - 1) / 4, rtol=1e-7, atol=1e-7)
    assert_close(tape.gradient(fake, logits), P / 4, rtol=1e-7, atol=1e-7)


def test_class_loss_of_equal_logits_is_log_k_and_else_the_closed_form():
    labels = np.array([1, 0], np.int32)
    assert_close(losses.class_loss(tf.zeros([2, 10]), labels), np.log(10))
    logits = np.array([[0.0, 1.0, -2.0], [3.0, 0.5, 0.5]])
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    actual = losses.class_loss(tf.constant(logits, tf.float32), labels)
    assert_close(actual, -np.log(softmax[[0, 1], labels]).mean())


def test_adc_generator_loss_is_the_difference_of_log_probabilities():
    logits = np.random.default_rng(0).normal(size=(4, 6))  # 3 classes x (real, fake)
    labels = np.array([0, 2, 1, 1], np.int32)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    rows = np.arange(4)
    expected = -(log_p[rows, labels] - log_p[rows, labels + 3]).mean()
    actual = losses.adc_generator_loss(tf.constant(logits, tf.float32), labels, 3)
    assert_close(actual, expected, rtol=1e-5)


def test_r1_of_a_linear_discriminator_is_half_its_squared_norm():
    weights = tf.constant(np.linspace(-1, 1, 12), tf.float32)
    images = tf.random.stateless_normal([5, 2, 2, 3], [0, 1])
    actual = losses.r1_penalty(
        lambda images: tf.linalg.matvec(tf.reshape(images, [5, 12]), weights), images
    )
    assert_close(actual, 0.5 * np.sum(weights.numpy() ** 2))


def test_lecam_penalizes_logits_on_the_right_side_of_the_other_anchor():
    # Real 3 and 0, with the anchor 1 of fakes; fake 0.5 and -2, with the anchor 0 of real.
    real, fake = tf.constant([3.0, 0.0]), tf.constant([0.5, -2.0])
    penalty = losses.lecam_penalty(real, fake, tf.constant(0.0), tf.constant(1.0))
    assert_close(penalty, (2.0**2 + 0) / 2 + (0 + 2.0**2) / 2)


@pytest.mark.parametrize("magnitude", [-1e4, 1e4])
def test_huge_logits_give_finite_losses_and_gradients(magnitude):
    logits = tf.fill([3], tf.constant(magnitude))
    classes = tf.fill([3, 4], tf.constant(magnitude)) * [1.0, -1.0, 0.5, 0.0]
    labels = tf.constant([0, 1, 2])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([logits, classes])
        of_source = [losses.real_loss(logits), losses.fake_loss(logits)]
        of_classes = [losses.class_loss(classes, labels)]
        of_classes += [losses.adc_generator_loss(classes, labels % 2, 2)]
    for source, values in ((logits, of_source), (classes, of_classes)):
        for value in values:
            assert np.isfinite(value)
            assert np.isfinite(tape.gradient(value, source)).all()
    assert_close(of_source, [max(-magnitude, 0), max(magnitude, 0)], atol=1e-6)
