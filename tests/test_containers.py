"""The files for containers are read and held against the program, since nothing builds them here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.dockerfile import Instruction, read_dockerfile

ROOT = Path(__file__).resolve().parent.parent
SETTING = re.compile(r"\b(?:STUDIO|FRAMEPACK)_[A-Z_]+\b")
PLACE = re.compile(r"\$\{(\w+)(?::[-?][^}]*)?\}")


@pytest.fixture
def dockerfile() -> list[Instruction]:
    return read_dockerfile(ROOT / "Dockerfile")


def compose(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def of(dockerfile: list[Instruction], word: str) -> list[str]:
    return [one.rest for one in dockerfile if one.word == word]


def the(dockerfile: list[Instruction], word: str) -> Instruction:
    (one,) = [one for one in dockerfile if one.word == word]
    return one


def test_its_python_is_one_that_the_program_runs_on(dockerfile: list[Instruction]) -> None:
    (base,) = of(dockerfile, "FROM")
    assert dockerfile[0].word == "FROM"
    version = re.fullmatch(r"python:(3\.\d+)-slim-bookworm", base)
    assert version is not None
    declared = re.search(r'requires-python = ">=(3\.\d+),<(3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert declared is not None
    least, beyond, mine = (tuple(map(int, text.split("."))) for text in (*declared.groups(), version[1]))
    assert least <= mine < beyond


def test_whatever_is_copied_is_there_and_is_not_left_out(dockerfile: list[Instruction]) -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [source for rest in of(dockerfile, "COPY") for source in rest.split()[:-1]]
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source not in left_out
    assert {"studio_app.py", "framepack", "projects", "pages", ".streamlit"} <= set(copied)
    assert {"studio_data", ".git", ".venv"} <= set(left_out)


def test_its_torch_is_the_one_that_is_pinned(dockerfile: list[Instruction]) -> None:
    (pinned,) = [line for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if line[:7] == "torch=="]
    installs = "\n".join(of(dockerfile, "RUN"))
    assert set(re.findall(r"torch==\S+", installs)) == {pinned}
    assert "pip install --no-cache-dir -r requirements.txt" in installs


def test_every_run_is_a_program_of_the_shell(dockerfile: list[Instruction]) -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no shell is installed")
    for program in of(dockerfile, "RUN"):
        read = subprocess.run([shell, "-n"], input=program.replace("\n", "\\\n"), text=True, check=False)
        assert read.returncode == 0, program


def test_it_runs_without_rights_and_what_it_writes_is_in_volumes(dockerfile: list[Instruction]) -> None:
    assert the(dockerfile, "USER").rest != "root"
    words = [one.word for one in dockerfile]
    assert words.index("USER") > max(place for place, word in enumerate(words) if word in ("RUN", "COPY"))
    settings = dict(re.findall(r"(\w+)=(\S+)", the(dockerfile, "ENV").rest))
    assert {settings["STUDIO_HOME"], settings["STUDIO_MODELS"]} == set(the(dockerfile, "VOLUME").listed)


def test_it_starts_the_studio_as_a_person_does_and_asks_it_how_it_is(dockerfile: list[Instruction]) -> None:
    assert the(dockerfile, "CMD").listed == ["python", "-m", "streamlit", "run", "studio_app.py"]
    port = the(dockerfile, "EXPOSE").rest
    python, option, program = the(dockerfile, "HEALTHCHECK").listed
    assert (python, option) == ("python", "-c")
    compile(program, "healthcheck", "exec")
    assert f"127.0.0.1:{port}/_stcore/health" in program


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "compose.cuda.yaml"])
def test_the_settings_named_are_the_programs(name: str) -> None:
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for package in ("framepack", "projects")
        for file in (ROOT / package).rglob("*.py")
    )
    for setting in set(SETTING.findall((ROOT / name).read_text(encoding="utf-8"))):
        assert f'"{setting}"' in code, setting


def test_the_studio_is_reached_from_this_computer_only_and_the_database_by_the_studio_only() -> None:
    services = compose("compose.yaml")["services"]
    assert services["studio"]["ports"] == ["127.0.0.1:${PORT:-8501}:8501"]
    assert "ports" not in services["database"]


def test_the_database_is_the_one_that_the_studio_is_told_of() -> None:
    services = compose("compose.yaml")["services"]
    told, own = services["studio"]["environment"], services["database"]["environment"]
    url = re.sub(PLACE, r"<\1>", told["STUDIO_DATABASE_URL"])
    assert url == f"postgresql+psycopg://{own['POSTGRES_USER']}:<POSTGRES_PASSWORD>@database/{own['POSTGRES_DB']}"
    assert re.sub(PLACE, r"<\1>", own["POSTGRES_PASSWORD"]) == "<POSTGRES_PASSWORD>"
    assert services["studio"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["database"]["healthcheck"]["test"][0] == "CMD-SHELL"


def test_no_password_is_written_down_and_no_image_is_whatever_is_newest() -> None:
    services = compose("compose.yaml")["services"]
    assert "${POSTGRES_PASSWORD:?" in services["database"]["environment"]["POSTGRES_PASSWORD"]
    assert re.fullmatch(r"postgres:\d+-bookworm", services["database"]["image"])


def test_every_volume_is_declared_and_goes_where_the_image_expects_it(dockerfile: list[Instruction]) -> None:
    whole = compose("compose.yaml")
    mounted = dict(volume.split(":") for service in whole["services"].values() for volume in service["volumes"])
    assert set(mounted) == set(whole["volumes"])
    assert set(the(dockerfile, "VOLUME").listed) <= set(mounted.values())


def test_arguments_of_the_build_are_the_files(dockerfile: list[Instruction]) -> None:
    declared = {rest.split("=")[0]: rest.partition("=")[2] for rest in of(dockerfile, "ARG")}
    given = compose("compose.yaml")["services"]["studio"]["build"]["args"]
    assert set(given) == set(declared)
    assert given["DEVICE"] == f"${{DEVICE:-{declared['DEVICE']}}}"


def test_the_cards_are_given_to_a_service_that_is_there() -> None:
    added = compose("compose.cuda.yaml")["services"]
    assert set(added) <= set(compose("compose.yaml")["services"])
    (card,) = added["studio"]["deploy"]["resources"]["reservations"]["devices"]
    assert card == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
