"""The door as a page: where one signs in, sees what a shared studio exposes, and leaves.

It is the server's own small page, without scripts, since nothing of the studio is sent to who has not signed in.
"""

from __future__ import annotations

import html
import math
import re
import urllib.parse
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from framepack.messages import Message
from pages.door.door import BACK, DOOR, LEAVING, OUT
from pages.door.entering import ARRIVING, SECONDS_AWAY, Try, enter, leave, session_of, try_password
from pages.look.language import speaking, t
from pages.look.text import said
from pages.serving.forms import form_of
from pages.serving.languages import language_of
from pages.serving.plain_page import plain_page, told_in_plain
from pages.session.database import settings
from projects.door.password import kept_password
from projects.door.sessions import COOKIE, SECONDS_AT_MOST, SECONDS_UNUSED
from projects.errors import StudioError
from projects.failures import message_for

MOST_FORM_BYTES = 4096
MOST_ADDRESS_CHARACTERS = 2000
_HOME = "/"
# What a browser would read as another place than one of ours, or would not send as it stands.
_NOT_OURS = re.compile(r"[\\\s\x00-\x1f\x7f]|^//")
_UNKEPT = {"cache-control": "no-store"}
_STYLE = Path(__file__).with_name("doorway.css")


def door_routes() -> list[Route]:
    """The routes, for the application."""
    return [
        Route(DOOR, _door, methods=["GET"]),
        Route(DOOR, _sign_in, methods=["POST"]),
        Route(LEAVING, _leave, methods=["POST"]),
        Route(OUT, _out, methods=["GET"]),
        Route(BACK, _back_again, methods=["GET"]),
    ]


def own_address(asked: str) -> str:
    """``asked`` where it is an address within the studio, to which somebody may be sent; else its first page."""
    if len(asked) > MOST_ADDRESS_CHARACTERS or not asked.startswith("/") or _NOT_OURS.search(asked):
        return _HOME
    return _HOME if asked.split("?")[0].rstrip("/") in (DOOR, LEAVING, OUT, BACK) else asked


async def _door(request: Request) -> Response:
    with speaking(language_of(request)):
        to = own_address(request.query_params.get("to", _HOME))
        try:
            if not settings().share:
                return _page(t("Only this computer"), _of_nobody_else())
            entered = session_of(settings(), request)
            if entered is None:
                # Coming from elsewhere a browser shows its cookie only to the next request, which is the page's own.
                again = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
                return _page(t("Sign in"), _form(to), again=_door_to(to) if again else "")
        except (StudioError, OSError) as fault:
            return _page(t("Sign in"), told_in_plain(said(message_for(fault))), 503)
        if "to" in request.query_params:
            return RedirectResponse(to, 303, _UNKEPT)
        return _page(t("Shared"), _shared(request, entered.person))


async def _sign_in(request: Request) -> Response:
    form = await form_of(request, MOST_FORM_BYTES)
    with speaking(language_of(request)):
        to = own_address(form.get("to", _HOME))
        try:
            tried = await try_password(settings(), request, form.get("password", ""))
            token = await run_in_threadpool(enter, settings(), request) if tried.right else None
        except (StudioError, OSError) as fault:
            return _page(t("Sign in"), told_in_plain(said(message_for(fault))), 503)
        if token is None:
            return _refused(to, tried)
        answer = RedirectResponse(to, 303, _UNKEPT)
        _let_in(answer, request, token)
        return answer


async def _out(request: Request) -> Response:
    # Most studios have no provider, and what it takes is a fifth of a second of their start.
    from pages.door.provider import set_out

    if not settings().share or settings().sign_in is None:
        return RedirectResponse(DOOR, 303, _UNKEPT)
    with speaking(language_of(request)):
        to = own_address(request.query_params.get("to", _HOME))
        back = str(request.url.replace(path=BACK, query=""))
        try:
            address, token = await set_out(settings(), request, back=back, to=to)
        except (StudioError, OSError) as fault:
            return _page(t("Sign in"), _form(to, away=said(message_for(fault))), 503)
    answer = RedirectResponse(address, 303, _UNKEPT)
    answer.set_cookie(
        ARRIVING,
        token,
        max_age=SECONDS_AWAY,
        path=DOOR,
        secure=_is_encrypted(request),
        httponly=True,
        samesite="lax",
    )
    return answer


async def _back_again(request: Request) -> Response:
    from pages.door.provider import arrive

    with speaking(language_of(request)):
        try:
            token, to = await arrive(settings(), request)
        except (StudioError, OSError) as fault:
            answer = _page(t("Sign in"), _form(_HOME, away=said(message_for(fault))), 403)
        else:
            leave(settings(), request)
            # As above: the cookie is shown to the page's own request.
            answer = _page(t("Sign in"), _back(), again=to)
            _let_in(answer, request, token)
    answer.delete_cookie(ARRIVING, path=DOOR, httponly=True, samesite="lax")
    return answer


def _let_in(answer: Response, request: Request, token: str) -> None:
    """Have the browser hold what its session goes by."""
    encrypted = _is_encrypted(request)
    answer.set_cookie(COOKIE, token, max_age=SECONDS_AT_MOST, secure=encrypted, httponly=True, samesite="strict")


def _is_encrypted(request: Request) -> bool:
    return request.url.scheme == "https"


async def _leave(request: Request) -> Response:
    leave(settings(), request)
    answer = RedirectResponse(DOOR, 303, _UNKEPT)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _refused(to: str, tried: Try) -> Response:
    if tried.wait <= 0:
        return _page(t("Sign in"), _form(to, t("This is not the password.")), 401)
    seconds = math.ceil(tried.wait)
    answer = _page(t("Sign in"), _form(to, said(Message("door-slowed", {"seconds": seconds}))), 429)
    answer.headers["retry-after"] = str(seconds)
    return answer


def _door_to(to: str) -> str:
    return f"{DOOR}?{urllib.parse.urlencode({'to': to})}"


def _form(to: str, wrong: str = "", *, away: str = "") -> str:
    """The ways in that there are, with what was ``wrong`` with the password, or went wrong ``away`` at the provider."""
    sign_in = settings().sign_in
    by_provider = ""
    if sign_in is not None:
        label = html.escape(t("Sign in with {host}").format(host=sign_in.host))
        address = html.escape(f"{OUT}?{urllib.parse.urlencode({'to': to})}")
        by_provider = f'{_told(away)}<p><a class="way" href="{address}">{label}</a></p>'
        if not _has_password():
            return by_provider
    about = ' aria-invalid="true" aria-describedby="wrong"' if wrong else ""
    return (
        f'<form method="post" action="{DOOR}"><input type="hidden" name="to" value="{html.escape(to)}">'
        f'<label for="password">{html.escape(t("Password"))}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required autofocus'
        f"{about}>"
        f"{_told(wrong)}<button>{html.escape(t('Sign in'))}</button></form>"
        f'<p class="quiet">{html.escape(t("Whoever runs this studio has the password."))}</p>{by_provider}'
    )


def _told(wrong: str) -> str:
    return f'<p class="bad" id="wrong" role="alert">{html.escape(wrong)}</p>' if wrong else ""


def _has_password() -> bool:
    try:
        return kept_password(settings()) is not None
    except StudioError:
        return True  # that it is damaged is told to who says it


def _shared(request: Request, person: str | None) -> str:
    title, sign_in = t("Whoever has the password of this studio may use:"), settings().sign_in
    exposed = [
        t("all projects, pictures, takes and films: to see, change, download and delete"),
        t("this studio's computer: to render on its cards and to download models onto its disk"),
        t("the names of its folders and cards, as pages tell them"),
    ]
    if person is not None:
        title = t("You are signed in as {person}. You may use:").format(person=person)
        exposed[0] = t("your own projects, which whoever runs this studio sees, and nobody else but by your links")
        exposed[1] = t("this studio's computer: it renders for you, with the models and LoRAs that are there")
    elif sign_in is not None:
        exposed.append(t("people who sign in with {host}: only their own projects").format(host=sign_in.host))
    encrypted = _is_encrypted(request)
    plain = t("What is sent, the password too, is not encrypted.")
    connection = t("What is sent is encrypted.") if encrypted else plain
    ends = t("You are signed out after {hours} hours without use, and after {days} days in any case.").format(
        hours=SECONDS_UNUSED // 3600, days=SECONDS_AT_MOST // 86400
    )
    listed = "".join(f"<li>{html.escape(one)}</li>" for one in exposed)
    return (
        f"<p>{html.escape(title)}</p><ul>{listed}</ul>"
        f"<p>{html.escape(connection)}</p><p>{html.escape(ends)}</p>"
        f'<form method="post" action="{LEAVING}"><button>{html.escape(t("Leave"))}</button></form>{_back()}'
    )


def _of_nobody_else() -> str:
    how = t("To share it, set a password with “python -m projects password” and start it with STUDIO_SHARE=1.")
    stands = t("This studio is not shared: no other computer reaches it.")
    return f"<p>{html.escape(stands)} {html.escape(how)}</p>{_back()}"


def _back() -> str:
    return f'<p><a href="{_HOME}">{html.escape(t("Back to the studio"))}</a></p>'


def _page(title: str, body: str, status: int = 200, *, again: str = "") -> Response:
    refresh = f'<meta http-equiv="refresh" content="0; url={html.escape(again)}">' if again else ""
    named = f"<p>{html.escape(t('FramePack studio'))}</p><h1>{html.escape(title)}</h1>{body}"
    return plain_page(title, named, style=_STYLE, status=status, headers=_UNKEPT, head=refresh)
