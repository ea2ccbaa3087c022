"""``python -m projects serve``: starts the studio, says where it runs, ends it, and shows what it says."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import dataclass, replace
from typing import Literal

from framepack.messages import Message, Value
from projects.errors import StudioError
from projects.messages import in_english
from projects.serving.keeper import keep_serving
from projects.serving.record import Server, log_path, running_servers
from projects.serving.steering import USUAL_PORT, answers, last_lines, start_in_background, stop, the_server
from projects.settings import StudioSettings

Verb = Literal["start", "stop", "restart", "status", "logs"]
_CARDS = re.compile(r"\d+(,\d+)*")


@dataclass(frozen=True)
class ServeOptions:
    """What the command was asked for; ``port`` None is the usual one, or the one that runs."""

    verb: Verb
    port: int | None
    gpus: str
    background: bool
    share: bool
    lines: int
    as_json: bool


def describe(parser: argparse.ArgumentParser) -> None:
    """What ``serve`` takes."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="start|stop|restart|status|logs")
    start = verbs.add_parser("start", help="start the studio")
    _port(start)
    start.add_argument("--gpu", default="", metavar="0,1", help="use these graphics cards only, as nvidia-smi has them")
    start.add_argument("--share", action="store_true", help="ask for the password, as STUDIO_SHARE=1 does")
    start.add_argument("--background", action="store_true", help="go on when this terminal is closed")
    _port(verbs.add_parser("stop", help="end the studio; what is finished is kept"))
    _port(verbs.add_parser("restart", help="end the studio and start it again, in the background"))
    status = verbs.add_parser("status", help="say where the studio runs")
    _port(status)
    status.add_argument("--json", action="store_true", help="print one line of JSON")
    logs = verbs.add_parser("logs", help="print what the studio said last")
    _port(logs)
    logs.add_argument("--lines", type=int, default=50, metavar="N", help="so many lines (50)")


def options_of(asked: argparse.Namespace) -> ServeOptions:
    """The options as ``describe`` reads them. Raises StudioError for what cannot be."""
    gpus = getattr(asked, "gpu", "").replace(" ", "")
    if gpus and not _CARDS.fullmatch(gpus):
        raise StudioError(Message("serve-no-cards", {"said": gpus}))
    if asked.port is not None and not 1 <= asked.port <= 65535:
        raise StudioError(Message("serve-no-port", {"port": asked.port}))
    return ServeOptions(
        verb=asked.verb,
        port=asked.port,
        gpus=gpus,
        background=getattr(asked, "background", False),
        share=getattr(asked, "share", False),
        lines=max(1, getattr(asked, "lines", 1)),
        as_json=getattr(asked, "json", False),
    )


def serve(settings: StudioSettings, options: ServeOptions) -> int:
    """Carry it out; returns the exit status, 1 where ``status`` finds no studio."""
    if options.verb == "start":
        return _start(settings, options)
    if options.verb == "status":
        return _status(settings, options)
    if options.verb == "logs":
        port = options.port or _port_of_logs(settings)
        print("\n".join(last_lines(log_path(settings, port), options.lines)))
        return 0
    server = the_server(settings, options.port)
    stop(settings, server)
    _say(Message("serve-stopped", {"url": server.url}))
    if options.verb == "restart":
        return _begin(_shared(settings, server.shared), server.port, server.gpus)
    return 0


def _start(settings: StudioSettings, options: ServeOptions) -> int:
    port = options.port or _usual_port(os.environ.get("STREAMLIT_SERVER_PORT"))
    settings = _shared(settings, options.share)
    if options.background:
        return _begin(settings, port, options.gpus)
    return keep_serving(settings, port, options.gpus, lambda line: print(line, flush=True))


def _shared(settings: StudioSettings, share: bool) -> StudioSettings:
    return replace(settings, share=settings.share or share)


def _begin(settings: StudioSettings, port: int, gpus: str) -> int:
    server = start_in_background(settings, port, gpus)
    _say(Message("serve-runs", _known(settings, server)))
    return 0


def _status(settings: StudioSettings, options: ServeOptions) -> int:
    running = [one for one in running_servers(settings) if options.port in (None, one.port)]
    if options.as_json:
        print(json.dumps([_as_json(settings, server) for server in running]))
    elif not running:
        _say(Message("serve-none"))
    else:
        for server in running:
            known: dict[str, Value] = {
                "url": server.url,
                "pid": server.keeper.pid,
                "log": str(log_path(settings, server.port)),
            }
            _say(Message("serve-runs" if answers(server) else "serve-no-answer", known))
    return 0 if running else 1


def _usual_port(said: str | None) -> int:
    if said and not said.isdecimal():
        raise StudioError(Message("serve-no-port", {"port": said}))
    return int(said or USUAL_PORT)


def _known(settings: StudioSettings, server: Server) -> dict[str, Value]:
    return {"url": server.url, "pid": server.keeper.pid, "log": str(log_path(settings, server.port))}


def _as_json(settings: StudioSettings, server: Server) -> dict[str, object]:
    return {
        "url": server.url,
        "port": server.port,
        "shared": server.shared,
        "gpus": [int(number) for number in server.gpus.split(",")] if server.gpus else None,
        "answers": answers(server),
        "pid": server.keeper.pid,
        "pages_pid": server.pages.pid,
        "log": str(log_path(settings, server.port)),
    }


def _port_of_logs(settings: StudioSettings) -> int:
    running = list(running_servers(settings))
    return running[0].port if len(running) == 1 else USUAL_PORT


def _port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, metavar="N", help=f"the port ({USUAL_PORT}, or the one that runs)")


def _say(message: Message) -> None:
    print(in_english(message), file=sys.stdout, flush=True)
