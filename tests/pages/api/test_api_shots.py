"""Shots through the interface: made, changed by what was seen, moved, copied, put away and brought back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.pages.api.conftest import Interface
from tests.support.own_videos import moving, write_video
from tests.support.plain_pictures import png


@pytest.fixture
def project(api: Interface) -> str:
    return str(api.post("/api/projects", {"name": "A film"})["id"])


@pytest.fixture
def shots(api: Interface, project: str) -> list[str]:
    """Three shots: one, two, three."""
    made = api.post(
        f"/api/projects/{project}/shots", {"shots": [{"prompt": "one"}, {"prompt": "two"}, {"prompt": "three"}]}
    )
    return [shot["id"] for shot in made["shots"]]


def prompts(api: Interface, project: str) -> list[str]:
    return [row["prompt"] for row in api.get(f"/api/projects/{project}/board")["shots"]]


def picture(client: TestClient, colour: str = "teal") -> str:
    answer = client.post(
        f"/api/pictures?name={colour}.png",
        content=png(320, 180, colour),
        headers={"content-type": "application/octet-stream"},
    )
    return str(answer.json()["media_id"])


def test_shots_are_made_in_order_behind_another(api: Interface, project: str, shots: list[str]) -> None:
    made = api.post(
        f"/api/projects/{project}/shots",
        {
            "shots": [
                {"prompt": "one and a half", "seconds": 2.5, "start": "continue", "name": "Bridge", "notes": "Wind."},
                {"dialogue": "“There it is.”"},
            ],
            "after": shots[0],
        },
    )

    first, second = made["shots"]
    assert prompts(api, project) == ["one", "one and a half", "", "two", "three"]
    assert (first["number"], first["seconds"], first["start"], first["joined"]) == ("SH0015", 2.5, "continue", True)
    assert (first["name"], first["notes"], second["dialogue"]) == ("Bridge", "Wind.", "“There it is.”")


def test_a_shot_is_changed_and_read(api: Interface, shots: list[str]) -> None:
    changed = api.patch(
        f"/api/shots/{shots[1]}", {"version": 1, "was": {"prompt": "two"}, "changes": {"prompt": "二 🌊", "seed": "7"}}
    )["shot"]

    assert (changed["prompt"], changed["seed"], changed["version"]) == ("二 🌊", "7", 2)
    assert api.get(f"/api/shots/{shots[1]}")["shot"] == changed


def test_two_people_at_one_field_never_overwrite_each_other_silently(api: Interface, shots: list[str]) -> None:
    address = f"/api/shots/{shots[0]}"
    api.patch(address, {"version": 1, "was": {"prompt": "one"}, "changes": {"prompt": "mine"}})

    refused = api.patch(address, {"version": 1, "was": {"prompt": "one"}, "changes": {"prompt": "yours"}}, 409)
    assert (refused["error"], refused["theirs"], refused["version"]) == ("changed-meanwhile", {"prompt": "mine"}, 2)
    assert refused["message"].endswith(".")
    assert api.get(address)["shot"]["prompt"] == "mine"

    chosen = api.patch(address, {"version": 2, "was": {"prompt": "mine"}, "changes": {"prompt": "yours"}})
    assert chosen["shot"]["prompt"] == "yours"


def test_what_was_seen_counts_more_than_the_version_that_a_page_has_learned_of(
    api: Interface, shots: list[str]
) -> None:
    address = f"/api/shots/{shots[0]}"
    now = api.patch(address, {"changes": {"prompt": "mine"}})["version"]

    api.patch(address, {"version": now, "was": {"prompt": "one"}, "changes": {"prompt": "yours"}}, 409)
    # Of a field of which nothing is said the version decides.
    api.patch(address, {"version": now - 1, "was": {}, "changes": {"prompt": "yours"}}, 409)
    assert api.patch(address, {"version": now, "changes": {"prompt": "yours"}})["shot"]["prompt"] == "yours"


def test_two_people_at_two_fields_both_keep_what_they_wrote(api: Interface, shots: list[str]) -> None:
    address = f"/api/shots/{shots[0]}"
    api.patch(address, {"version": 1, "was": {"prompt": "one"}, "changes": {"prompt": "mine"}})
    both = api.patch(address, {"version": 1, "was": {"seconds": 4.0}, "changes": {"seconds": 6.5}})["shot"]

    assert (both["prompt"], both["seconds"]) == ("mine", 6.5)


def test_many_who_write_at_the_same_moment_lose_nothing(api: Interface, project: str, shots: list[str]) -> None:
    fields = {"name": "Lamp", "dialogue": "Look!", "notes": "Wind.", "prompt": "mine", "seconds": 6.5, "seed": "7"}

    def write(field: str) -> None:
        api.patch(f"/api/shots/{shots[0]}", {"changes": {field: fields[field]}})

    with ThreadPoolExecutor(len(fields)) as writers:
        list(writers.map(write, fields))

    row = api.get(f"/api/shots/{shots[0]}")["shot"]
    assert {field: row[field] for field in fields} == fields
    assert row["version"] == 1 + len(fields)
    edits = api.get(f"/api/projects/{project}/history")
    assert [edit["number"] for edit in edits] == [7, 6, 5, 4, 3, 2, 1]


def test_a_seed_that_another_changed_is_told_as_a_text(api: Interface, shots: list[str]) -> None:
    address = f"/api/shots/{shots[0]}"
    api.patch(address, {"changes": {"seed": 2**63 - 1}})

    refused = api.patch(address, {"version": 1, "was": {"seed": "1"}, "changes": {"seed": "2"}}, 409)
    assert refused["theirs"] == {"seed": str(2**63 - 1)}


def test_a_picture_that_another_gave_meanwhile_is_not_replaced_silently(
    api: Interface, client: TestClient, shots: list[str]
) -> None:
    address = f"/api/shots/{shots[0]}"
    teal, red = picture(client), picture(client, "red")
    api.patch(address, {"version": 1, "was": {"media_id": None}, "changes": {"media_id": teal}})

    refused = api.patch(address, {"version": 1, "was": {"media_id": None}, "changes": {"media_id": red}}, 409)
    assert refused["theirs"] == {"media_id": teal}
    replaced = api.patch(address, {"version": 1, "was": {"media_id": teal}, "changes": {"media_id": red}})["shot"]
    assert (replaced["media"], replaced["picture_name"], replaced["shows"]) == (red, "red.png", "picture")
    assert api.patch(address, {"changes": {"media_id": None}})["shot"]["media"] is None


def test_editing_a_shot_that_somebody_deleted_says_so_and_it_can_be_brought_back(
    api: Interface, project: str, shots: list[str]
) -> None:
    api.post(f"/api/projects/{project}/shots/delete", {"ids": [shots[1]]})
    edit = {"version": 1, "was": {"prompt": "two"}, "changes": {"prompt": "typed meanwhile"}}

    refused = api.patch(f"/api/shots/{shots[1]}", edit, 404)
    assert (refused["error"], refused["message"]) == (
        "gone",
        "SH0020 was deleted meanwhile. It can be brought back.",
    )
    api.post(f"/api/projects/{project}/shots/restore", {"ids": [shots[1]]})
    api.patch(f"/api/shots/{shots[1]}", edit)
    assert prompts(api, project) == ["one", "typed meanwhile", "three"]


def test_several_shots_are_changed_at_once_or_none_is(api: Interface, project: str, shots: list[str]) -> None:
    address = f"/api/projects/{project}/shots"
    changed = api.patch(address, {"ids": [shots[2], shots[0]], "changes": {"seconds": 2.0}})
    assert changed["ids"] == [shots[0], shots[2]]

    refused = api.patch(address, {"ids": shots, "changes": {"seconds": 7000.0}}, 400)
    assert (refused["error"], refused["field"]) == ("invalid-request", "seconds")
    rows = api.get(f"/api/projects/{project}/board")["shots"]
    assert [row["seconds"] for row in rows] == [2.0, 4.0, 2.0]
    api.post(f"/api/projects/{project}/undo")
    rows = api.get(f"/api/projects/{project}/board")["shots"]
    assert [row["seconds"] for row in rows] == [4.0, 4.0, 4.0]


def test_several_shots_get_one_picture(api: Interface, client: TestClient, project: str, shots: list[str]) -> None:
    teal = picture(client)
    api.patch(f"/api/projects/{project}/shots", {"ids": shots[1:], "changes": {"media_id": teal}})

    assert [row["media"] for row in api.get(f"/api/projects/{project}/board")["shots"]] == [None, teal, teal]


def test_shots_are_moved_in_front_of_another_or_to_the_end(api: Interface, project: str, shots: list[str]) -> None:
    one, two, three = shots
    address = f"/api/projects/{project}/shots/move"

    assert api.post(address, {"ids": [three], "before": one})["ids"] == [three, one, two]
    assert api.post(address, {"ids": [three, one]})["ids"] == [two, three, one]
    assert prompts(api, project) == ["two", "three", "one"]


def test_shots_are_copied_deleted_restored_and_numbered_afresh(api: Interface, project: str, shots: list[str]) -> None:
    address = f"/api/projects/{project}/shots"

    copies = [row["id"] for row in api.post(f"{address}/duplicate", {"ids": shots[:2]})["shots"]]
    assert prompts(api, project) == ["one", "two", "one", "two", "three"]
    api.post(f"{address}/delete", {"ids": copies})
    assert prompts(api, project) == ["one", "two", "three"]
    assert [shot["id"] for shot in api.get(f"{address}/deleted")] == copies
    assert api.post(f"{address}/restore", {"ids": copies})["ids"] == copies
    assert prompts(api, project) == ["one", "two", "one", "two", "three"]
    api.post(f"{address}/renumber")
    numbers = [row["number"] for row in api.get(f"/api/projects/{project}/board")["shots"]]
    assert numbers == ["SH0010", "SH0020", "SH0030", "SH0040", "SH0050"]


def test_a_shot_of_another_project_is_not_moved_or_deleted(api: Interface, shots: list[str]) -> None:
    other = api.post("/api/projects", {"name": "Other"})["id"]

    for what in ("move", "delete", "duplicate", "restore"):
        assert api.post(f"/api/projects/{other}/shots/{what}", {"ids": [shots[0]]}, 404)["error"] == "not-found"


def test_no_shot_and_too_many_are_refused(api: Interface, project: str) -> None:
    address = f"/api/projects/{project}/shots"

    assert api.post(address, {"shots": []}, 400)["field"] == "shots"
    assert api.post(address, {"shots": [{}] * 501}, 400)["message"] == "“shots” is too long; 500 is the most."
    assert api.post(f"{address}/delete", {"ids": []}, 400)["field"] == "ids"


def test_a_length_is_a_number_and_a_start_one_of_two(api: Interface, shots: list[str]) -> None:
    address = f"/api/shots/{shots[0]}"

    length = api.patch(address, {"changes": {"seconds": "4,5"}}, 400)
    start = api.patch(address, {"changes": {"start": "fade"}}, 400)
    assert (length["field"], length["message"]) == ("changes.seconds", "“seconds” has to be a number.")
    assert (start["field"], start["message"]) == (
        "changes.start",
        "“start” has to be one of 'cut' or 'continue'.",
    )
    assert api.patch(address, {"changes": {"seconds": 0}}, 400)["field"] == "seconds"


def test_a_text_is_read_as_shots_and_none_is_made(api: Interface, client: TestClient, project: str) -> None:
    said = read(client, "prompt,seconds,start\nWaves,2.5,continue\n雨,,".encode("utf-16"), "scenes.csv")

    assert [(shot["prompt"], shot["seconds"], shot["start"]) for shot in said["shots"]] == [
        ("Waves", 2.5, "continue"),
        ("雨", None, None),
    ]
    assert said["text"].startswith("prompt,seconds")
    assert prompts(api, project) == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"prompt;seconds\nWaves;long", "line-length"),
        (b"\xff\xd8\xff picture", "lines-not-text"),
        (b"zip\0\0", "lines-not-text"),
        (b'[[shot]]\nprompt = "Waves"', "new-storyboard-file"),
        (b"x" * 4_000_001, "file-too-long"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused(client: TestClient, data: bytes, error: str) -> None:
    said = read(client, data, "scenes.txt")

    assert said["error"] == error
    assert said["message"]


def read(client: TestClient, data: bytes, name: str) -> dict[str, Any]:
    headers = {"content-type": "application/octet-stream"}
    answer = client.post(f"/api/lines?name={name}", content=data, headers=headers)
    found: dict[str, Any] = answer.json()
    return found


def test_beats_are_changed_by_what_was_seen_and_told_as_rows_say_them(api: Interface, shots: list[str]) -> None:
    address = f"/api/shots/{shots[0]}"
    seed = str(2**63 - 1)
    later, first = {"at": 2.0, "seed": seed}, {"at": 1.0, "prompt": "It turns."}
    row = api.patch(address, {"was": {"beats": []}, "changes": {"beats": [later, first]}})["shot"]
    usual = {"prompt": None, "seed": None, "media_id": None, "place": [500, 500, 1000]}
    assert row["beats"] == [{**usual, **first}, {**usual, **later}]

    # What a row says is taken as what was seen.
    beats = [{**row["beats"][0], "prompt": "It sinks."}, row["beats"][1]]
    changed = api.patch(address, {"was": {"beats": row["beats"]}, "changes": {"beats": beats}})["shot"]
    assert changed["beats"] == beats

    told = api.patch(address, {"was": {"beats": row["beats"]}, "changes": {"beats": []}}, status=409)
    assert told["theirs"] == {"beats": beats}
    assert api.get(address)["shot"]["beats"] == beats


def video(client: TestClient, folder: Path, name: str = "clip.mp4", count: int = 40) -> dict[str, Any]:
    file = write_video(folder / name, [moving(number) for number in range(count)])
    answer = client.post(
        f"/api/videos?name={name}", content=file.read_bytes(), headers={"content-type": "application/octet-stream"}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_shot_goes_on_from_a_video_that_was_sent(
    api: Interface, client: TestClient, shots: list[str], project: str, tmp_path: Path
) -> None:
    kept = video(client, tmp_path)
    assert (kept["name"], kept["width"], kept["height"], kept["remarks"]) == ("clip.mp4", 128, 72, [])
    assert client.get(kept["picture"]).headers["content-type"] == "image/webp"
    address = f"/api/shots/{shots[0]}"
    row = api.patch(address, {"changes": {"video_id": kept["media_id"]}})["shot"]
    assert (row["video"]["name"], row["shows"], row["frame"]) == ("clip.mp4", "picture", kept["picture"])
    assert row["start"] == "cut"
    made = api.post(f"/api/projects/{project}/shots", {"shots": [{"prompt": "four", "video_id": kept["media_id"]}]})
    assert made["shots"][0]["video"]["media_id"] == kept["media_id"]
    other = video(client, tmp_path, "other.mp4", 50)["media_id"]
    refused = api.patch(address, {"version": 1, "was": {"video_id": None}, "changes": {"video_id": other}}, 409)
    assert refused["theirs"] == {"video_id": kept["media_id"]}
    assert api.patch(address, {"changes": {"video_id": None}})["shot"]["video"] is None


def test_what_is_no_video_is_refused_with_a_sentence(
    api: Interface, client: TestClient, shots: list[str], tmp_path: Path
) -> None:
    file = {"content-type": "application/octet-stream"}
    answer = client.post("/api/videos?name=notes.mp4", content=b"This is no video.", headers=file)
    assert answer.status_code == 400
    assert "The video notes.mp4 cannot be gone on from: it is not a video of a known kind" in answer.text
    api.patch(f"/api/shots/{shots[0]}", {"changes": {"video_id": picture(client)}}, 404)
    assert tmp_path.exists()


def test_a_shot_is_made_towards_a_picture_that_was_sent(api: Interface, client: TestClient, shots: list[str]) -> None:
    kept, address = picture(client), f"/api/shots/{shots[0]}"
    row = api.patch(address, {"changes": {"end_media_id": kept}})["shot"]
    assert (row["end"]["media_id"], row["end"]["guided"]) == (kept, True)
    assert client.get(row["end"]["picture"]).headers["content-type"] == "image/webp"
    assert api.patch(address, {"changes": {"checkpoint": "original"}})["shot"]["end"]["guided"] is False
    refused = api.patch(
        address, {"version": 1, "was": {"end_media_id": None}, "changes": {"end_media_id": "0" * 64}}, 409
    )
    assert refused["theirs"] == {"end_media_id": kept}
    assert api.patch(address, {"changes": {"end_media_id": None}})["shot"]["end"] is None
    api.patch(address, {"changes": {"end_media_id": "0" * 64}}, 404)


def test_a_card_with_words_becomes_the_picture_of_a_shot_and_can_be_undone(
    api: Interface, project: str, shots: list[str]
) -> None:
    answer = api.post(f"/api/shots/{shots[0]}/card", {"words": "Three days later"})
    assert answer["shot"]["media"]

    refused = api.post(f"/api/shots/{shots[1]}/card", {"words": "  "}, status=400)
    assert "there are no words for the card" in refused["message"]

    api.post(f"/api/projects/{project}/undo")
    assert not api.get(f"/api/shots/{shots[0]}")["shot"]["media"]


def test_a_new_shot_may_be_made_towards_a_picture_at_once(api: Interface, client: TestClient, project: str) -> None:
    kept = picture(client)
    new = {"shots": [{"prompt": "A boat.", "end_media_id": kept}, {"prompt": "Night."}]}
    first, second = api.post(f"/api/projects/{project}/shots", new)["shots"]
    assert (first["end"]["media_id"], second["end"]) == (kept, None)
    wrong = {"shots": [{"prompt": "Never.", "end_media_id": "0" * 64}]}
    api.post(f"/api/projects/{project}/shots", wrong, 404)
    prompts = [row["prompt"] for row in api.get(f"/api/projects/{project}/board")["shots"]]
    assert "Never." not in prompts
