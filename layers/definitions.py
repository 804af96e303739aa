"""Every layer once: fields, types, words, geometry, labels.

JSON Schema, table columns, import mapping, form fields and labels derive from `LAYERS`; nothing else lists fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from layers import vocabulary as words


class Kind(StrEnum):
    """The type of a field's value."""

    text = "text"
    date = "date"
    integer = "integer"
    number = "number"
    boolean = "boolean"
    word = "word"
    word_list = "word_list"
    text_list = "text_list"


class Geometry(StrEnum):
    """What a layer's records look like on the ground."""

    polygon = "polygon"
    point = "point"
    line = "line"
    point_or_polygon = "point_or_polygon"


@dataclass(frozen=True)
class Label:
    """A name for people, in the languages of the programme."""

    en: str
    az: str
    ru: str


@dataclass(frozen=True)
class Field:
    """One field of a layer.

    `default` is what a version holds that leaves the field out; `unit` is the SI unit of a number;
    `minimum` bounds a number; `future` allows a date after today.
    """

    name: str
    kind: Kind
    label: Label
    required: bool = False
    words: type[StrEnum] | None = None
    default: object = None
    unit: str | None = None
    minimum: float | None = None
    future: bool = False


@dataclass(frozen=True)
class Layer:
    """One layer: its geometry, its own fields and the date that an unknown id's `valid_from` falls back to."""

    name: str
    geometry: Geometry
    label: Label
    own: tuple[Field, ...]
    dated_by: str | None = None
    fields: tuple[Field, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put the common fields around the layer's own."""
        object.__setattr__(self, "fields", (*COMMON[:2], *self.own, *COMMON[2:]))

    def field_named(self, name: str) -> Field:
        """Return the field of that name.

        Raises:
            KeyError: the layer has no such field.
        """
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all fields, in order."""
        return tuple(one.name for one in self.fields)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the fields without which a row is rejected."""
        return tuple(one.name for one in self.fields if one.required)


def _f(name: str, kind: Kind, en: str, az: str, ru: str, **more: object) -> Field:
    return Field(name, kind, Label(en, az, ru), **more)  # type: ignore[arg-type]


COMMON = (
    _f("id", Kind.text, "Id", "Kod", "Код", required=True),
    _f("valid_from", Kind.date, "Valid from", "Qüvvədədir", "Действует с", required=True),
    _f("withdrawn", Kind.boolean, "Withdrawn", "Geri götürülüb", "Отозвано", default=False),
    _f("note", Kind.text, "Note", "Qeyd", "Примечание"),
    _f("source", Kind.text, "Source", "Mənbə", "Источник"),
)

_DEVICES = _f("devices", Kind.word_list, "Devices", "Qurğular", "Устройства", words=words.Device, default=("unknown",))
_CHANGE = _f("change", Kind.word, "Reason of change", "Dəyişiklik səbəbi", "Причина изменения", words=words.Change)

_LAYERS = (
    Layer(
        "hazards",
        Geometry.polygon,
        Label("Hazardous areas", "Təhlükəli ərazilər", "Опасные районы"),
        (
            _f(
                "classification",
                Kind.word,
                "Class",
                "Təsnifat",
                "Класс",
                required=True,
                words=words.Classification,
            ),
            _f("opened_on", Kind.date, "First recorded", "İlk qeydiyyat", "Впервые записан", required=True),
            _f("status", Kind.word, "Status", "Status", "Статус", words=words.HazardStatus, default="open"),
            _CHANGE,
            _f(
                "keeps_released",
                Kind.boolean,
                "Keeps released ground",
                "Azad edilmiş qalır",
                "Остаётся освобождённым",
                default=False,
            ),
            _DEVICES,
            _f("evidence", Kind.text, "Evidence", "Sübut", "Свидетельства"),
            _f(
                "reported_area_m2",
                Kind.number,
                "Reported area",
                "Bildirilmiş sahə",
                "Заявленная площадь",
                unit="m2",
                minimum=0,
            ),
            _f(
                "positional_accuracy_m",
                Kind.number,
                "Positional accuracy",
                "Mövqe dəqiqliyi",
                "Точность положения",
                unit="m",
                minimum=0,
            ),
            _f(
                "estimated_geometry",
                Kind.boolean,
                "Estimated geometry",
                "Təxmini həndəsə",
                "Геометрия оценочная",
                default=False,
            ),
        ),
        dated_by="opened_on",
    ),
    Layer(
        "releases",
        Geometry.polygon,
        Label("Released land", "Azad edilmiş torpaq", "Освобождённая земля"),
        (
            _f("product", Kind.word, "Product", "Məhsul", "Продукт", required=True, words=words.Product),
            _f("completed_on", Kind.date, "Completed", "Tamamlanıb", "Завершено", required=True),
            _f(
                "qc_status",
                Kind.word,
                "Quality control",
                "Keyfiyyətə nəzarət",
                "Контроль качества",
                words=words.QcStatus,
            ),
            _f("qc_on", Kind.date, "Quality control on", "Nəzarət tarixi", "Дата контроля"),
            _f(
                "hazards",
                Kind.text_list,
                "Hazards answered",
                "Cavablanan təhlükələr",
                "Закрываемые районы",
                default=(),
            ),
            _f(
                "devices",
                Kind.word_list,
                "Devices answered",
                "Cavablanan qurğular",
                "Закрываемые устройства",
                words=words.Device,
                default=(),
            ),
            _CHANGE,
            _f("depth_cm", Kind.number, "Depth", "Dərinlik", "Глубина", unit="cm", minimum=0),
            _f("method", Kind.text, "Method", "Üsul", "Метод"),
            _f("organisation", Kind.text, "Organisation", "Təşkilat", "Организация"),
            _f("handed_over_on", Kind.date, "Handed over", "Təhvil verilib", "Передано"),
            _f("certificate", Kind.text, "Certificate", "Sertifikat", "Сертификат"),
        ),
        dated_by="completed_on",
    ),
    Layer(
        "surveys",
        Geometry.polygon,
        Label("Surveyed, no evidence found", "Tədqiq edilib, sübut yoxdur", "Обследовано, признаков нет"),
        (
            _f("surveyed_on", Kind.date, "Surveyed", "Tədqiq tarixi", "Обследовано", required=True),
            _f("method", Kind.text, "Method", "Üsul", "Метод"),
            _f("organisation", Kind.text, "Organisation", "Təşkilat", "Организация"),
        ),
        dated_by="surveyed_on",
    ),
    Layer(
        "incidents",
        Geometry.point,
        Label("Incidents and accidents", "Hadisələr və qəzalar", "Инциденты и несчастные случаи"),
        (
            _f("kind", Kind.word, "Kind", "Növ", "Вид", required=True, words=words.IncidentKind),
            _f("occurred_on", Kind.date, "Occurred", "Baş verib", "Произошло", required=True),
            _f("device", Kind.word, "Device", "Qurğu", "Устройство", words=words.Device),
            _f("killed", Kind.integer, "Killed", "Həlak olub", "Погибло", minimum=0),
            _f("injured", Kind.integer, "Injured", "Yaralanıb", "Ранено", minimum=0),
            _f("activity", Kind.text, "Activity", "Fəaliyyət", "Занятие"),
            _f(
                "location_accuracy_m",
                Kind.number,
                "Location accuracy",
                "Yer dəqiqliyi",
                "Точность места",
                unit="m",
                minimum=0,
            ),
        ),
        dated_by="occurred_on",
    ),
    Layer(
        "spots",
        Geometry.point,
        Label("Spots", "Nöqtələr", "Точки"),
        (
            _f("kind", Kind.word, "Kind", "Növ", "Вид", words=words.SpotKind),
            _f("found_on", Kind.date, "Found", "Tapılıb", "Найдено", required=True),
            _f("device", Kind.word, "Device", "Qurğu", "Устройство", words=words.Device),
            _f("quantity", Kind.integer, "Quantity", "Say", "Количество", minimum=0),
            _f("disposition", Kind.word, "Disposition", "Vəziyyət", "Состояние", words=words.Disposition),
        ),
        dated_by="found_on",
    ),
    Layer(
        "districts",
        Geometry.polygon,
        Label("Districts", "Rayonlar", "Районы"),
        (
            _f("name", Kind.text, "Name", "Ad", "Название", required=True),
            _f("aliases", Kind.text_list, "Other names", "Digər adlar", "Другие названия", default=()),
            _f("code", Kind.text, "Code", "İnzibati kod", "Административный код"),
        ),
    ),
    Layer(
        "settlements",
        Geometry.point_or_polygon,
        Label("Settlements", "Yaşayış məntəqələri", "Населённые пункты"),
        (
            _f("name", Kind.text, "Name", "Ad", "Название", required=True),
            _f("aliases", Kind.text_list, "Other names", "Digər adlar", "Другие названия", default=()),
            _f("kind", Kind.word, "Kind", "Növ", "Вид", words=words.SettlementKind),
            _f(
                "population_before",
                Kind.integer,
                "Population before",
                "Əvvəlki əhali",
                "Население до",
                minimum=0,
            ),
            _f(
                "returnees_planned",
                Kind.integer,
                "Return planned",
                "Planlaşdırılan qayıdış",
                "Планируемое возвращение",
                minimum=0,
            ),
            _f("returned", Kind.integer, "Returned", "Qayıdıb", "Вернулось", minimum=0),
        ),
    ),
    Layer(
        "roads",
        Geometry.line,
        Label("Roads", "Yollar", "Дороги"),
        (
            _f("class", Kind.text, "Class", "Sinif", "Класс"),
            _f("name", Kind.text, "Name", "Ad", "Название"),
            _f("surface", Kind.text, "Surface", "Örtük", "Покрытие"),
            _f("width_m", Kind.number, "Width", "En", "Ширина", unit="m", minimum=0),
            _f("oneway", Kind.boolean, "One way", "Birtərəfli", "Одностороннее", default=False),
            _f(
                "eo_status",
                Kind.word,
                "Explosive ordnance",
                "Partlayıcı sursat",
                "Взрывоопасные предметы",
                words=words.EoStatus,
                default="not_assessed",
            ),
            _f(
                "eo_width_m",
                Kind.number,
                "Verified width",
                "Yoxlanmış en",
                "Проверенная ширина",
                unit="m",
                minimum=0,
            ),
            _f("eo_as_of", Kind.date, "Verified on", "Yoxlanıb", "Проверено"),
            _f("expires_on", Kind.date, "Expires", "Bitir", "Истекает", future=True),
        ),
    ),
)

LAYERS: Mapping[str, Layer] = MappingProxyType({one.name: one for one in _LAYERS})

WORKED_OUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hazards": ("area_m2", "open_m2", "state"),
        "releases": ("in_effect", "handed_over"),
        "incidents": ("count",),
    }
)
"""Read-only columns of a layer's records, worked out from the ground; the public sees incidents as counts."""


def default_of(layer: Layer, name: str, values: Mapping[str, object]) -> object:
    """Return what `name` holds in a version that leaves it out, given the version's other values."""
    if layer.name == "releases" and name == "qc_status":
        pending = values.get("product") == words.Product.cleared
        return words.QcStatus.pending.value if pending else words.QcStatus.not_required.value
    return layer.field_named(name).default
