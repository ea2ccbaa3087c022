"""One take of the selected shot with its frames: the one that is shown is saved, or becomes the picture of a shot."""

from __future__ import annotations

from functools import partial

from sqlmodel import Session

from framepack.messages import Message
from pages.inspector.branches import go_on, latents_of, make_last
from pages.look.language import language, t, words
from pages.look.theme import ratio_of
from pages.player.frames import ShownTake, take_frames
from pages.player.words import ENGLISH as PLAYER_WORDS
from pages.serving.files import take_url
from pages.session.database import session, settings
from pages.session.state import Notice, edited, say
from pages.session.undoing import last_edit, take_back
from projects.database.tables import Shot, Take
from projects.films.frames import frame_to_shot
from projects.takes.takes import get_take


def frames_of_take(shot: Shot, take: Take) -> None:
    """The take, played or frame by frame."""
    name = t("Take {number}").format(number=take.number)
    take_frames(
        ShownTake(
            url=take_url(take.id),
            frame_url=f"/api/takes/{take.id}/frame",
            file_name=f"{shot.label} take {take.number} frame",
            label=name,
            count=take.frames,
            fps=take.fps,
            ratio=ratio_of(take.width, take.height),
        ),
        project_id=shot.project_id,
        shot_id=shot.id,
        words=words("player", PLAYER_WORDS),
        lang=language().tag,
        api="/api",
        key=f"frames-{take.id}",
        latents=latents_of(take),
        on_picture=partial(_use_as_picture, shot.project_id, take),
        on_branch=partial(go_on, take.id),
        on_length=partial(make_last, take.id),
    )


def _use_as_picture(project_id: str, take: Take, number: int, shot_id: str) -> None:
    labels: list[str] = []

    def give(opened: Session) -> None:
        found = get_take(session=opened, take_id=take.id)
        target = frame_to_shot(session=opened, settings=settings(), take=found, number=number, shot_id=shot_id)
        labels.append(target.label)

    if edited(project_id, "give-picture", give):
        with session() as opened:
            last = last_edit(opened, project_id)
        done = Message("frame-is-picture", {"frame": number + 1, "take": take.number, "shot": labels[0]})
        say(Notice(done, "good", partial(take_back, project_id, last)))
