"""`route`, `access` and `priorities`: the way home, who can be reached, and what to clear first."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from geo_service import formats
from geo_service.balance import Refused
from geo_service.cli.options import DEFAULT_DATA, AsOf, Data, KnownAt, looked_at, service
from geo_service.languages import LANGUAGES

FORMS = ("table", "json", "geojson", "gpx", "kml", "csv", "pdf")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(route)
    app.command()(access)
    app.command()(priorities)


def route(
    origin: Annotated[str, typer.Option("--from", help="LON,LAT in degrees, or the name of a settlement")],
    destination: Annotated[str, typer.Option("--to", help="LON,LAT in degrees, or the name of a settlement")],
    via: Annotated[list[str] | None, typer.Option(help="a place to pass, may be repeated")] = None,
    mode: Annotated[str, typer.Option(help="convoy, car, bus or foot")] = "car",
    unsurveyed: Annotated[str, typer.Option(help="road that nobody surveyed: show or forbid")] = "show",
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    buffer_m: Annotated[float | None, typer.Option(help="base of every buffer (m)")] = None,
    max_snap_m: Annotated[float, typer.Option(help="how far off the road a place may lie (m)")] = 500.0,
    max_alternatives: Annotated[int, typer.Option(help="how many ways are shown at most")] = 5,
    planning: Annotated[bool, typer.Option("--planning", help="look through hazards for what to clear")] = False,
    confirm_unsurveyed: Annotated[
        bool,
        typer.Option("--confirm-unsurveyed", help="hand out a track over ground that nobody surveyed"),
    ] = False,
    form: Annotated[str, typer.Option("--format", help=f"one of {', '.join(FORMS)}")] = "table",
    out: Annotated[Path | None, typer.Option(help="the file to write; needed for pdf")] = None,
    way: Annotated[int | None, typer.Option(min=1, help="the one way that is printed: pdf")] = None,
    language: Annotated[str, typer.Option(help="of the paper: en, az or ru: pdf")] = "en",
) -> None:
    """Print the ways between two places with their verdicts. Exit code 1 where there is none."""
    from geo_service.travel import answers, tracks
    from geo_service.travel.places import place_named
    from geo_service.travel.question import question_of

    _refuse(form, language, out)
    with service(data, "looking for a way") as one:
        seen = looked_at(one, as_of, known_at)
        question = question_of(
            {
                "from": place_named(origin, seen, "--from"),
                "to": place_named(destination, seen, "--to"),
                "via": [place_named(place, seen, "--via") for place in via or ()],
                "mode": mode,
                "unsurveyed": unsurveyed,
                "as_of": as_of,
                "known_at": known_at,
                "buffer_m": buffer_m,
                "max_snap_m": max_snap_m,
                "max_alternatives": max_alternatives,
                "planning": planning,
            }
        )
        asked = answers.asked(question, one.snapshots, one.settings, one.clock)
        found = answers.answered(asked, one.ways, one.settings, one.clock)
        if form in {"gpx", "kml", "pdf"}:
            tracks.refuse_unconfirmed(found, confirmed=confirm_unsurveyed, form=form.upper())
        if form == "pdf":
            from geo_service.printing import ways

            today = one.settings.today(one.clock)
            wish = ways.Wish(language, way, (origin, destination), confirmed=confirm_unsurveyed, today=today)
            made = ways.pdf(found, asked.seen, one.settings, wish)
        else:
            made = _made(found, form)
    if form == "table":
        _print(found)
    elif out is None:
        sys.stdout.buffer.write(made)
    else:
        out.write_bytes(made)
        print(f"{out}: {1 if form == 'pdf' and way else len(found['features'])} ways")
    sys.stdout.flush()
    raise typer.Exit(0 if found["features"] else 1)


def _refuse(form: str, language: str, out: Path | None) -> None:
    """Let through a form that is known, with what it needs.

    Raises:
        Refused: it is not; the choices are named.
    """
    if form not in FORMS:
        raise Refused(f"--format is one of {', '.join(FORMS)}, not {form}")
    if language not in LANGUAGES:
        raise Refused(f"--language is one of {', '.join(LANGUAGES)}, not {language}")
    if form == "pdf" and out is None:
        raise Refused("--format pdf needs --out FILE.pdf")
    if out is not None and form == "table":
        raise Refused("--out needs a --format other than table")


def _made(found: dict[str, Any], form: str) -> bytes:
    """Return an answer in a form."""
    from geo_service.travel import answers, tracks

    if form in {"gpx", "kml"}:
        return tracks.to_gpx(found) if form == "gpx" else tracks.to_kml(found)
    return formats.to_csv(answers.turns_of(found)).encode() if form == "csv" else formats.to_json(found)


def access(
    site: Annotated[
        str | None, typer.Option(help="where people wait: LON,LAT or a settlement; default: all sites")
    ] = None,
    mode: Annotated[str, typer.Option(help="convoy, car, bus or foot")] = "car",
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    max_snap_m: Annotated[float, typer.Option(help="how far off the road a place may lie (m)")] = 500.0,
    form: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """Print for each settlement whether it is reached from a site, on what evidence, or what bars the way."""
    from geo_service.travel import reach
    from geo_service.travel.question import word_of
    from layers.roads.rules import Mode

    with service(data, "looking at access") as one:
        seen = looked_at(one, as_of, known_at)
        who = word_of(mode, Mode, "--mode")
        rows = reach.reachable(one.ways.at(seen, one.settings.routes), seen, site, who, max_snap_m)
        said = {
            **reach.about(seen, one.settings, who),
            "site": site,
            "summary": reach.summary(rows),
            "settlements": rows,
        }
    if form == "json":
        sys.stdout.buffer.write(formats.to_json(said))
        return
    shown = [
        {
            "settlement": row["settlement"],
            "name": row["name"],
            "waiting": row["people_waiting"],
            "verdict": row["verdict"],
            "worst": row["worst"] or row["reason"],
            "km": "" if row["length_m"] is None else f"{row['length_m'] / 1000:.1f}",
            "clear m2": "" if row["m2"] is None else f"{row['m2']:,.0f}",
            "in the way": ", ".join([*row["hazards"], *row["points"]]),
        }
        for row in rows
    ]
    print(formats.to_table(shown), end="")
    for kind, counts in said["summary"].items():
        print(f"{kind}: {counts['settlements']} settlements, {counts['people_waiting']:,} people waiting")
    print(said["notice"])


def priorities(
    teams: Annotated[float, typer.Option(help="how many teams clear")],
    rate_m2: Annotated[float, typer.Option(help="m2 that a team clears in a period")],
    period_days: Annotated[float, typer.Option(help="the length of a period in days")] = 1.0,
    site: Annotated[str | None, typer.Option(help="where people wait; default: all sites")] = None,
    mode: Annotated[str, typer.Option(help="convoy, car, bus or foot")] = "car",
    data: Data = DEFAULT_DATA,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    time_limit_s: Annotated[float, typer.Option(help="how long is searched (s)")] = 60.0,
    form: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """Print which hazards to clear first so that most people can return soonest, and how far that is from the best."""
    from geo_service.travel import priority, reach

    asked = priority.priorities_of(
        {
            "teams": teams,
            "rate_m2": rate_m2,
            "period_days": period_days,
            "time_limit_s": time_limit_s,
            "mode": mode,
            "site": site,
            "as_of": as_of,
            "known_at": known_at,
        }
    )
    with service(data, "planning") as one:
        seen = looked_at(one, as_of, known_at)
        plan = priority.planned(one.ways.at(seen, one.settings.routes), seen, asked)
        said = {**reach.about(seen, one.settings, asked.mode), **priority.told(plan)}
    if form == "json":
        sys.stdout.buffer.write(formats.to_json(said))
        return
    print(formats.to_table([{**row, "opens": row["opens"] or ""} for row in said["schedule"]]), end="")
    proven = "proven" if said["proven"] else f"not proven, gap {said['gap']:.1%}"
    print(f"\n{said['value']:,.0f} {said['unit']}; no plan has less than {said['bound']:,.0f} ({proven})")
    for row in said["heuristics"]:
        print(f"  {row['times_plan']:6.2f} times the plan: {row['rule'].replace('_', ' ')}")
    if said["next_best"]:
        print(f"  beginning with {said['next_best']['hazard']} instead costs {said['next_best']['more']:,.0f} more")
    print(said["notice"])


def _print(found: dict[str, Any]) -> None:
    """Print the ways for a person: the verdict first, then what every stretch stands on."""
    if found["synthetic"]:
        print("SYNTHETIC: invented data, no real place\n")
    if found["coverage_gap"]:
        print("COVERAGE GAP: this date lies before the first record; nothing is known of the ground then.\n")
    if found["planning"]:
        print("PLAN ONLY: it passes through hazardous ground to show what would have to be cleared; no way to travel\n")
    for number, one in enumerate(found["features"], start=1):
        told = one["properties"]
        minutes = round(told["duration_s"] / 60)
        until = f", expires {told['expires_on']}" if told["expires_on"] else ""
        print(f"Way {number}: {told['verdict'].upper().replace('_', ' ')}{until}")
        exposure = "" if told["exposure_m"] is None else f", exposure {told['exposure_m']:,} m"
        print(f"  {told['length_m'] / 1000:.1f} km, {minutes // 60} h {minutes % 60:02} min{exposure}")
        for name, metres in told["evidence"].items():
            print(f"  {metres:10,.0f} m  {name}")
        for condition in told["conditions"]:
            print(f"  condition: {condition['detail']}")
        print()
    for reason in found["reasons"]:
        print(f"{reason['code']}: {reason['detail']}")
        if reason.get("hazards"):
            print(f"  in the way: {', '.join(reason['hazards'])}; clearing {reason['m2']:,.0f} m2 would open it")
    print(f"as of {found['as_of']}, known at {found['known_at']} (revision {found['revision']})")
    for owed in found["attribution"]:
        print(owed)
    print(found["notice"])
