"""`--init_from`: a training that starts with the networks of another run."""

import re

from gan_tf.config import Config
from gan_tf.data import Dataset
from gan_tf.errors import InputError, naming
from gan_tf.files import local_path
from gan_tf.models.base import GAN
from gan_tf.models.transfer import copy_weights
from gan_tf.run_dir.run import Run

# What decides the shapes and the meaning of the weights.
_SAME = ("model", "architecture", "latent_dim", "noise")


class InitialRun:
    """The checkpoint that a training starts with."""

    def __init__(self, config: Config, dataset: Dataset):
        """Opens the run that `config.init_from` names.

        Raises:
            InputError: it is no run, has no such checkpoint or a damaged one, or its
                networks are of another kind or image size.
        """
        self._name = config.init_from
        path = local_path("init_from", self._name)
        with naming("init_from", self._name):
            match = re.fullmatch(r"step-(\d+)\.index", path.name)
            try:
                self._run = Run(path.absolute().parent.parent if match else path)
            except InputError as error:
                raise InputError(
                    "is not a run, or its config.json is damaged or of another version: "
                    "name the folder of a trained run"
                ) from error
            steps = self._run.checkpoints.steps()
            self._step = int(match[1]) if match else steps[-1] if steps else 0
            if self._step not in steps:
                kind = "no such checkpoint" if match else "no checkpoint yet"
                raise InputError(f"has {kind}: name a trained run, or one of its steps")
            if not self._run.checkpoints.is_intact(self._step):
                raise InputError(
                    f"has a checkpoint {self._step} that cannot be read: name another of "
                    "its .index files"
                )
            shape = self._run.data["image_shape"]
            if list(dataset.image_shape) != list(shape):
                sizes = ("x".join(map(str, s)) for s in (shape, dataset.image_shape))
                height, width, channels = shape
                raise InputError(
                    "is of {} images (height x width x channels), and the data are {}: "
                    "add --size {}x{} --channels {}".format(*sizes, width, height, channels)
                )
            for name in _SAME:
                theirs, ours = getattr(self._run.config, name), getattr(config, name)
                if theirs != ours:
                    raise InputError(
                        f"has {name} {theirs}, and this training {ours}: add "
                        f"--{name} {theirs}"
                    )
        self._same_class_loss = self._run.config.class_loss == config.class_loss
        self._same_classes = list(dataset.class_names) == self._run.data["class_names"]

    def copy_to(self, model: GAN) -> str:
        """Copies the weights of G and D; optimizers stay new, and the EMA follows G.

        Embedding and heads stay new where the names of the classes differ, the class head
        also where `class_loss` does, which decides its shape.

        Returns:
            What was copied, in words.

        Raises:
            InputError: the checkpoint cannot be read.
        """
        run, step = self._run, self._step
        with naming("init_from", self._name):
            source = run.model(step)
        same = self._same_classes or not model.conditional
        copy_weights(source.generator, model.generator, same)
        copy_weights(source.discriminator, model.discriminator, same)
        note = "" if same else "; other classes: embedding and heads are new"
        if same and model.conditional and not self._same_class_loss:
            note = "; another class_loss: the class head is new"
        return f"{run.path}, step {step:,}{note}"
