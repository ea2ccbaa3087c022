"""The object store in a bucket: the same as in a folder, against a real server of S3 on this computer.

It needs the packages s3fs and moto[server], which are installed by hand.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from framepack.store.addresses import checked_address
from framepack.store.connection import StoreAway
from framepack.store.objects import ObjectStore
from tests.framepack.store.test_objects import NAME, fetched, things

pytestmark = pytest.mark.skipif(
    not (find_spec("s3fs") and find_spec("moto") and find_spec("flask")), reason="s3fs or moto[server] is not installed"
)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address in a fresh bucket; a server of its own has it until the end."""
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-somebody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    name = f"studio-{uuid.uuid4().hex}"
    fs.mkdir(name)
    yield f"s3://{name}/of mine"
    server.stop()


def test_a_bucket_is_a_store_like_any_other(bucket: str, tmp_path: Path) -> None:
    one, two = (ObjectStore(checked_address(bucket), tmp_path / name, 0.0) for name in ("one", "two"))
    one.check()
    assert fetched(two, tmp_path / "into") is None
    folder, manifest = things(tmp_path / "made")
    one.put(NAME, folder, manifest)
    assert two.has(NAME)
    assert two.holds(NAME, manifest)
    assert two.names("things") == {NAME}
    assert [(kept.name, kept.files, kept.size) for kept in two.everything("things")] == [(NAME, 2, 6)]
    assert two.everything("things")[0].changed > 0
    assert fetched(two, tmp_path / "into") == {"a.txt": "one", "b.txt": "two"}
    two.delete(NAME)
    assert not one.everything("things")
    assert fetched(one, tmp_path / "again") is None


def test_what_is_damaged_in_a_bucket_is_taken_out(bucket: str, tmp_path: Path) -> None:
    import fsspec

    store = ObjectStore(checked_address(bucket), tmp_path / "home", 0.0)
    folder, manifest = things(tmp_path / "made")
    store.put(NAME, folder, manifest)
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    for path in fs.find(f"{bucket.removeprefix('s3://')}/contents"):
        fs.pipe_file(path, b"???")
    assert fetched(store, tmp_path / "into") is None
    assert not store.has(NAME)


def test_a_bucket_that_is_not_there_or_does_not_answer_is_away_and_no_secret_is_said(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreAway) as away:
        ObjectStore(checked_address("s3://no-such-bucket/x"), tmp_path / "home", 0.0).check()
    assert "secret-of-somebody" not in str(away.value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreAway) as silent:
        ObjectStore(checked_address(bucket), tmp_path / "home", 0.0).has(NAME)
    assert "secret-of-somebody" not in str(silent.value)
