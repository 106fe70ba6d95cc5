"""/api/v1/announcements/: written, read and confirmed by programs, within what their people may."""

from typing import Any
from uuid import uuid4

import pytest

from people.keys import create_key
from tests.api.conftest import Api
from tests.factories import World

HERE = "announcements/"


def new(world: World, **more: Any) -> dict[str, Any]:
    return {"title": "Closed", "body": "Until *Friday*.", "teams": [str(world.team.pk)]} | more


def told(world: World, **more: Any) -> Any:
    answer = Api(world.sue).post(HERE, new(world, **more))
    assert answer.status == 201, answer.data
    return answer.data


def test_it_is_written_read_and_confirmed(world: World) -> None:
    one = told(world, importance="confirm")
    path = f"{HERE}{one['id']}/"
    ann = Api(world.ann)
    assert [(row["title"], row["is_unread"]) for row in ann.get(HERE).data["results"]] == [("Closed", True)]
    assert ann.get(path).data["is_unread"]  # to fetch it is not to have read it
    assert ann.post(path + "read/", {"version": 1}).data["is_unread"]
    assert not ann.post(path + "confirm/", {"version": 1}).data["is_unread"]
    found = Api(world.sue).get(path + "readers/").data
    assert found["people"] == 2
    assert [row["agent"]["name"] for row in found["settled"]] == ["Ann"]
    assert [row["agent"]["name"] for row in found["waiting"]] == ["Bob"]
    assert Api(world.sue).post(path + "remind/").status == 200
    assert Api(world.sue).post(path + "remind/").code == "too_soon"


def test_a_draft_is_changed_published_and_ended(world: World) -> None:
    one = told(world, publish=False)
    sue, path = Api(world.sue), f"{HERE}{one['id']}/"
    assert one["state"] == "draft"
    assert Api(world.ann).get(path).status == 404
    changed = new(world, title="Closed for good", revision=1)
    assert sue.call("PUT", path, changed).data["title"] == "Closed for good"
    assert sue.call("PUT", path, changed).code == "stale"
    later = sue.post(path + "publish/", {"publish_at": "2090-01-01T08:00:00Z"})
    assert later.status == 400
    assert sue.post(path + "publish/", {}).data["state"] == "live"
    assert sue.call("DELETE", path).code == "published"
    assert sue.post(path + "end/").data["state"] == "over"
    assert sue.post(path + "publish/", {}).code == "over"
    over = Api(world.ann).get(HERE + "?state=over").data["results"]
    assert [row["title"] for row in over] == ["Closed for good"]
    other = told(world, publish=False)
    assert sue.call("DELETE", f"{HERE}{other['id']}/").status == 204


def test_who_may_not_is_told_so(world: World) -> None:
    one = told(world)
    path = f"{HERE}{one['id']}/"
    ann = Api(world.ann)
    assert ann.post(HERE, new(world)).status == 403
    for what in ("publish/", "end/", "remind/"):
        assert ann.post(path + what, {}).status == 403, what
    assert ann.get(path + "readers/").status == 403
    assert ann.call("PUT", path, new(world, revision=2)).status == 403
    assert Api(world.sue).post(HERE, new(world, teams=[])).status == 403  # everybody: admins
    assert Api(world.eve).post(HERE, new(world, teams=[])).data["everybody"] is True
    assert Api(world.sue).post(HERE, new(world, teams=[str(world.other_team.pk)])).status == 400
    assert ann.get(f"{HERE}{uuid4()}/").status == 404


@pytest.mark.parametrize(
    "more",
    [
        {"title": ""}, {"title": 5}, {"teams": "x"}, {"teams": ["x"]}, {"importance": "huge"}, {"publish": "yes"},
        {"expires_at": "tomorrow"}, {"body": "a\x00b"}, {"publish_at": "2026-11-30T07:00:00"}, {"teams": None},
    ],
)  # fmt: skip
def test_what_is_none_is_refused(world: World, more: dict[str, Any]) -> None:
    answer = Api(world.sue).post(HERE, new(world, **more))
    assert (answer.status, answer.data["errors"][0]["attr"].split(".")[0]) == (400, next(iter(more)))


def test_a_key_reads_and_writes_within_its_scopes(world: World) -> None:
    def by(*scopes: str) -> Any:
        key = create_key(agent=world.sue, name="Screen", scopes=list(scopes))[1]
        return lambda method, body=None: (
            Api(None).call(method, HERE, body, Authorization=f"Bearer {key}").status
        )

    reads, writes, other = by("team:read"), by("team:write"), by("orders:write")
    assert [reads("GET"), reads("POST", new(world))] == [200, 403]
    assert [writes("GET"), writes("POST", new(world))] == [200, 201]
    assert other("GET") == 403
