"""The domain's commands: ``python -m projects`` with ``render``, ``list``, ``show``, ``export``, ``import``,
``queue``, ``loras``, ``guests``, ``people``, ``serve``, ``password``, ``mcp``, ``worker``, ``verify``, ``doctor``,
``report``, ``clean``, ``backup`` or ``restore``.

Exit status: 0 done or well, 1 it could not be rendered or something was found, 2 what was asked cannot be, 3 the worker
or studio already runs, 4 another worker is to go on, 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from framepack.environment import check_arguments
from framepack.errors import FramepackError
from projects.commands.backup import back_up, put_back
from projects.commands.backup import describe as describe_backup
from projects.commands.backup import options_of as backup_options_of
from projects.commands.clean import CleanOptions, clean
from projects.commands.doctor import DoctorOptions, examine
from projects.commands.foretelling import dry_run
from projects.commands.guests import attend
from projects.commands.guests import describe as describe_guests
from projects.commands.listing import list_all, show
from projects.commands.loras import describe as describe_loras
from projects.commands.loras import manage
from projects.commands.loras import options_of as lora_options_of
from projects.commands.password import ask_for_password
from projects.commands.people import describe as describe_people
from projects.commands.people import look_after
from projects.commands.queueing import describe as describe_queue
from projects.commands.queueing import options_of as queue_options_of
from projects.commands.queueing import steer
from projects.commands.render import RenderFailed, RenderOptions, render_film
from projects.commands.report import describe as describe_report
from projects.commands.report import report
from projects.commands.serving import describe as describe_serving
from projects.commands.serving import options_of as serve_options_of
from projects.commands.serving import serve
from projects.door.password import program_token
from projects.errors import StudioError
from projects.failures import foreseen, message_for
from projects.logs.files import from_info_on, log_file, log_terminal
from projects.messages import in_english
from projects.serving.keeper import AlreadyRuns
from projects.serving.steering import url_of_the_studio
from projects.settings import StudioSettings
from projects.storage.places import worker_log_path
from projects.storyboard.project_settings import PASSES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        check_arguments(given)
        asked = _parser(given).parse_args(given)
        settings = StudioSettings.from_environment(os.environ)
        if asked.command == "worker":
            return _work(settings, asked)
        if asked.command == "serve":
            return serve(settings, serve_options_of(asked))
        if asked.command == "password":
            ask_for_password(settings)
            return 0
        if asked.command == "mcp":
            # Here, because it needs a library that no other command does.
            from projects.assistants.server import serve_tools

            serve_tools(
                url_of_the_studio(settings, asked.port), program_token(settings), allow_changes=asked.allow_changes
            )
            return 0
        if asked.command == "doctor":
            return 0 if examine(settings, DoctorOptions(repair=asked.repair, as_json=asked.json)) else 1
        if asked.command == "report":
            report(settings, asked)
            return 0
        if asked.command == "clean":
            clean(settings, CleanOptions(deleted=asked.deleted, yes=asked.yes, as_json=asked.json))
            return 0
        if asked.command == "backup":
            return 0 if back_up(settings, backup_options_of(asked), sections=not asked.without_sections) else 1
        if asked.command == "restore":
            put_back(settings, backup_options_of(asked))
            return 0
        if asked.command == "verify":
            # Here, because it may need the engine.
            from projects.commands.verify import VerifyOptions, verify

            told = VerifyOptions(asked.file, again=asked.again, device=asked.device, as_json=asked.json)
            return 0 if verify(settings, told) else 1
        if asked.command == "list":
            list_all(settings, as_json=asked.json)
            return 0
        if asked.command == "show":
            show(settings, asked.project, as_json=asked.json)
            return 0
        if asked.command == "export":
            # Here, because documents and timelines need libraries that no other command does.
            from projects.commands.exporting import export, options_of

            export(settings, options_of(asked))
            return 0
        if asked.command == "import":
            from projects.commands.importing import ImportOptions, import_path

            import_path(settings, ImportOptions(asked.path, asked.into))
            return 0
        if asked.command == "loras":
            manage(settings, lora_options_of(asked))
            return 0
        if asked.command == "guests":
            attend(settings, asked)
            return 0
        if asked.command == "people":
            look_after(settings, asked)
            return 0
        if asked.command == "queue":
            steer(settings, queue_options_of(asked))
            return 0
        if asked.dry_run:
            dry_run(settings, asked.storyboard, asked.made_for, asked.device)
            return 0
        if asked.output is None:
            print("Say where the film is to be written: -o FILM.mp4.", file=sys.stderr)
            return 2
        options = RenderOptions(asked.storyboard, asked.output, asked.device, made_for=asked.made_for, by=asked.by)
        render_film(settings, options)
    except KeyboardInterrupt:
        print("Stopped; what is finished is kept.", file=sys.stderr)
        return 130
    except AlreadyRuns as running:
        print(in_english(running.message), file=sys.stderr)
        return 3
    except RenderFailed as error:
        print(in_english(error.message), file=sys.stderr)
        return 1
    except (FramepackError, StudioError) as error:
        print(in_english(error.message), file=sys.stderr)
        return 2
    except OSError as error:
        print(in_english(message_for(error)), file=sys.stderr)
        return 1 if foreseen(error) else 2
    return 0


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m projects", description="The storyboard studio without the browser."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="render a storyboard file to a film")
    render.add_argument("storyboard", type=Path, metavar="FILE.toml", help="the storyboard")
    render.add_argument("-o", "--output", type=Path, metavar="FILM.mp4", help="the film to write")
    render.add_argument(
        "--pass",
        dest="made_for",
        choices=PASSES,
        default="draft",
        help="draft, or real: with the model that the storyboard names for it (draft)",
    )
    render.add_argument("--device", default=None, help="render on this device (cpu, cuda:1, ...) only")
    render.add_argument("--dry-run", action="store_true", help="print what it would come to as one line of JSON only")
    render.add_argument("--by", metavar="18:00", help="take the best preset that is done by then")
    queue = commands.add_parser("queue", help="see and steer what is ordered over all projects")
    describe_queue(queue)
    describe_serving(commands.add_parser("serve", help="start and end the studio, and say where it runs"))
    commands.add_parser("password", help="set the password of a studio that is shared, and end who came in before")
    assisting = commands.add_parser("mcp", help="serve the running studio's verbs to assistants (MCP, stdio)")
    assisting.add_argument("--allow-changes", action="store_true", help="change and order, too; else it only reads")
    assisting.add_argument("--port", type=int, metavar="N", help="where the studio runs (the one that does)")
    describe_loras(commands.add_parser("loras", help="the library of LoRAs: add, list, show, edit, remove"))
    describe_guests(commands.add_parser("guests", help="guests' links and notes"))
    describe_people(commands.add_parser("people", help="people who sign in with a provider: its secret, and projects"))
    listing = commands.add_parser("list", help="list the projects")
    listing.add_argument("--json", action="store_true", help="print one line of JSON")
    showing = commands.add_parser("show", help="show a project, its shots and their states")
    showing.add_argument("project", metavar="NAME|ID", help="its name, or its id as the list has it")
    showing.add_argument("--json", action="store_true", help="print one line of JSON")
    exporting = commands.add_parser("export", help="write a project as a file of another kind")
    if given[:1] == ["export"]:
        from projects.commands.exporting import describe

        describe(exporting)
    importing = commands.add_parser("import", help="make shots, or a project, of a file or folder")
    importing.add_argument(
        "path",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="pictures in a folder, text, a table, a screenplay, a storyboard file, an archive, the studio's videos",
    )
    importing.add_argument("--into", metavar="NAME|ID", help="the project that the shots are added to (a new one)")
    worker = commands.add_parser("worker", help="render what the studio orders, until stopped")
    worker.add_argument(
        "--device",
        default="auto",
        help="cpu, cuda, cuda:1, mps; cuda:0+1 for two, which make a shot each or one; default: the best there is",
    )
    worker.add_argument("--ends-with-parent", action="store_true", help="stop when standard input closes")
    worker.add_argument(
        "--adopt-after",
        type=float,
        default=5.5,
        metavar="SECONDS",
        help="take over the jobs of a worker that gave no sign of life for so long (default: 5.5)",
    )
    doctor = commands.add_parser("doctor", help="look for what is wrong, and say what to do about it")
    doctor.add_argument("--repair", action="store_true", help="put damaged files aside, to be made again")
    doctor.add_argument("--json", action="store_true", help="print one line of JSON")
    describe_report(
        commands.add_parser("report", help="pack what helps to find a fault into a file, without prompts and names")
    )
    verifying = commands.add_parser("verify", help="say whether what made a take or film is here, and whole")
    verifying.add_argument(
        "file", type=Path, metavar="FILE", help="a video that the studio made, or the JSON beside it"
    )
    verifying.add_argument("--again", action="store_true", help="make its sections again, aside, and compare them")
    verifying.add_argument("--device", default="auto", help="where they are made again (the best there is)")
    verifying.add_argument("--json", action="store_true", help="print one line of JSON")
    cleaning = commands.add_parser("clean", help="say what files are not needed any more, and remove them on request")
    cleaning.add_argument("--deleted", action="store_true", help="what was deleted, too; it cannot come back then")
    cleaning.add_argument("--yes", action="store_true", help="remove it; without this nothing is removed")
    cleaning.add_argument("--json", action="store_true", help="print one line of JSON")
    describe_backup(
        commands.add_parser("backup", help="save the whole studio to a folder, while it may be running"),
        commands.add_parser("restore", help="put a studio back from a backup into an empty STUDIO_HOME"),
    )
    return parser


def _work(settings: StudioSettings, asked: argparse.Namespace) -> int:
    from projects.generator.worker import run_worker

    with contextlib.ExitStack() as logs:
        # One that the studio keeps has no terminal: its standard error is for what cannot be logged.
        if not asked.ends_with_parent:
            logs.enter_context(log_terminal())
        logs.enter_context(log_file(settings, worker_log_path(settings, asked.device).stem))
        logs.enter_context(from_info_on())
        try:
            return run_worker(
                settings,
                device=asked.device,
                ends_with_parent=asked.ends_with_parent,
                adopt_after=asked.adopt_after,
            )
        except (FramepackError, StudioError, OSError):
            raise
        except Exception as error:
            logging.exception("The worker does not start.")
            print(in_english(message_for(error)), file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
