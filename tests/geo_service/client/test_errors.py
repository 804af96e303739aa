"""What goes wrong says what, where and what to do; reads are tried again, writes never; nothing half is handed out."""

import contextlib
import socket
import threading
import time

import geopandas as gpd
import pytest
from shapely.geometry import box

from geo_service.access import tokens
from geo_service.client import (
    Clearway,
    ClearwayError,
    Conflict,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Refused,
    ServiceFailed,
    TooLarge,
    TooMany,
    Unreachable,
)


def hazard():
    values = {"id": ["H-1"], "classification": ["SHA"], "opened_on": ["2020-01-01"]}
    return gpd.GeoDataFrame(values, geometry=[box(46, 39, 46.01, 39.01)], crs="EPSG:4326")


def waits(cw):
    """Let the client not wait; answers how long it would have."""
    made = []
    cw._sender._sleep = made.append
    return made


def test_who_may_not_is_told_why_and_what_to_do(serving):
    viewer = Clearway(serving.address, token=serving.token("viewer", "Vida"))
    nobody, stranger = Clearway(serving.address), Clearway(serving.address, token="cw_not-one")  # noqa: S106 - bait
    for cw in (nobody, stranger):
        with pytest.raises(NotAuthenticated, match=r"Clearway\(address, token=") as error:
            cw.coverage()
        assert error.value.status == 401
        assert error.value.title == "Unauthorized"
    with pytest.raises(NotAllowed, match="needs the role editor; yours is viewer") as error:
        viewer.upload("hazards", hazard())
    assert error.value.status == 403
    assert "Ask the administrator" in str(error.value)
    assert viewer.changesets().empty
    shown = nobody._repr_html_()
    assert "needs a token" in shown
    for cw in (viewer, nobody, stranger):
        cw.close()


def test_what_is_not_there_or_badly_asked_is_named(serving, tmp_path):
    with Clearway(serving.address, token=serving.token("admin", "Ada")) as cw:
        with pytest.raises(NotFound, match="no record 'H-9'"):
            cw.versions("hazards", "H-9")
        with pytest.raises(NotFound, match="no collection 'mines'"):
            cw.items("mines")
        with pytest.raises(NotFound):
            cw.changeset(77)
        with pytest.raises(Refused, match="as_of is after today") as error:
            cw.hazards(as_of="2999-01-01")
        assert error.value.status == 400
        assert error.value.errors[0]["place"] == "as_of"
        with pytest.raises(Refused, match="as_of is after today") as error:
            cw.coverage(as_of="2999-01-01")
        assert error.value.status == 422
        with pytest.raises(Refused, match="there is no parameter 'colour'"):
            cw.hazards(colour="red")
        with pytest.raises(Refused, match="filter"):
            cw.hazards(filter="classification ==")
        with pytest.raises(Refused, match=r"query\.to: Field required"):
            cw.get("/coverage/ledger", from_="2020-01-01")
        with pytest.raises(ValueError, match="devices: one value"):
            cw.hazards(devices=["UXO", "IED"])
        with pytest.raises(ValueError, match="no layer 'mines'"):
            cw.upload("mines", hazard())
        with pytest.raises(ValueError, match="bbox: four numbers"):
            cw.hazards(bbox=(1, 2, 3))
        (tmp_path / "a.gpkg").write_bytes(b"this is no GeoPackage")
        with pytest.raises(Refused):
            cw.upload("hazards", tmp_path / "a.gpkg")
        assert cw.changesets().empty
        tried = cw.upload("hazards", hazard(), dry_run=True)
        with pytest.raises(ValueError, match="only tried"):
            tried.approve()
        serving.log.set_setting("max_upload_mb", 1, "Ada")
        with pytest.raises(TooLarge, match="smaller parts"):
            cw.upload("hazards", hazard().assign(note="x" * 2_000_000, evidence=[[str(k) for k in range(300_000)]]))


def test_four_eyes_through_the_client(serving):
    """An editor hands in, cannot approve; a reviewer does; who reads sees it only then."""
    serving.log.set_setting("review", True, "Ada")
    editor = Clearway(serving.address, token=serving.token("editor", "Edit"))
    reviewer = Clearway(serving.address, token=serving.token("reviewer", "Revi"))
    sent = editor.upload("hazards", hazard(), message="survey of May", submit=False)
    assert sent.state == "draft"
    sent = sent.submit()
    assert sent.state == "submitted"
    assert editor.changesets(state="submitted")["id"].tolist() == [sent.id]
    with pytest.raises(NotAllowed):
        sent.approve()
    found = reviewer.changeset(sent.id)
    diff = found.diff()
    assert (diff["id"].tolist(), diff["diff"].tolist()) == (["H-1"], ["added"])
    assert diff["geometry_before"].isna().all()
    assert diff.attrs["balance"]
    assert reviewer.hazards().empty
    assert found.approve().state == "approved"
    assert reviewer.hazards()["id"].tolist() == ["H-1"]
    with pytest.raises(Conflict, match="Read it again"):
        found.approve()
    assert sent.refreshed().state == "approved"
    taken_back = editor.changeset(sent.id).reverse("the wrong village")
    assert reviewer.changeset(taken_back.id).reject().state == "rejected"
    assert [*found.history()["actor"]][-1] == "Revi"
    for cw in (editor, reviewer):
        cw.close()


def test_too_many_are_waited_for_as_long_as_they_say(serving):
    serving.log.set_setting("requests_per_minute", 1, "Ada")
    with Clearway(serving.address, token=serving.token("viewer", "Vida")) as cw:
        pauses = waits(cw)
        cw.get("/collections")
        with pytest.raises(TooMany, match="Wait") as error:
            cw.get("/collections")
    assert error.value.status == 429
    assert 0 < error.value.retry_after_s <= 60
    assert len(pauses) == 4
    assert all(error.value.retry_after_s <= pause <= 60 for pause in pauses), "each wait is at least what was asked for"


def test_an_opened_store_asks_for_no_token_and_names_who_runs_the_program(tmp_path):
    import getpass

    from geo_service.clock import utc_now
    from geo_service.store import open_store

    with open_store(tmp_path, create=True) as log:
        tokens.create(log.tokens, utc_now, "one", "admin", owner="Ada")
        log.set_setting("requests_per_minute", 2, "Ada")
    with Clearway.open(tmp_path) as cw:
        done = cw.upload("hazards", hazard())
        assert (done.body["author"], done.state) == (getpass.getuser(), "approved")
        for _ in range(6):
            assert len(cw.hazards()) == 1
    with pytest.raises(Unreachable, match="was closed"):
        cw.hazards()
    with pytest.raises(ClearwayError, match="no store in this folder"):
        Clearway.open(tmp_path / "nothing")


def test_a_large_frame_goes_on_in_the_background_and_is_waited_for(fresh):
    many = gpd.GeoDataFrame(
        {"id": [f"P-{k}" for k in range(30)], "found_on": "2020-01-01"},
        geometry=gpd.points_from_xy([46 + k / 100 for k in range(30)], [39.0] * 30),
        crs="EPSG:4326",
    )
    with Clearway.open(fresh.address) as cw:
        service = cw._sender._http._transport._app.state.service
        service.log.set_setting("background_rows", 10, "Ada")
    sent = fresh.upload("spots", many, wait=False)
    assert sent.state == "processing"
    with pytest.raises(ClearwayError, match="still worked on"):
        sent.wait(0)
    assert sent.wait(60).state == "approved"
    assert len(fresh.spots()) == 30


class Breaking:
    """A server that answers as it is told, one answer per request, then closes; None answers nothing."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for answer in self.answers:
            try:
                one, _ = self.socket.accept()
            except OSError:
                break
            with one:
                head = one.recv(65_536)
                self.asked.append(head.split(b" ", 2)[:2])
                time.sleep(0.01)
                if answer is not None:
                    one.sendall(answer)
        self.socket.close()

    def end(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes it where it waits for somebody
        self.thread.join(10)
        self.socket.close()


def http(status, body, length=None, *headers):
    lines = [
        f"HTTP/1.1 {status} Word",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


WHOLE = b'{"rows": [{"CHA": 1.0}], "revision": 1}'


def test_an_answer_that_breaks_off_is_asked_for_again(remote):
    body = remote._sender.read("/collections/hazards/items", {"f": "parquet"}).content
    half = http(200, body[: len(body) // 2], len(body))
    server = Breaking(half, None, http(503, b"", 0, "Retry-After: 0"), http(200, body))
    with Clearway(server.address) as cw:
        pauses = waits(cw)
        assert cw.hazards()["id"].tolist() == remote.hazards()["id"].tolist()
        assert len(pauses) == 3
        assert pauses == sorted(pauses), "each wait is longer than the one before"
    server.end()


def test_a_service_that_stops_in_the_middle_gives_an_error_and_nothing_half():
    server = Breaking(*[http(200, WHOLE[:10], len(WHOLE))] * 3)
    with Clearway(server.address) as cw:
        waits(cw)
        with pytest.raises(Unreachable, match=r"Nothing answers at this address|broke off in the middle") as error:
            cw.coverage()
        assert "clearway serve" in str(error.value)
        assert len(server.asked) == 3
    server.end()


def test_a_write_is_never_sent_twice():
    server = Breaking(http(200, WHOLE[:10], len(WHOLE)), http(503, b"{}"), http(429, b"{}", None, "Retry-After: 1"))
    with Clearway(server.address) as cw:
        pauses = waits(cw)
        with pytest.raises(Unreachable, match="may have been recorded all the same"):
            cw.upload("hazards", hazard())
        with pytest.raises(ServiceFailed):
            cw.post("/anything", {})
        with pytest.raises(TooMany) as error:
            cw.upload("hazards", hazard())
        assert error.value.retry_after_s == 1
        assert pauses == []
    server.end()
    assert [method for method, _ in server.asked] == [b"POST"] * 3


def test_another_service_at_the_address_is_said():
    server = Breaking(
        http(200, b"<html>hello</html>"), http(200, b"PAR1 no"), http(502, b"<html>proxy</html>"), *[None] * 5
    )
    with Clearway(server.address + "/somewhere/") as cw:
        waits(cw)
        with pytest.raises(ClearwayError, match="is no Clearway"):
            cw.coverage()
        with pytest.raises(ClearwayError, match="no records that can be read"):
            cw.hazards()
        assert server.asked[0][1].startswith(b"/somewhere/coverage")
        with pytest.raises(ClearwayError):
            cw.get("/healthz")
    server.end()
    with Clearway("127.0.0.1:8000") as cw, pytest.raises(Unreachable, match="begins with http"):
        cw.coverage()
