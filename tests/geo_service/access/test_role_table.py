"""Every route of the service, asked for by everybody: who is let in, who is refused, and how."""

import asyncio

import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role

# Who is let in is decided before the store is asked; tokens in either kind of store are tested on their own.
KINDS = ("sqlite",)

N, P, V, E, R = Role.nobody, Role.public, Role.viewer, Role.editor, Role.reviewer

TABLE = {
    # method and path: (the least role, how it is asked for, the status of those let in)
    ("GET", "/"): (P, "/", 200),
    ("GET", "/api"): (N, "/api", 200),
    ("GET", "/api.html"): (N, "/api.html", 200),
    ("GET", "/conformance"): (N, "/conformance", 200),
    ("GET", "/favicon.ico"): (N, "/favicon.ico", 200),
    ("GET", "/static"): (N, "/static/map.js", 200),
    ("GET", "/login"): (V, "/login", 303),
    ("GET", "/healthz"): (N, "/healthz", 200),
    ("GET", "/coverage"): (V, "/coverage", 200),
    ("GET", "/coverage/ledger"): (V, "/coverage/ledger?from=2020-12-31&to=2021-12-31", 200),
    ("GET", "/coverage/overlaps"): (V, "/coverage/overlaps", 200),
    ("GET", "/coverage/timeline"): (V, "/coverage/timeline?from=2020-12-31&to=2021-12-31", 200),
    ("GET", "/coverage/restatement"): (V, "/coverage/restatement", 200),
    ("GET", "/collections"): (P, "/collections", 200),
    ("GET", "/collections/{layer}"): (P, "/collections/hazards", 200),
    ("GET", "/collections/{layer}/schema"): (P, "/collections/hazards/schema", 200),
    ("GET", "/collections/{layer}/items"): (P, "/collections/hazards/items", 200),
    ("GET", "/collections/{layer}/items/{record_id}"): (P, "/collections/hazards/items/{hazard}", 200),
    ("GET", "/collections/{layer}/queryables"): (P, "/collections/hazards/queryables", 200),
    ("GET", "/tileMatrixSets"): (P, "/tileMatrixSets", 200),
    ("GET", "/tileMatrixSets/{matrix_set}"): (P, "/tileMatrixSets/WebMercatorQuad", 200),
    ("GET", "/collections/{layer}/tiles"): (P, "/collections/hazards/tiles", 200),
    ("GET", "/collections/{layer}/tiles/{matrix_set}"): (P, "/collections/hazards/tiles/WebMercatorQuad", 200),
    ("GET", "/collections/{layer}/tiles/{matrix_set}/{zoom}/{row}/{column}"): (
        P,
        "/collections/hazards/tiles/WebMercatorQuad/0/0/0",
        200,
    ),
    ("GET", "/coverage/tiles/{matrix_set}/{zoom}/{row}/{column}"): (
        V,
        "/coverage/tiles/WebMercatorQuad/0/0/0",
        200,
    ),
    ("GET", "/collections/{layer}/styles"): (P, "/collections/hazards/styles", 200),
    ("GET", "/collections/{layer}/styles/{style}"): (P, "/collections/hazards/styles/default", 200),
    ("GET", "/collections/{layer}/items/{record_id}/versions"): (
        V,
        "/collections/hazards/items/{hazard}/versions",
        200,
    ),
    # Whoever is let in is told that there is no body; what is not there is not withdrawn.
    ("POST", "/collections/{layer}/items"): (E, "/collections/hazards/items", 415),
    ("PUT", "/collections/{layer}/items/{record_id}"): (E, "/collections/hazards/items/{hazard}", 415),
    ("PATCH", "/collections/{layer}/items/{record_id}"): (E, "/collections/hazards/items/{hazard}", 415),
    ("DELETE", "/collections/{layer}/items/{record_id}"): (E, "/collections/hazards/items/none", 404),
    ("GET", "/changesets"): (V, "/changesets", 200),
    ("GET", "/changesets/{changeset_id}"): (V, "/changesets/1", 200),
    ("GET", "/changesets/{changeset_id}/report"): (V, "/changesets/1/report", 200),
    ("POST", "/changesets"): (E, "upload", 201),
    # Changeset 1 is approved: whoever is let in is told so.
    ("POST", "/changesets/{changeset_id}/submit"): (E, "/changesets/1/submit", 409),
    ("POST", "/changesets/{changeset_id}/approve"): (R, "/changesets/1/approve", 409),
    ("POST", "/changesets/{changeset_id}/reject"): (R, "/changesets/1/reject", 409),
    ("POST", "/changesets/{changeset_id}/cancel"): (E, "/changesets/1/cancel", 409),
    ("GET", "/changesets/{changeset_id}/diff"): (V, "/changesets/1/diff", 200),
    ("GET", "/changesets/{changeset_id}/history"): (V, "/changesets/1/history", 200),
    # Whoever is let in is told that there is no such paper: printing takes seconds.
    ("GET", "/maps/print.pdf"): (P, "/maps/print.pdf?paper=A9", 422),
    # Whoever is let in is told that there is no such zoom: tiles take seconds.
    ("GET", "/exports/{form}"): (P, "/exports/pmtiles?max_zoom=17", 422),
    ("GET", "/maps/figures"): (P, "/maps/figures", 200),
    ("GET", "/maps/overview.html"): (V, "/maps/overview.html", 200),
    ("GET", "/maps/search"): (P, "/maps/search?q=H", 200),
    ("GET", "/maps/ways/{zoom}/{row}/{column}"): (V, "/maps/ways/0/0/0", 204),
    ("GET", "/maps/water/{zoom}/{row}/{column}"): (V, "/maps/water/0/0/0", 204),
    # Whoever is let in is told that there is none.
    ("GET", "/maps/basemap.pmtiles"): (P, "/maps/basemap.pmtiles", 404),
    ("GET", "/maps/words/{language}"): (N, "/maps/words/az", 200),
    ("GET", "/maps/upload"): (E, "/maps/upload", 200),
    ("GET", "/maps/review"): (V, "/maps/review", 200),
    ("GET", "/maps/review/{changeset_id}"): (V, "/maps/review/1", 200),
    ("POST", "/maps/review/{changeset_id}/submit"): (E, "/maps/review/1/submit", 409),
    ("POST", "/maps/review/{changeset_id}/approve"): (R, "/maps/review/1/approve", 409),
    ("POST", "/maps/review/{changeset_id}/reject"): (R, "/maps/review/1/reject", 409),
    ("POST", "/maps/review/{changeset_id}/cancel"): (E, "/maps/review/1/cancel", 409),
    # Whoever is let in is told what a question needs.
    ("GET", "/returning"): (V, "/returning", 200),
    ("GET", "/maps/returning"): (V, "/maps/returning", 200),
    ("POST", "/routes"): (V, "/routes", 422),
    ("POST", "/routes/matrix"): (V, "/routes/matrix", 422),
    ("POST", "/priorities"): (V, "/priorities", 422),
    ("GET", "/access"): (V, "/access", 422),
    ("GET", "/maps/routes"): (P, "/maps/routes", 200),
    ("GET", "/maps/access"): (P, "/maps/access", 200),
    ("POST", "/statements"): (V, "/statements", 422),
    ("GET", "/statements"): (V, "/statements", 200),
    ("GET", "/statements/{number}"): (V, "/statements/1", 404),
    ("GET", "/statements/{number}/verify"): (V, "/statements/1/verify?sha256=" + "0" * 64, 404),
    ("POST", "/statements/{number}/verify"): (V, "/statements/1/verify", 422),
    ("GET", "/maps/statements"): (V, "/maps/statements", 200),
    ("GET", "/maps/routes/{form}"): (V, "/maps/routes/csv?from=46.1,39.2&to=46.7,39.6", 200),
    ("GET", "/reports"): (V, "/reports?from=2020-01-02&to=2020-01-01", 422),
    ("POST", "/editions"): (R, "/editions", 422),
    ("GET", "/editions"): (V, "/editions", 200),
    ("GET", "/editions/{number}"): (V, "/editions/1", 404),
    ("GET", "/editions/{number}/compare"): (V, "/editions/1/compare", 404),
    ("GET", "/editions/{number}/verify"): (V, "/editions/1/verify", 404),
    ("GET", "/rasters"): (V, "/rasters", 200),
    # Whoever is let in is told that there is no such raster, and what an upload needs.
    ("GET", "/rasters/{name}"): (V, "/rasters/none", 404),
    ("GET", "/rasters/{name}/file"): (V, "/rasters/none/file", 404),
    ("GET", "/rasters/{name}/statistics"): (V, "/rasters/none/statistics", 404),
    ("GET", "/rasters/{name}/tiles/{style}/{z}/{x}/{y}.png"): (V, "/rasters/none/tiles/hillshade/0/0/0.png", 404),
    ("POST", "/rasters"): (E, "/rasters", 422),
    # It is reversed once; after that nothing of it is left to reverse.
    ("POST", "/changesets/{changeset_id}/reverse"): (E, "/changesets/1/reverse", 201),
    ("POST", "/maps/review/{changeset_id}/reverse"): (E, "/maps/review/1/reverse", 409),
}

COMPUTING = {
    ("POST", "/routes"),
    ("POST", "/routes/matrix"),
    ("POST", "/priorities"),
    ("POST", "/statements/{number}/verify"),
}
"""They change nothing: tokens that only read may ask them."""

COLUMNS = [*(role.name for role in Role), "reading admin"]


def routes_of(app):
    """All routes of an application, also those that the table lacks."""
    for one in iter_route_contexts(app.routes):
        for method in (one.methods or {"GET"}) - {"HEAD"}:
            yield method, one.path


def test_the_table_names_every_route_and_no_other(app):
    assert set(routes_of(app)) == TABLE.keys()


@pytest.fixture
def everybody(log, give, visit, upload):
    """A client per column, over a store with one hazard."""
    editor = visit(give("editor", "loader"))
    assert upload(editor, layer="hazards").status_code == 201
    who = {role.name: visit(give(role.name)) for role in Role if role >= Role.viewer}
    who["reading admin"] = visit(give("admin", "reader", read_only=True))
    who["nobody"] = who["public"] = visit()
    hazard = editor.get("/collections/hazards/items").json()["features"][0]["id"]
    return who, hazard


@pytest.mark.parametrize("column", COLUMNS)
def test_each_cell(column, everybody, log, upload):
    who, hazard = everybody
    client = who[column]
    log.set_setting("public_access", column == "public")
    role = Role.admin if column == "reading admin" else Role[column]
    wrong = []
    for (method, path), (least, asked, status) in TABLE.items():
        if asked == "upload":
            answer = upload(client, dry_run="false", message="table")
        else:
            answer = client.request(method, asked.format(hazard=hazard))
        expected = status
        if role < least:
            expected = 401 if role <= Role.public else 403
        elif column == "reading admin" and method != "GET" and (method, path) not in COMPUTING:
            expected = 403
        if answer.status_code != expected:
            wrong.append((method, path, expected, answer.status_code, answer.text))
        if answer.status_code in {401, 403}:
            assert answer.headers["content-type"] == "application/problem+json"
            assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
    assert wrong == []


@pytest.mark.parametrize("column", COLUMNS)
def test_nothing_is_changed_by_those_who_are_refused(column, everybody, log, upload):
    who, _ = everybody
    before = log.head(), log.changesets()
    if column in {"editor", "reviewer", "admin"}:
        assert upload(who[column]).status_code == 201
        assert log.changesets() != before[1]
        return
    upload(who[column])
    for step in ("submit", "approve", "reject", "cancel", "reverse"):
        who[column].post(f"/changesets/1/{step}")
        who[column].post(f"/maps/review/1/{step}")
    assert (log.head(), log.changesets()) == before


def test_a_route_without_a_rule_is_refused_to_everybody(app, visit, give):
    @app.get("/new")
    def new():
        return {"secret": "x"}

    for client in (visit(), visit(give("viewer")), visit(give("admin"))):
        answer = client.get("/new")
        assert answer.status_code == 403
        assert "secret" not in answer.text


def test_the_rule_of_a_router_and_of_its_route_both_hold(app, visit, give):
    router = APIRouter(dependencies=[requires(Role.viewer)])

    @router.post("/computed", dependencies=[requires(Role.viewer, computes=True)])
    @router.post("/changed", dependencies=[requires(Role.reviewer)])
    @router.post("/plain", dependencies=[requires(Role.public)])
    def change():
        return {}

    app.include_router(router, prefix="/more")
    asked = ("/more/computed", "/more/changed", "/more/plain")
    who = (visit(), visit(give("viewer")), visit(give("admin", "reads", read_only=True)), visit(give("reviewer")))
    statuses = [[client.post(path).status_code for path in asked] for client in who]
    assert statuses == [[401, 401, 401], [200, 403, 200], [200, 403, 403], [200, 200, 200]]


def test_a_mounted_part_without_a_rule_is_refused_to_everybody(app, visit, give):
    async def part(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})

    app.mount("/part", part)
    assert visit(give("admin")).get("/part/x").status_code == 403


def test_a_route_that_comes_later_than_the_first_request_is_not_reached(app, visit, give):
    admin = visit(give("admin"))
    admin.get("/healthz")
    app.get("/late")(lambda: {"secret": "x"})
    assert admin.get("/late").status_code == 404


@pytest.mark.parametrize(
    "path", ["/coverage/", "//coverage", "/COVERAGE", "/changesets/1/../../coverage", "/%63overage"]
)
def test_another_spelling_of_a_path_is_no_way_round(path, visit, give):
    give("viewer")
    assert visit().get(path).status_code in {401, 404}


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "GETT"])
def test_other_methods_are_no_way_round(method, visit, give, everybody):
    assert visit().request(method, "/coverage").status_code == 401
    assert visit(give("viewer", "one")).request(method, "/coverage").status_code == 405


def test_head_needs_what_get_needs(visit, give):
    token = give("viewer")
    assert visit().head("/coverage").status_code == 401
    assert visit().head("/coverage").content == b""
    assert visit(token).head("/coverage").status_code == 200


@pytest.mark.parametrize("headers", [[(b"content-length", b"9000000000")], [(b"transfer-encoding", b"chunked")]])
def test_nothing_of_the_body_is_read_for_somebody_refused(app, give, headers):
    sent = []

    async def receive():
        raise AssertionError

    async def send(message):
        sent.append(message)

    give("viewer")
    scope = {
        "type": "http", "method": "POST", "path": "/changesets", "query_string": b"", "client": ("10.0.0.1", 1),
        "headers": [(b"host", b"x"), *headers],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 401


def test_websockets_are_refused(app, visit, give):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), visit(give("admin")).websocket_connect("/"):
        pass


def test_options_and_405_follow_rights_and_layers(app, visit, give):
    allow = {
        "viewer": "GET, HEAD, OPTIONS",
        "editor": "GET, HEAD, OPTIONS, POST",
    }
    for role, expected in allow.items():
        client = visit(give(role))
        assert client.options("/collections/hazards/items").headers["allow"] == expected
        answer = client.put("/collections/hazards/items")
        assert (answer.status_code, answer.headers["allow"]) == (405, expected)
    narrow = visit(give("editor", "narrow", layers=["roads"]))
    assert narrow.options("/collections/hazards/items").headers["allow"] == allow["viewer"]
    assert narrow.options("/collections/roads/items").headers["allow"] == allow["editor"]
    assert narrow.post("/collections/hazards/items").status_code == 403
    assert narrow.post("/collections/roads/items").status_code == 415
    reading = visit(give("admin", "reading", read_only=True))
    assert reading.options("/collections/roads/items").headers["allow"] == allow["viewer"]
    assert reading.options("/collections/roads/items").status_code == 200
    assert visit().options("/collections/hazards/items").status_code == 401
