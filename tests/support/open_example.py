"""The example project in a running studio, as new for each test. It knows no browser."""

from __future__ import annotations

from dataclasses import dataclass

from projects.database.opening import make_engine, session_for
from projects.database.tables import Shot
from projects.interchange.file_projects import EXAMPLE, project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.storyboard.reading import shots_of
from tests.support.running_studio import Studio


@dataclass(frozen=True)
class Example:
    """A project of the example's three shots in a running studio."""

    studio: Studio
    project_id: str

    @property
    def address(self) -> str:
        """Of its storyboard."""
        return f"{self.studio.url}/storyboard?project={self.project_id}"

    def shots(self) -> list[Shot]:
        """The shots as they are now."""
        with session_for(make_engine(self.studio.settings.database_url)) as session:
            return shots_of(session=session, project_id=self.project_id)


def new_example(studio: Studio) -> Example:
    """A project that is the example and that no other test has or gets."""
    with session_for(make_engine(studio.settings.database_url)) as session:
        project = project_for_file(session=session, settings=studio.settings, file=read_storyboard(EXAMPLE))
        project.source = None
        session.commit()
        return Example(studio, project.id)
