"""The programs that made the draft checkpoint: directions, words, licences."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from framepack.shots.prompts import TEMPLATE, TEMPLATE_TOKENS
from pages.writing.phrases import PHRASES
from training import subjects_chinese, subjects_english, wording_chinese, wording_english
from training.clips import Renderer
from training.drawings import draw_picture
from training.layout import LATENT_CHANNELS, build_vae
from training.motions import CAMERAS, ClipPlan
from training.pictures import ALLOWED, licence_of, read_stanzas
from training.pool import disturb, split_samples
from training.sprites import SIDE
from training.store import Store
from training.train_vae import normalise
from training.wording import held_out_prompts, plain, tokenizer_sentences

DRAFT = Path(__file__).parents[2] / "framepack" / "draft"


@pytest.fixture(scope="module")
def store() -> Store:
    """Two pictures the project draws itself, and no figures."""
    pictures = np.stack([np.asarray(draw_picture(number, (640, 384))) for number in (3, 5)])
    return Store(torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()), torch.zeros(1, 4, SIDE, SIDE))


@pytest.mark.parametrize("camera", ["still", "pan_left", "pan_right", "tilt_up", "tilt_down", "zoom_in", "turn_right"])
def test_a_true_clip_is_measured_as_what_it_shows(store: Store, camera: str) -> None:
    pytest.importorskip("cv2")
    from training.flow import kind_of, measure

    none, normal = np.zeros((1, 1), int), np.ones((1, 1), int)
    plan = ClipPlan(np.full((1, 1), CAMERAS.index(camera)), none, normal, none)
    clip = Renderer(store, 1).draw(1, 1, (96, 128), plan).render(0, 37)[0]
    frames = (clip.permute(0, 2, 3, 1) * 255).round().to(torch.uint8).numpy()
    motion = measure(frames)
    assert kind_of(motion, 96, 128) == camera
    if camera == "pan_left":
        assert motion.right > 0, "looking to the left moves the content to the right"


def test_the_template_takes_as_many_tokens_as_are_cut_off() -> None:
    tokenizer = AutoTokenizer.from_pretrained(DRAFT / "tokenizer")
    assert len(tokenizer(TEMPLATE.split("{}")[0]).input_ids) == TEMPLATE_TOKENS


def test_no_held_out_prompt_is_a_training_sentence() -> None:
    trained = {plain(sentence) for sentence in tokenizer_sentences(seed=1, count=4000)}
    held_out = {plain(prompt) for camera in CAMERAS[:10] for part in held_out_prompts(camera) for prompt in part}
    assert len(held_out) > 200
    assert not held_out & trained


def test_two_prompts_that_differ_in_speed_and_punctuation_alone_are_the_same() -> None:
    assert plain("The camera slowly pans left.") == plain("the camera pans left, very fast") == "the camera pans left"
    assert plain("鏡頭緩緩地向左搖。") == plain("鏡頭向左搖")


def test_the_last_stanza_that_names_a_file_gives_its_licence() -> None:
    stanzas = read_stanzas(
        "Files: *\nCopyright: A\nLicense: GPL-3+\n\nFiles: land/*\nCopyright: B\nLicense: CC-BY-SA-4.0\n text\n"
    )
    assert licence_of("land/sea.jpg", stanzas) == ("CC-BY-SA-4.0", "B")
    assert not ALLOWED.search(licence_of("code.png", stanzas)[0])


def test_a_sample_is_its_history_and_what_follows_it() -> None:
    from training.pool import Samples

    clips = torch.arange(1.0, 38.0).view(1, 1, 37, 1, 1).expand(3, LATENT_CHANNELS, 37, 2, 2).contiguous()
    samples = Samples(clips, np.array([1, 10, 28]), torch.zeros(3, 3, 64, 64), np.zeros(3, bool))
    history, _, target = split_samples(samples, torch.Generator().manual_seed(0))
    assert target[:, 0, 0, 0, 0].tolist() == [2, 11, 29]
    assert history[0, 0, :, 0, 0].tolist() == [0.0] * 18 + [1.0]
    assert history[2, 0, :, 0, 0].tolist() == list(range(10, 29))
    assert not disturb(history, torch.Generator().manual_seed(0))[0, :, :18].any(), "empty slots stay empty"


def test_normalising_the_latents_leaves_the_pictures_as_they_were() -> None:
    torch.manual_seed(0)
    vae = build_vae().eval()
    clip = torch.rand(1, 3, 5, 32, 32) * 2 - 1

    class Feed:
        def next(self) -> torch.Tensor:
            return torch.rand(1, 3, 5, 32, 32) * 2 - 1

    with torch.no_grad():
        before = vae.decode(vae.encode(clip).latent_dist.mode()).sample
        normalise(vae, Feed(), 2)  # type: ignore[arg-type]
        after = vae.decode(vae.encode(clip).latent_dist.mode()).sample
    assert torch.allclose(before, after, atol=1e-4)


def test_the_phrases_marked_as_followed_by_the_draft_are_what_it_was_trained_with() -> None:
    languages = (("en", wording_english, subjects_english), ("zh", wording_chinese, subjects_chinese))
    for language, words, subject_words in languages:
        known = {
            plain(phrase.replace("{s}", ""))
            for of in (words.CAMERA, words.EFFECT)
            for phrases in of.values()
            for phrase in phrases
        }
        patterns = (*(one for of in subject_words.PATTERNS.values() for one in of), *subject_words.OF_THE_PICTURE)
        subjects = [subject_pattern(pattern) for pattern in patterns]
        for phrase in (phrase for of_kind in PHRASES.values() for phrase in of_kind):
            text = plain(getattr(phrase, language))
            trained = text in known or any(pattern.fullmatch(text) for pattern in subjects)
            assert trained == phrase.drafted, phrase


def subject_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern for subjects without its speed, of a boat that moves or of leaves."""
    said = pattern.replace("{s}", "").replace("[", "(?:").replace("]", ")")
    chinese = not pattern.isascii()
    for word, put in (
        ("{it}", "船" if chinese else "the boat"),
        ("{goes}", "moves"),
        ("{go}", "移動" if chinese else "move"),
        ("{many}", "樹葉" if chinese else "leaves"),
    ):
        said = said.replace(word, put)
    return re.compile(re.sub(r" +", " *", said.strip()))
