"""The classic GANs in PyTorch, on the CPU, as its own examples are written.

    python -m baselines.torch_gans acgan|gan|deep DATA.npz BATCH_SIZE

The networks and the updates are those of the `acgan-classic`, `gan-classic` and `gan-deep`
presets. D comes first, as in PyTorch's DCGAN tutorial; the AC-GAN's two updates share their
fakes. Needs torch and numpy alone.
"""

import numpy as np
import torch
from baselines.timing import serve
from torch import nn
from torch.nn import functional

_LATENT_DIM, _NUM_CLASSES = 100, 10
_SETTINGS = ("eager", "channels_last", "channels_last_bfloat16")


def _norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.2)


def _generator():
    """The embedding of the labels, and the images [B, 1, 28, 28] of `acgan-classic`."""
    layers = [nn.Linear(_LATENT_DIM, 128 * 7 * 7), nn.ReLU(), nn.Unflatten(1, (128, 7, 7))]
    for filters in (128, 64):
        layers += [_norm(128), nn.Upsample(scale_factor=2)]
        layers += [nn.Conv2d(128, filters, 3, padding=1), nn.ReLU()]
    layers += [_norm(64), nn.Conv2d(64, 1, 3, padding=1), nn.Tanh()]
    return nn.Embedding(_NUM_CLASSES, _LATENT_DIM), nn.Sequential(*layers)


def _discriminator():
    """The features, the source logits [B, 1] and the class logits of `acgan-classic`."""
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
    heads = nn.Linear(128 * 4 * 4, 1), nn.Linear(128 * 4 * 4, _NUM_CLASSES)
    return nn.Sequential(*layers, nn.Flatten()), *heads


def _update(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def acgan_step(images, labels, batch_size, setting):
    """Returns a function that updates D, then G."""
    bfloat16 = "bfloat16" in setting
    layout = torch.contiguous_format if setting == "eager" else torch.channels_last
    g = nn.ModuleList(_generator()).to(memory_format=layout)
    d = nn.ModuleList(_discriminator()).to(memory_format=layout)
    g_optimizer = torch.optim.Adam(g.parameters(), 2e-4, (0.5, 0.999))
    d_optimizer = torch.optim.Adam(d.parameters(), 2e-4, (0.5, 0.999))
    images = torch.from_numpy(images).unsqueeze(1) / 127.5 - 1
    labels = torch.from_numpy(labels)
    valid, fake = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)

    def loss(x, source, classes):
        cross_entropy = functional.binary_cross_entropy_with_logits
        features = d[0](x)
        made = cross_entropy(d[1](features).float(), source)
        return made + functional.cross_entropy(d[2](features).float(), classes)

    def step():
        rows = torch.randint(len(images), (batch_size,))
        real = images[rows].contiguous(memory_format=layout)
        targets = torch.randint(_NUM_CLASSES, (batch_size,))
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            fakes = g[1](torch.randn(batch_size, _LATENT_DIM) * g[0](targets))
            d_loss = loss(real, valid, labels[rows])
            d_loss = d_loss + loss(fakes.detach(), fake, targets)
        _update(d_optimizer, d_loss)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            g_loss = loss(fakes, valid, targets)
        _update(g_optimizer, g_loss)
        return d_loss.item(), g_loss.item()

    return step


def gan_step(images, batch_size, deep):
    """Returns a function that updates D, then G, of `gan-deep` or of `gan-classic`."""
    pixels, latent_dim, rate = images[0].size, _LATENT_DIM, 1e-3
    hidden, activation, last = [128], nn.ReLU(), nn.Sigmoid()
    images = torch.from_numpy(images).flatten(1) / 255
    if deep:
        latent_dim, rate, images = 64, 3e-4, 2 * images - 1
        hidden, activation, last = [256, 256], nn.LeakyReLU(0.2), nn.Tanh()

    def network(*units):
        layers = [(nn.Linear(*sizes), activation) for sizes in zip(units, units[1:])]
        return nn.Sequential(*[layer for pair in layers for layer in pair][:-1])

    generator = network(latent_dim, *hidden, pixels).append(last)
    discriminator = network(pixels, *hidden, 1)
    g_optimizer = torch.optim.Adam(generator.parameters(), rate)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), rate)
    valid, fake = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    loss = nn.BCEWithLogitsLoss()

    def fakes():
        size = batch_size, latent_dim
        return generator(torch.randn(size) if deep else 2 * torch.rand(size) - 1)

    def step():
        real = images[torch.randint(len(images), (batch_size,))]
        d_loss = loss(discriminator(real), valid)
        d_loss = d_loss + loss(discriminator(fakes().detach()), fake)
        _update(d_optimizer, d_loss)
        g_loss = loss(discriminator(fakes()), valid)
        _update(g_optimizer, g_loss)
        return d_loss.item(), g_loss.item()

    return step


def build(model: str, images, labels, batch_size: int):
    """Returns the loops of `timing.serve`, one per setting."""
    if model != "acgan":
        return {"eager": gan_step(images, batch_size, deep=model == "deep")}
    data = images, labels.astype(np.int64), batch_size
    return {name: acgan_step(*data, name) for name in _SETTINGS}


if __name__ == "__main__":
    serve(build, f"torch {torch.__version__}")
