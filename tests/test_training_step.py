"A training step without autograd: the gradients of autograd, the same numbers with any number of threads, and autograd where somebody looks at the network."
import pytest, torch

from dualntm import make_trainer

SMALL = dict(memory_n=12, memory_m=5, controller_size=9, sequence_max_len=6, num_batches=20)


def learned(batches=6, threads=1, training_step=True, **settings):
    "The weights after some batches, and whether there was a training step."
    trainer = make_trainer("copy", seed=2, engine="fused", **{**SMALL, **settings})
    trainer.net.use_threads(threads)
    if not training_step: trainer.optimiser.training_step = lambda net: None
    for _ in range(batches): trainer.train_batch()
    trainer.net.use_threads(1)
    return trainer.optimiser.flats[0].values.clone(), trainer.optimiser._training_step is not None


@pytest.mark.parametrize("settings", [{}, {"controller": "feedforward", "controller_layers": 2}, {"heads": "wrr", "batch_size": 5}], ids=["lstm", "feedforward", "heads"])
def test_a_training_step_does_what_autograd_does(settings):
    (ours, taught), (theirs, other) = learned(**settings), learned(training_step=False, **settings)
    assert taught and not other
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"controller": "feedforward", "controller_layers": 2}, {"heads": "wrr", "batch_size": 5}], ids=["lstm", "feedforward", "heads"])
@pytest.mark.parametrize("training_step", [True, False], ids=["step", "autograd"])
def test_nothing_depends_on_what_memory_held_before(settings, training_step, request):
    clean, _ = learned(training_step=training_step, **settings)
    request.getfixturevalue("foul_memory")
    assert torch.equal(learned(training_step=training_step, **settings)[0], clean)


def test_threads_change_no_digit():
    assert torch.equal(*(learned(threads=n, batch_size=40)[0] for n in (1, 2)))


def test_a_hook_calls_for_autograd():
    trainer, seen = make_trainer("copy", seed=2, engine="fused", **SMALL), []
    trainer.train_batch()
    assert trainer.optimiser._training_step is not None
    trainer.net.output.bias.register_hook(lambda grad: seen.append(grad.norm()))
    trainer.train_batch()
    assert trainer.optimiser._training_step is None and len(seen) == 1
