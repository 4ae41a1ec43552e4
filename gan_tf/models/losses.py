"""GAN losses: arithmetic on logits, float32 in and out.

The target is 1 for real, 0 for fake. A cross-entropy against a constant target is written
as a softplus and not as `tf.nn.sigmoid_cross_entropy_with_logits`, which is the same
function: the gradient of that op is a sum of four terms whose order TensorFlow does not
fix, so that equal runs would differ in their last bits.
"""

import tensorflow as tf


def real_loss(logits, label_smoothing=0.0):
    """Returns the mean sigmoid cross-entropy of `logits` [B] against the target "real".

    With probabilities p = sigmoid(logits) this is -mean(log p): D's loss on real images
    and, on fake ones, G's non-saturating loss (Goodfellow et al. 2014, section 3,
    https://arxiv.org/abs/1406.2661).

    Args:
        logits: float32 [B].
        label_smoothing: the target is 1 minus this (one-sided label smoothing, Salimans
            et al. 2016, section 3.4, https://arxiv.org/abs/1606.03498).
    """
    loss = tf.reduce_mean(tf.nn.softplus(-logits))
    if label_smoothing:
        # -(1 - s) log p - s log(1 - p) = softplus(-l) + s l
        loss += label_smoothing * tf.reduce_mean(logits)
    return loss


def fake_loss(logits):
    """Returns the mean sigmoid cross-entropy of `logits` [B] against the target "fake".

    This is -mean(log(1 - p)), the second term of D's loss (Goodfellow et al. 2014,
    equation 1, https://arxiv.org/abs/1406.2661).
    """
    return tf.reduce_mean(tf.nn.softplus(logits))


def class_loss(class_logits, labels):
    """Returns -mean(log C(labels | images)), one softmax over the classes.

    The loss of the auxiliary classifier (Odena et al. 2017, equation 3,
    https://arxiv.org/abs/1610.09585).

    Args:
        class_logits: float32 [B, K].
        labels: int32 [B] in [0, K).
    """
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels, class_logits)
    )


def adc_generator_loss(class_logits, labels, num_classes):
    """Returns -mean(log C(y, real) - log C(y, fake)), one softmax over 2K class logits.

    G's loss under an auxiliary discriminative classifier (ADC-GAN): its images shall be
    classified as real ones of the target class rather than as fake ones of it (Hou et al.
    2022, https://arxiv.org/abs/2107.10060). The softmax's normalizer cancels.

    Args:
        class_logits: float32 [B, 2 K]; the first K are those of (class, real).
        labels: int32 [B] in [0, K).
        num_classes: K.
    """
    target = tf.one_hot(labels, num_classes)
    real, fake = tf.split(class_logits, 2, axis=-1)
    return -tf.reduce_mean(tf.reduce_sum(target * (real - fake), axis=-1))


def r1_penalty(logits_of, images):
    """Returns mean ||d logits / d images||^2 / 2 over real images.

    R1 (Mescheder et al. 2018, equation 9, https://arxiv.org/abs/1801.04406), without its
    weight gamma. The gradient is that of the sum of all logits.

    Args:
        logits_of: function of images to logits [B].
        images: float32 [B, H, W, C].
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        logits = logits_of(images)
    gradient = tape.gradient(logits, images)
    return 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3]))


def lecam_penalty(real_logits, fake_logits, real_anchor, fake_anchor):
    """Returns mean relu(l(x) - a_fake)^2 + mean relu(a_real - l(G(z)))^2.

    LeCam regularization (Tseng et al. 2021, equation 8, https://arxiv.org/abs/2104.03310)
    keeps D's logits on real and on fake images near each other. As in the authors' code
    (https://github.com/google/lecam-gan), only logits on D's right side of the anchor
    count.

    Args:
        real_logits: float32 [B].
        fake_logits: float32 [B].
        real_anchor: scalar, a moving average of the logits on real images.
        fake_anchor: the same on fake images.
    """
    real = tf.reduce_mean(tf.square(tf.nn.relu(real_logits - fake_anchor)))
    fake = tf.reduce_mean(tf.square(tf.nn.relu(real_anchor - fake_logits)))
    return real + fake
