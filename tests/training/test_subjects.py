"""Subjects that move by themselves: their clips, the measure for them, the words, and learning from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.clips import Renderer
from training.cutouts import NAMES, draw_cutouts
from training.drawings import draw_picture
from training.motions import EFFECTS, SUBJECTS, draw_plan
from training.store import FIGURE_NAMES, Store, stack_figures
from training.wording import Section, held_out_prompts, plain, sentence

HELD_OUT = Path(__file__).parents[2] / "training" / "heldout"
DRAFT = Path(__file__).parents[2] / "framepack" / "draft"


def drawn_store() -> Store:
    """Two pictures and the figures the project draws itself."""
    pictures = np.stack([np.asarray(draw_picture(number, (640, 384))) for number in (3, 5)])
    names = tuple(english for english, _ in NAMES)
    return Store(torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()), stack_figures(draw_cutouts(0)), names)


def test_the_measure_names_true_clips_and_is_not_fooled_by_still_ones() -> None:
    pytest.importorskip("cv2")
    from PIL import Image

    from training.subject_figures import still_share, true_share
    from training.subjects import draw_scenes, held_out_store

    pictures = [Image.open(HELD_OUT / f"{name}.webp") for name in ("02_mountains", "04_houses", "08_town")]
    scenes = draw_scenes(held_out_store(pictures, torch.device("cpu")), (144, 256), 1)
    assert {scene.subject for scene in scenes} == set(SUBJECTS)
    assert true_share(scenes) >= 0.9
    assert still_share(scenes) >= 0.95


def test_nearly_half_of_the_clips_have_a_subject_that_moves() -> None:
    plan = draw_plan(np.random.default_rng(0), 2000, 4)
    moving = plan.effect >= EFFECTS.index(SUBJECTS[0])
    assert 0.38 < moving.any(1).mean() < 0.5
    assert 0.65 < (plan.camera[moving] == 0).mean() < 0.9
    assert set(plan.effect.ravel()) == set(range(len(EFFECTS)))
    differs = (plan.effect[:, 1:] != plan.effect[:, :-1]) & moving[:, 1:] & moving[:, :-1]
    assert differs.any(), "a shot goes on with another motion of its subject"
    more = draw_plan(np.random.default_rng(0), 2000, 4, 0.7).effect >= EFFECTS.index(SUBJECTS[0])
    assert 0.65 < more.any(1).mean() < 0.75


def test_errors_count_more_where_a_subject_moves_and_as_much_in_the_mean() -> None:
    from training.objective import focus

    target = torch.zeros(2, 16, 9, 8, 12)
    target[:, :, 4:, 2:5, 3:6] = 1
    weight = focus(target, torch.tensor([True, False]), 6.0)
    assert weight.shape == (2, 1, 1, 8, 12)
    assert weight.mean().item() == pytest.approx(1)
    assert (weight[0, ..., 3, 4] / weight[0, ..., 7, 11]).item() == pytest.approx(7)
    assert weight[1].unique().numel() == 1, "where the camera moves all places are alike"


def test_more_noise_levels_are_those_where_words_decide() -> None:
    from training.objective import draw_sigmas

    usual, early = (draw_sigmas(4000, 540, torch.Generator().manual_seed(0), share) for share in (0.0, 0.3))
    assert (usual > 0.97).float().mean() < 0.03
    assert (early > 0.97).float().mean() > 0.13
    assert early.max() <= 1


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_held_out_wording_of_a_subject_is_a_training_sentence(subject: str) -> None:
    rng = np.random.default_rng(3)
    trained = set()
    for _ in range(1500):
        figure = int(rng.integers(len(FIGURE_NAMES)))
        words = sentence(Section("still", effect=subject, figure=figure), rng)
        trained |= {plain(words), plain(words.replace(FIGURE_NAMES[figure][1], "").replace("the little", "the"))}
    english, chinese = held_out_prompts(subject)
    assert len(english) >= 6
    assert len(chinese) >= 4
    said = {plain(prompt.replace("{it}", f"the {name}")) for prompt in english for name, _ in FIGURE_NAMES}
    said |= {plain(prompt.replace("{it}", name)) for prompt in chinese for _, name in ((("", "")), *FIGURE_NAMES)}
    assert not said & trained


def test_sentences_leave_no_slot_open() -> None:
    rng = np.random.default_rng(1)
    for subject in SUBJECTS:
        for number in range(200):
            figure = number % len(FIGURE_NAMES) if number % 2 else -1
            assert not set("{}[]|") & set(sentence(Section("still", effect=subject, figure=figure), rng))


def test_two_steps_are_learnt_from_clips_with_subjects(tmp_path: Path) -> None:
    from training.layout import load_draft
    from training.runtime import Clock, Group
    from training.train_transformer import Trainer
    from training.transformer_options import Options

    out = tmp_path / "out"
    options = Options(tmp_path, DRAFT, out, 1.0, DRAFT, 2, 1e-4, 4, 0.4, 0, 0.45, 0.4, 0.3, 6.0, 0.02, compiled=False)
    trainer = Trainer(options, Group(), drawn_store())
    trainer.open_pools(((32, 48),), first=2)
    try:
        assert trainer.pools[0].held == 2
        assert np.isfinite(trainer.learn(2, Clock(1.0)))
    finally:
        trainer.close()
    trainer.save()
    trainer.save()
    load_draft(out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "nothing of the replacing is left"


def test_what_moves_is_in_the_first_frame_and_the_rest_stands_still() -> None:
    from training.subjects import plan_of

    for subject in ("jump", "clouds_left", "water", "smoke", "blink", "sway"):
        clips = Renderer(drawn_store(), 4).draw(2, 1, (48, 80), plan_of(subject, 2))
        frames = clips.render(0, 37)
        changed = (frames - frames[:, :1]).abs().amax((1, 2))
        assert (changed > 0.08).any(-1).any(-1).all(), subject
        assert (changed < 0.02).float().mean() > 0.1, subject


def test_what_a_prompt_asks_for_can_be_learnt_from_what_is_given_of_it() -> None:
    from training.meaning import Meaning, asked_for

    torch.manual_seed(0)
    sections = [Section("still", effect="spin", figure=0), Section("pan_left"), None]
    wanted = asked_for(sections)
    assert wanted.tolist()[2] == [-1, -1], "an empty prompt asks for nothing"
    meaning, text, pooled = Meaning(), torch.randn(3, 5, 128), torch.randn(3, 64)
    before = meaning.error(text, pooled, wanted)
    optimiser = torch.optim.SGD(meaning.parameters(), lr=0.3)
    for _ in range(30):
        optimiser.zero_grad()
        meaning.error(text, pooled, wanted).backward()
        optimiser.step()
    assert meaning.error(text, pooled, wanted) < 0.1 * before
    assert meaning.error(text[2:], pooled[2:], wanted[2:]) == 0


def test_a_figure_whose_rim_is_smeared_while_it_goes_has_not_shrunk() -> None:
    pytest.importorskip("cv2")
    from training.subject_scores import motion_of

    ys, xs = np.mgrid[:144, :256]
    rng = np.random.default_rng(0)
    behind = np.stack((90 + 0.3 * ys, 110 + 0.1 * xs, np.full(xs.shape, 100)), -1)
    frames = []
    for number in range(37):
        away = np.hypot((xs - 90 - 1.6 * number) / 1.5, ys - 80)
        frame = np.where((away < 26)[..., None], (150, 40, 170), behind)
        if number:
            rim = (away < 26) & (away > 15)
            share = rng.random(rim.sum())[:, None]
            frame[rim] = share * frame[rim] + (1 - share) * behind[rim] * 1.3
        frames.append(frame)
    shown = np.array(frames).clip(0, 255).astype(np.uint8)
    assert motion_of("slide_right", shown, np.hypot((xs - 90) / 1.5, ys - 80) < 26) == "slide_right"
