"""Adam with one fused op per variable."""

import keras
import tensorflow as tf

from gan_tf.startup import keras_float32


class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` whose update of a variable is one op instead of twelve.

    The same arithmetic (Kingma & Ba 2015, the form before section 2.1,
    https://arxiv.org/abs/1412.6980) and the same slots.

    Under `tf.distribute` every replica updates its own copy of the variables, and the
    gradients must be equal on all of them (Keras's own `apply` would add them up).
    """

    def __init__(self, beta_1, beta_2):
        with keras_float32():  # the dtype of the learning rate
            super().__init__(beta_1=beta_1, beta_2=beta_2)

    def apply(self, grads, trainable_variables):
        """Updates every variable once.

        Args:
            grads: one dense tensor per variable.
            trainable_variables: the variables the optimizer was built for.
        """
        step = tf.cast(self.iterations + 1, tf.float32)
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            index = self._get_variable_index(variable)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._momentums[index].value.handle,
                v=self._velocities[index].value.handle,
                beta1_power=tf.pow(self.beta_1, step),
                beta2_power=tf.pow(self.beta_2, step),
                lr=tf.cast(self.learning_rate, tf.float32),
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )
        self.iterations.assign_add(1)
