"""Shots that are made towards a picture, by the real worker with tiny checkpoints: backwards and guided."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.media.video import probe
from framepack.store.section_store import SectionStore
from projects.database.opening import open_database, session_for
from projects.messages import in_english, read
from projects.queue.orders import UNFINISHED, render_changed
from projects.settings import StudioSettings
from projects.storage.pictures import add_picture
from projects.storage.places import take_path
from projects.storyboard.ends import attach_end, close_loop, detach_end
from projects.takes.staleness import plan_for
from tests.support.checkpoints import build_models
from tests.support.plain_pictures import png
from tests.support.rendering import fresh, sections_made, small_project, until, worker_process


@pytest.mark.parametrize("model", ["original", "f1"])
def test_a_worker_makes_shots_towards_their_end_pictures(tmp_path: Path, model: str) -> None:
    models = build_models(tmp_path / "models")
    home = {"STUDIO_HOME": str(tmp_path / "studio"), "STUDIO_MODELS": str(models)}
    settings = StudioSettings.from_environment(home)
    settings.make_folders()
    database = open_database(settings)
    identity = checkpoint_identity(checkpoint_named(model), models)
    with session_for(database) as session:
        project, (shot, loop, _) = small_project(
            session, settings, ("cut", 2.0), ("cut", 0.5), ("cut" if model == "original" else "continue", 0.5)
        )
        project.checkpoint = model
        end = add_picture(session=session, settings=settings, data=png(64, 64, "maroon"), name="end.png").media
        attach_end(session=session, shot_id=shot.id, media_id=end.id)
        close_loop(session=session, shot_id=loop.id)
        session.commit()

    def make_all() -> None:
        with session_for(database) as session:
            order = render_changed(session=session, settings=settings, project_id=project.id, identity=identity).id
            session.commit()
        until(lambda: fresh(database, order).status not in UNFINISHED)
        done = fresh(database, order)
        assert done.status == "done", in_english(read(done.error or ""))

    def last_latents() -> torch.Tensor:
        with session_for(database) as session:
            plan = plan_for(session=session, settings=settings, project_id=project.id, identity=identity)[0]
        assert (plan.state, plan.chosen is not None) == ("done", True)
        assert plan.planned is not None
        assert plan.chosen is not None
        assert probe(take_path(settings, plan.chosen.id)).frames == 60
        return torch.from_numpy(SectionStore(settings.sections_dir).latents(plan.planned.sections[-1]))

    with worker_process(settings, "--device", "cpu"):
        make_all()
        ending, made = last_latents(), len(sections_made(settings))
        with session_for(database) as session:
            detach_end(session=session, shot_id=shot.id)
            session.commit()
        make_all()
    assert not torch.equal(ending, last_latents())
    # Backwards, all of the shot is another; forwards only what was guided.
    assert len(sections_made(settings)) == made + (2 if model == "original" else 1)
    database.dispose()
