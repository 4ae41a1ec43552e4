"""The classic GANs in PyTorch, on the CPU, as its own examples are written.

    python -m baselines.torch_gans acgan|gan|deep DATA.npz BATCH_SIZE

The networks and the updates are those of the `acgan-classic`, `gan-classic` and `gan-deep`
presets. D comes first, as in PyTorch's DCGAN tutorial; the AC-GAN's two updates share
their fakes. Needs torch and numpy alone.
"""

import sys

import numpy as np
import torch
from baselines.serve import serve
from torch import nn
from torch.nn import functional

_LATENT_DIM, _NUM_CLASSES = 100, 10


def _norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.2)


class Generator(nn.Module):
    """The generator of `acgan-classic`."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(_NUM_CLASSES, _LATENT_DIM)
        self.dense = nn.Sequential(nn.Linear(_LATENT_DIM, 128 * 7 * 7), nn.ReLU())
        layers = []
        for filters in (128, 64):
            layers += [_norm(128), nn.Upsample(scale_factor=2)]
            layers += [nn.Conv2d(128, filters, 3, padding=1), nn.ReLU()]
        layers += [_norm(64), nn.Conv2d(64, 1, 3, padding=1), nn.Tanh()]
        self.image = nn.Sequential(*layers)

    def forward(self, z, labels, memory_format):
        """Returns images [B, 1, 28, 28]."""
        x = self.dense(z * self.embedding(labels)).view(-1, 128, 7, 7)
        return self.image(x.contiguous(memory_format=memory_format))


class Discriminator(nn.Module):
    """The discriminator of `acgan-classic`."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 1
        for filters in (16, 32, 64, 128):
            stride = 1 if filters == 128 else 2
            layers.append(nn.Conv2d(channels, filters, 3, stride, padding=1))
            if filters == 32:
                layers.append(nn.ZeroPad2d((0, 1, 0, 1)))
            layers += [nn.LeakyReLU(0.2), nn.Dropout(0.25)]
            if filters in (32, 64):
                layers.append(_norm(filters))
            channels = filters
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.source = nn.Linear(128 * 4 * 4, 1)
        self.classes = nn.Linear(128 * 4 * 4, _NUM_CLASSES)

    def forward(self, images):
        """Returns (source logits [B, 1], class logits [B, 10]), float32."""
        x = self.features(images)
        return self.source(x).float(), self.classes(x).float()


def acgan_step(images, labels, batch_size, channels_last, bfloat16):
    """Returns a function that updates D, then G."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    generator = Generator().to(memory_format=layout)
    discriminator = Discriminator().to(memory_format=layout)
    g_optimizer = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))
    images = torch.from_numpy(images).unsqueeze(1) / 127.5 - 1
    labels = torch.from_numpy(labels)
    valid, fake = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)

    def loss(judged, source, classes):
        return functional.binary_cross_entropy_with_logits(
            judged[0], source
        ) + functional.cross_entropy(judged[1], classes)

    def step():
        rows = torch.randint(len(images), (batch_size,))
        real = images[rows].contiguous(memory_format=layout)
        asked = torch.randint(_NUM_CLASSES, (batch_size,))
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            made = generator(torch.randn(batch_size, _LATENT_DIM), asked, layout)
            d_loss = loss(discriminator(real), valid, labels[rows])
            d_loss = d_loss + loss(discriminator(made.detach()), fake, asked)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            g_loss = loss(discriminator(made), valid, asked)
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        return d_loss.item(), g_loss.item()

    return step


def gan_step(images, batch_size):
    """Returns a function that trains the networks of `gan-classic` once."""
    pixels = images[0].size
    generator = nn.Sequential(
        nn.Linear(_LATENT_DIM, 128), nn.ReLU(), nn.Linear(128, pixels), nn.Sigmoid()
    )
    discriminator = nn.Sequential(nn.Linear(pixels, 128), nn.ReLU(), nn.Linear(128, 1))
    images = torch.from_numpy(images).flatten(1) / 255

    def noise():
        return 2 * torch.rand(batch_size, _LATENT_DIM) - 1

    return _vanilla_step(generator, discriminator, images, noise, batch_size, 1e-3)


def deep_step(images, batch_size):
    """Returns a function that trains the networks of `gan-deep` once."""
    pixels = images[0].size

    def hidden(inputs):
        layers = [nn.Linear(inputs, 256), nn.LeakyReLU(0.2)]
        return [*layers, nn.Linear(256, 256), nn.LeakyReLU(0.2)]

    generator = nn.Sequential(*hidden(64), nn.Linear(256, pixels), nn.Tanh())
    discriminator = nn.Sequential(*hidden(pixels), nn.Linear(256, 1))
    images = torch.from_numpy(images).flatten(1) / 127.5 - 1

    def noise():
        return torch.randn(batch_size, 64)

    return _vanilla_step(generator, discriminator, images, noise, batch_size, 3e-4)


def _vanilla_step(generator, discriminator, images, noise, batch_size, learning_rate):
    """Returns a function that updates D, then G, each on noise of its own."""
    g_optimizer = torch.optim.Adam(generator.parameters(), learning_rate)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), learning_rate)
    valid, fake = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    loss = nn.BCEWithLogitsLoss()

    def step():
        real = images[torch.randint(len(images), (batch_size,))]
        d_loss = loss(discriminator(real), valid)
        d_loss = d_loss + loss(discriminator(generator(noise()).detach()), fake)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = loss(discriminator(generator(noise())), valid)
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        return d_loss.item(), g_loss.item()

    return step


def main(model: str, data: str, batch_size: str) -> None:
    """Serves steps of `model` on the images of the file `data`."""
    with np.load(data, allow_pickle=False) as file:
        images = file["x_train"]
        labels = file["y_train"].astype(np.int64)
    size = int(batch_size)
    if model == "gan":
        steps = {"eager": gan_step(images, size)}
    elif model == "deep":
        steps = {"eager": deep_step(images, size)}
    else:
        settings = {
            "eager": (False, False),
            "channels_last": (True, False),
            "channels_last_bfloat16": (True, True),
        }
        steps = {k: acgan_step(images, labels, size, *v) for k, v in settings.items()}
    serve(steps, f"torch {torch.__version__}")


if __name__ == "__main__":
    main(*sys.argv[1:])
