"""The vanilla GAN as TensorFlow 1 programs train it: a session, placeholders, feed_dict.

    python -m baselines.tf1_gan logits|probabilities|shared_noise DATA.npz BATCH_SIZE

The networks are those of the `gan-classic` preset, and so are the updates of `logits`.
`probabilities` writes the losses on probabilities, `shared_noise` gives both updates the
same noise.
"""

import sys

import numpy as np
from baselines.serve import serve

from gan_tf import cli

_UNITS, _LATENT_DIM = 128, 100
_KINDS = {
    "logits": {},
    "probabilities": {"from_probabilities": True},
    "shared_noise": {"shared_noise": True},
}


def session_step(
    images,
    batch_size: int,
    from_probabilities: bool = False,
    shared_noise: bool = False,
):
    """Returns a function that updates D, then G, on batches of its own making.

    Args:
        images: float32 [N, pixels] in [0, 1].
        batch_size: real images, and as many fake ones, in an update.
        from_probabilities: -log D(x) - log(1 - D(G(z))) in place of cross-entropies on
            logits.
        shared_noise: one draw of noise for both updates.
    """
    import tensorflow.compat.v1 as tf

    # Placeholders are of a graph, which TensorFlow 2 does not begin by itself.
    with tf.Graph().as_default():
        return _session_step(images, batch_size, from_probabilities, shared_noise, tf)


def _session_step(images, batch_size, from_probabilities, shared_noise, tf):
    pixels = images.shape[1]

    def dense(inputs, outputs):
        kernel = tf.random_normal([inputs, outputs], stddev=np.sqrt(2 / inputs))
        return tf.Variable(kernel), tf.Variable(tf.zeros([outputs]))

    g1, g1_bias = dense(_LATENT_DIM, _UNITS)
    g2, g2_bias = dense(_UNITS, pixels)
    d1, d1_bias = dense(pixels, _UNITS)
    d2, d2_bias = dense(_UNITS, 1)

    def generator(z):
        hidden = tf.nn.relu(tf.matmul(z, g1) + g1_bias)
        return tf.nn.sigmoid(tf.matmul(hidden, g2) + g2_bias)

    def discriminator(x):
        hidden = tf.nn.relu(tf.matmul(x, d1) + d1_bias)
        return tf.matmul(hidden, d2) + d2_bias

    def loss(logits, labels):
        return tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=labels)
        )

    x_in = tf.placeholder(tf.float32, [None, pixels])
    z_in = tf.placeholder(tf.float32, [None, _LATENT_DIM])
    real, fake = discriminator(x_in), discriminator(generator(z_in))
    if from_probabilities:
        d_real, d_fake = tf.sigmoid(real), tf.sigmoid(fake)
        d_loss = -tf.reduce_mean(tf.log(d_real) + tf.log(1 - d_fake))
        g_loss = -tf.reduce_mean(tf.log(d_fake))
    else:
        d_loss = loss(real, tf.ones_like(real)) + loss(fake, tf.zeros_like(fake))
        g_loss = loss(fake, tf.ones_like(fake))
    d_solver = tf.train.AdamOptimizer().minimize(
        d_loss, var_list=[d1, d1_bias, d2, d2_bias]
    )
    g_solver = tf.train.AdamOptimizer().minimize(
        g_loss, var_list=[g1, g1_bias, g2, g2_bias]
    )
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    order, at = np.random.permutation(len(images)), 0

    def next_batch():
        nonlocal order, at
        if at + batch_size > len(images):
            order, at = np.random.permutation(len(images)), 0
        at += batch_size
        return images[order[at - batch_size : at]]

    def noise():
        return np.random.uniform(-1, 1, [batch_size, _LATENT_DIM])

    def step():
        z = noise()
        session.run([d_solver, d_loss], feed_dict={x_in: next_batch(), z_in: z})
        z = z if shared_noise else noise()
        session.run([g_solver, g_loss], feed_dict={z_in: z})

    return step


def main(kind: str, data: str, batch_size: str) -> None:
    """Serves steps, as `session`, on the images of the file `data`."""
    cli.import_tensorflow()
    import tensorflow as tf

    with np.load(data, allow_pickle=False) as file:
        images = file["x_train"]
    images = images.reshape(len(images), -1).astype(np.float32) / 255
    step = session_step(images, int(batch_size), **_KINDS[kind])
    serve({"session": step}, f"tensorflow {tf.__version__}")


if __name__ == "__main__":
    main(*sys.argv[1:])
