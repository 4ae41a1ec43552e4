"""The MLP GAN whose losses are computed from probabilities: the preset `gan-50k`.

    python experiments/gan_50k.py

The networks of `gan-classic`; -log D(x) - log(1 - D(G(z))) and -log D(G(z)); batches of
256; 50,000 steps; other ratios of updates. The preset computes the same losses from
logits; the script measures where the two forms differ in float32.
"""

import plots
from tutorials import Tutorial


def main(argv=None):
    """Trains, times, draws and records."""
    tutorial = Tutorial("gan-50k", __doc__, argv)
    tutorial.train()
    tutorial.train_default("gan")
    for d_steps, g_steps in ((1, 1), (1, 2), (2, 1), (5, 1)):
        ratio = {"d_steps": d_steps, "g_steps": g_steps}
        group = f"{d_steps} D to {g_steps} G updates"
        tutorial.train(group=group, steps=10_000, **ratio)
    loop = ("tf1_gan", "probabilities", "session")
    tutorial.time_process("TensorFlow 1 session", *loop, num=1_000)
    plots.losses(tutorial.picture("losses.png"), tutorial.curves())
    plots.comparison(tutorial, "gan")
    from baselines import loss_forms

    tutorial.record["notes"] = [loss_forms.note()]
    tutorial.save()


if __name__ == "__main__":
    main()
