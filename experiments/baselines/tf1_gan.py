"""The vanilla GAN as TensorFlow 1 programs train it: a session, placeholders, feed_dict.

    python -m baselines.tf1_gan logits|probabilities|shared_noise DATA.npz BATCH_SIZE

The networks are those of the `gan-classic` preset, and so are the updates of `logits`.
`probabilities` computes the losses from probabilities, `shared_noise` uses the same z in
both updates.
"""

import numpy as np
import tensorflow.compat.v1 as tf
from baselines.timing import serve

_UNITS, _LATENT_DIM = 128, 100


def _networks(pixels, kind):
    """Returns a function of a real batch, z for D and z for G, which updates both."""

    def dense(inputs, outputs):
        kernel = tf.random_normal([inputs, outputs], stddev=np.sqrt(2 / inputs))
        return tf.Variable(kernel), tf.Variable(tf.zeros([outputs]))

    def apply(layers, x):
        (kernel, bias), (last, last_bias) = layers
        return tf.matmul(tf.nn.relu(tf.matmul(x, kernel) + bias), last) + last_bias

    def cross_entropy(logits, labels):
        loss = tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=labels)
        return tf.reduce_mean(loss)

    g = dense(_LATENT_DIM, _UNITS), dense(_UNITS, pixels)
    d = dense(pixels, _UNITS), dense(_UNITS, 1)
    x_in = tf.placeholder(tf.float32, [None, pixels])
    z_in = tf.placeholder(tf.float32, [None, _LATENT_DIM])
    real, fake = apply(d, x_in), apply(d, tf.nn.sigmoid(apply(g, z_in)))
    if kind == "probabilities":
        d_real, d_fake = tf.sigmoid(real), tf.sigmoid(fake)
        d_loss = -tf.reduce_mean(tf.log(d_real) + tf.log(1 - d_fake))
        g_loss = -tf.reduce_mean(tf.log(d_fake))
    else:
        d_loss = cross_entropy(real, tf.ones_like(real))
        d_loss += cross_entropy(fake, tf.zeros_like(fake))
        g_loss = cross_entropy(fake, tf.ones_like(fake))
    adam = tf.train.AdamOptimizer
    d_solver = adam().minimize(d_loss, var_list=[*d[0], *d[1]])
    g_solver = adam().minimize(g_loss, var_list=[*g[0], *g[1]])
    session = tf.Session()
    session.run(tf.global_variables_initializer())

    def run(x, d_z, g_z):
        session.run([d_solver, d_loss], feed_dict={x_in: x, z_in: d_z})
        session.run([g_solver, g_loss], feed_dict={z_in: g_z})

    return run


def build(kind: str, images, labels, batch_size: int):
    """Returns the loop `session` of `timing.serve`, which updates D, then G."""
    images = images.reshape(len(images), -1).astype(np.float32) / 255
    # Placeholders belong to a graph, which TensorFlow 2 does not begin by itself.
    with tf.Graph().as_default():
        run = _networks(images.shape[1], kind)

    def batches():
        while True:
            order = np.random.permutation(len(images))
            for start in range(0, len(order) - batch_size + 1, batch_size):
                yield images[order[start : start + batch_size]]

    batch = batches()

    def step():
        z, other = np.random.uniform(-1, 1, [2, batch_size, _LATENT_DIM])
        run(next(batch), z, z if kind == "shared_noise" else other)

    return {"session": step}


if __name__ == "__main__":
    serve(build, f"tensorflow {tf.version.VERSION}")
