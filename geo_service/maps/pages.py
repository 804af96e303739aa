"""Pages without a map: sending in records, and the list of what waits for review."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from geo_service.languages.speech import Speech
from geo_service.languages.written import PARTS, choices, filters, label, words_for
from geo_service.maps.overview import script_json
from geo_service.settings import Settings
from geo_service.store.log import Changeset, State
from layers.definitions import LAYERS, Layer
from layers.reading.kinds import FORMATS

GROUPS = (
    ("group_waiting", (State.submitted,)),
    ("group_processing", (State.processing,)),
    ("group_drafts", (State.draft,)),
    ("group_ended", (State.approved, State.rejected, State.failed, State.cancelled)),
)
"""What the list of changesets is parted into, in order."""

SPOKEN = ("upload_", "said_", "state_", "report_", "level_", "code_", "look_", "phase_", "own_words")
"""The words that the scripts of sending in and of reports say."""


def environment(speech: Speech | None = None) -> Environment:
    """Return the templates, with text escaped, and the ways in which they write figures in a language."""
    made = Environment(loader=PackageLoader("geo_service"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= filters(speech or Speech("en", PARTS))
    return made


def notice_in(settings: Settings, speech: Speech, as_of: str, known_at: str) -> str:
    """Return the sentences that every product carries, in a language."""
    if speech.language == "en":
        return settings.sentences(as_of, known_at)
    return speech.t(
        "sentences",
        authority=settings.authority,
        standard=settings.standard,
        contact=settings.contact,
        as_of=as_of,
        known_at=known_at,
    )


def around_page(  # noqa: PLR0913 - each with a default, or what every page needs
    settings: Settings,
    base: str,
    here: str,
    speech: Speech | None = None,
    address: str | None = None,
    *,
    asked: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, object]:
    """Return what every page needs: where it is, who answers for the data, its language and the others.

    Args:
        settings: of the store.
        base: the path that the service is reached under.
        here: the page's name in the navigation.
        speech: its language, with the catalogues of `PARTS`; None: the usual one.
        address: of the page, asked for in another language; None: it can't be.
        asked: its query, which the other languages keep.
    """
    speech = speech or Speech("en", PARTS)
    return {
        "base": base,
        "here": here,
        "authority": settings.authority,
        "synthetic": settings.synthetic,
        "speech": speech,
        "t": speech.t,
        "language": speech.language,
        "languages": choices(address, asked) if address is not None else {},
    }


def queue_page(changesets: Sequence[Changeset], settings: Settings, base: str, speech: Speech) -> str:
    """Return the list of changesets, what waits for somebody first."""
    groups = [(speech.t(name), [one for one in changesets if one.state in states]) for name, states in GROUPS]
    shown = around_page(settings, base, "review", speech, f"{base}/maps/review")
    page = environment(speech).get_template("queue.html")
    return str(page.render(title=speech.t("queue_title"), groups=groups, review=settings.review, **shown))


def upload_page(settings: Settings, base: str, nonce: str, speech: Speech) -> str:
    """Return the page on which records are sent in."""
    layers = [_described(layer, speech) for layer in LAYERS.values()]
    given = {"base": base, "layers": layers, "language": speech.language, "words": words_for(speech, *SPOKEN)}
    data = Markup(script_json(given))  # noqa: S704 - escaped for its place by script_json
    shown = around_page(settings, base, "upload", speech, f"{base}/maps/upload")
    page = environment(speech).get_template("upload.html")
    title = speech.t("upload_title")
    return str(page.render(title=title, layers=layers, formats=FORMATS, data=data, nonce=nonce, **shown))


def _described(layer: Layer, speech: Speech) -> Mapping[str, object]:
    fields = [
        {
            "name": one.name,
            "label": label(speech, one.label),
            "required": one.required and one.name not in {"id", "valid_from"},
            "kind": one.kind.value,
            "words": [(word.value, _word(speech, word.value)) for word in one.words]
            if one.words and one.kind == "word"
            else None,
        }
        for one in layer.fields
    ]
    return {"name": layer.name, "label": label(speech, layer.label), "fields": fields}


def _word(speech: Speech, value: str) -> str:
    """Return a word of a vocabulary; in English the one that files write."""
    return value if speech.language == "en" else speech.of("word", value)
