"""What strangers call our fields and words: English, Azerbaijani, Russian, and the abbreviations of the field.

Names are compared in small letters, their words parted by one space. A name may stand under one field of a layer only:
what could mean two things is left out, so that it is asked and not guessed.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from layers import vocabulary as words
from layers.definitions import Layer
from layers.reading.naming import simple

_ANY: dict[str, tuple[str, ...]] = {
    "id": ("hazard id", "area id", "polygon id", "imsma id", "record id", "ha id", "sha id", "cha id", "hazard no", "report id",
           "task id", "reference no", "ref no", "unique id", "код", "kod", "идентификатор", "qeydiyyat nömrəsi"),
    "note": ("notes", "remark", "remarks", "comment", "comments", "примечания", "комментарий", "qeydlər", "şərh"),
    "source": ("data source", "information source", "источник данных", "məlumat mənbəyi"),
    "devices": ("device", "device type", "device types", "ordnance", "ordnance type", "eo type", "munition", "munition type",
                "mine type", "mine types", "type of device", "тип мин", "вид боеприпасов", "тип боеприпаса", "взрывоопасные предметы",
                "mina növü", "qurğu növü", "sursat növü"),
    "organisation": ("organization", "operator", "agency", "implementing partner", "org", "организация", "исполнитель", "qurum", "təşkilat"),
    "method": ("methodology", "technique", "метод", "способ", "metod", "üsul"),
}  # fmt: skip

_OWN: dict[str, dict[str, tuple[str, ...]]] = {
    "hazards": {
        "classification": ("class", "hazard class", "hazard type", "ha type", "area type", "hazard classification", "type of area",
                           "тип района", "класс опасности", "тип", "классификация", "təhlükə növü", "sinif", "ərazi növü"),
        "opened_on": ("date opened", "open date", "opened", "first recorded", "first recorded on", "date recorded", "recorded on",
                      "date of identification", "identified on", "date of survey", "survey date", "date reported", "reported on",
                      "дата регистрации", "дата выявления", "дата обнаружения", "qeydiyyat tarixi", "aşkar tarixi"),
        "status": ("ha status", "hazard status", "current status", "состояние", "vəziyyət", "vəziyyəti"),
        "reported_area_m2": ("area", "reported area", "area size", "size", "hazard area", "площадь", "заявленная площадь", "sahə", "sahəsi"),
        "evidence": ("evidence type", "основание", "признаки", "sübutlar"),
        "positional_accuracy_m": ("accuracy", "accuracy m", "gps accuracy", "gps accuracy m", "точность", "dəqiqlik"),
    },
    "releases": {
        "product": ("release type", "land release", "land release type", "release method", "release product", "release", "вид освобождения",
                    "способ освобождения", "azad etmə növü"),
        "completed_on": ("date completed", "completion date", "completed", "end date", "date of completion", "clearance date", "release date",
                         "дата завершения", "дата окончания", "bitmə tarixi", "tamamlanma tarixi"),
        "qc_status": ("qc", "qc result", "quality control", "контроль качества", "keyfiyyətə nəzarət"),
        "qc_on": ("qc date", "date of qc", "дата контроля", "nəzarət tarixi"),
        "hazards": ("hazard ids", "hazard id s", "answers hazards", "related hazards"),
        "depth_cm": ("depth", "clearance depth", "clearance depth cm", "глубина", "глубина см", "dərinlik", "dərinlik sm"),
        "handed_over_on": ("handover date", "hand over date", "handed over", "date handed over", "дата передачи", "təhvil tarixi"),
        "certificate": ("certificate no", "certificate number", "handover certificate", "номер сертификата", "sertifikat nömrəsi"),
    },
    "surveys": {
        "surveyed_on": ("survey date", "date of survey", "date surveyed", "surveyed", "дата обследования", "tədqiqat tarixi"),
    },
    "incidents": {
        "kind": ("incident type", "type of incident", "event type", "accident or incident", "вид происшествия", "hadisə növü"),
        "occurred_on": ("date", "incident date", "accident date", "date of incident", "date of accident", "event date", "date occurred",
                        "дата", "дата происшествия", "tarix", "hadisə tarixi"),
        "device": ("device type", "ordnance", "eo type", "mine type", "type of device", "тип боеприпаса", "mina növü", "qurğu növü"),
        "killed": ("deaths", "dead", "died", "fatalities", "fatal", "kia", "number killed", "no killed", "погибло", "погибшие", "убито",
                   "погибших", "həlak olanlar", "ölənlər"),
        "injured": ("wounded", "wia", "injuries", "number injured", "no injured", "ранено", "раненые", "раненых", "yaralananlar", "yaralılar"),
        "activity": ("activity at time", "victim activity", "деятельность", "fəaliyyət"),
        "location_accuracy_m": ("accuracy", "accuracy m", "location accuracy", "gps accuracy", "gps accuracy m", "location precision m",
                                "точность", "dəqiqlik"),
    },
    "spots": {
        "kind": ("spot type", "type of spot", "вид точки", "nöqtə növü"),
        "found_on": ("date", "date found", "found", "report date", "дата", "дата обнаружения", "tarix", "tapılma tarixi"),
        "device": ("device type", "ordnance", "eo type", "item type", "тип боеприпаса", "sursat növü"),
        "quantity": ("number", "count", "qty", "no of items", "количество", "sayı"),
        "disposition": ("disposal", "status", "action taken", "состояние", "tədbir"),
    },
    "districts": {
        "name": ("district", "district name", "adm2 en", "adm2 name", "район", "название района", "rayon", "rayon adı"),
        "code": ("district code", "adm2 pcode", "pcode", "код", "kod"),
        "aliases": ("other names", "alternate names", "alternatenames"),
    },
    "settlements": {
        "name": ("settlement", "settlement name", "village", "village name", "place name", "населённый пункт", "населенный пункт", "село",
                 "kənd", "yaşayış məntəqəsi"),
        "aliases": ("other names", "alternate names", "alternatenames", "другие названия", "digər adlar"),
        "population_before": ("population", "pop", "население", "əhali"),
    },
    "roads": {
        "class": ("highway", "road class", "fclass", "road type", "класс дороги", "yol sinfi"),
        "name": ("road name", "street", "название дороги", "yolun adı"),
        "width_m": ("width", "road width", "ширина", "en"),
        "eo_status": ("eo clearance status", "road status"),
    },
}  # fmt: skip

UNITS: Mapping[str, str] = MappingProxyType({
    "m2": "m2", "m²": "m2", "sqm": "m2", "sq m": "m2", "м2": "m2", "м²": "m2", "кв м": "m2", "kv m": "m2",
    "ha": "ha", "hectares": "ha", "hectare": "ha", "га": "ha", "hektar": "ha",
    "km2": "km2", "km²": "km2", "sq km": "km2", "sqkm": "km2", "км2": "km2", "км²": "km2", "кв км": "km2", "kv km": "km2",
})  # fmt: skip
"""What stands behind the name of a column of areas."""

TOTAL = ("total", "total victims", "victims", "casualties", "total casualties", "number of victims", "всего", "итого", "всего пострадавших",
         "пострадавшие", "cəmi", "zərərçəkənlər")  # fmt: skip
"""Columns that count the killed and the injured together."""

CLOSED = ("closed", "закрыт", "закрыта", "закрыто", "bağlı", "bağlanıb", "bağlanmış")
"""Statuses that do not say how the ground was released."""

_WORDS: dict[type[StrEnum], dict[StrEnum, tuple[str, ...]]] = {
    words.Classification: {
        words.Classification.SHA: ("suspected", "suspected hazardous area", "suspected hazard", "suspected minefield", "suspected mined area",
            "suspect area", "suspected area", "пор", "подозрительный", "предполагаемый", "подозреваемый опасный район", "подозрительный район",
            "şübhəli", "şübhəli təhlükəli ərazi", "ştə"),
        words.Classification.CHA: ("confirmed", "confirmed hazardous area", "confirmed hazard", "confirmed minefield", "confirmed mined area",
            "defined hazardous area", "подтверждённый", "подтвержденный", "подтверждённый опасный район", "подтвержденный опасный район",
            "təsdiqlənmiş", "təsdiq edilmiş", "təsdiqlənmiş təhlükəli ərazi", "ttə"),
    },
    words.HazardStatus: {
        words.HazardStatus.open: ("opened", "active", "открыт", "открыта", "открыто", "действующий", "açıq"),
        words.HazardStatus.worked_on: ("ongoing", "in progress", "under clearance", "work in progress", "being cleared", "в работе", "ведутся работы",
            "işlənir", "işlər davam edir"),
        words.HazardStatus.suspended: ("on hold", "paused", "приостановлен", "приостановлено", "dayandırılıb"),
        words.HazardStatus.withdrawn: ("deleted", "void", "отозван", "отозвано", "аннулирован", "geri götürülüb", "ləğv edilib"),
    },
    words.Product: {
        words.Product.cancelled: ("canceled", "cancellation", "nts", "cancelled through nts", "cancelled by nts", "отменено", "отменён", "аннулировано",
            "ləğv edilib"),
        words.Product.reduced: ("reduction", "reduced through ts", "reduced by ts", "сокращено", "сокращён", "уменьшено", "azaldılıb", "ixtisar edilib"),
        words.Product.cleared: ("clearance", "cleared through clearance", "demined", "очищено", "разминировано", "очищена", "təmizlənib",
            "təmizlənmiş", "minadan təmizlənib"),
    },
    words.QcStatus: {
        words.QcStatus.not_required: ("not required", "n a", "не требуется", "tələb olunmur"),
        words.QcStatus.pending: ("awaiting", "waiting", "ожидается", "gözlənilir"),
        words.QcStatus.passed: ("pass", "accepted", "ok", "пройден", "принято", "keçib", "qəbul edilib"),
        words.QcStatus.failed: ("fail", "not accepted", "не пройден", "не принято", "keçməyib"),
    },
    words.Device: {
        words.Device.AP_mine: ("ap", "apm", "ap mine", "ap mines", "apl", "anti personnel", "anti personnel mine", "antipersonnel mine", "anti personnel mines",
            "antipersonnel mines", "ппм", "противопехотная", "противопехотная мина", "противопехотные мины", "piyada əleyhinə",
            "piyada əleyhinə mina", "pəm"),
        words.Device.AV_mine: ("av", "avm", "at", "atm", "av mine", "at mine", "av mines", "at mines", "anti vehicle", "anti vehicle mine", "anti tank",
            "anti tank mine", "antitank mine", "anti tank mines", "птм", "противотанковая", "противотанковая мина", "противотанковые мины",
            "tank əleyhinə", "tank əleyhinə mina", "təm"),
        words.Device.cluster_munition_remnant: ("cmr", "cluster", "cluster munition", "cluster munitions", "cluster munition remnants", "submunition",
            "submunitions", "bomblet", "bomblets", "кассетный боеприпас", "кассетные боеприпасы", "суббоеприпас", "kaset", "kaset sursatı", "kaset bombası"),
        words.Device.UXO: ("unexploded ordnance", "нрб", "неразорвавшийся боеприпас", "неразорвавшиеся боеприпасы", "phs", "partlamamış hərbi sursat"),
        words.Device.AXO: ("abandoned ordnance", "abandoned explosive ordnance", "брошенные боеприпасы", "брошенный боеприпас", "atılmış sursat"),
        words.Device.booby_trap: ("booby trap", "booby traps", "boobytrap", "мина ловушка", "мины ловушки", "ловушка", "tələ", "tələ mina"),
        words.Device.IED: ("improvised explosive device", "improvised explosive devices", "сву", "самодельное взрывное устройство", "əpq"),
        words.Device.other: ("others", "другое", "прочее", "digər"),
        words.Device.unknown: ("not known", "unk", "неизвестно", "неизвестный", "naməlum", "məlum deyil"),
    },
    words.IncidentKind: {
        words.IncidentKind.accident: ("mine accident", "несчастный случай", "подрыв", "qəza"),
        words.IncidentKind.incident: ("mine incident", "инцидент", "hadisə"),
    },
    words.SpotKind: {
        words.SpotKind.item: ("single item", "item found", "предмет", "əşya"),
        words.SpotKind.strike: ("strike point", "cluster strike", "удар", "zərbə"),
        words.SpotKind.indication: ("report", "indicated", "указание", "göstəriş"),
    },
    words.Disposition: {
        words.Disposition.in_place: ("in situ", "left in place", "in place", "на месте", "yerində"),
        words.Disposition.removed: ("taken away", "вывезено", "изъято", "götürülüb"),
        words.Disposition.destroyed: ("demolished", "blown in place", "bip", "disposed", "уничтожено", "уничтожен", "məhv edilib"),
    },
    words.Change: {
        words.Change.survey: ("resurvey", "new information", "обследование", "tədqiqat"),
        words.Change.correction: ("corrected", "fix", "исправление", "düzəliş"),
    },
    words.EoStatus: {
        words.EoStatus.not_assessed: ("not assessed", "unknown", "не оценено", "qiymətləndirilməyib"),
        words.EoStatus.verified: ("проверено", "yoxlanılıb"),
        words.EoStatus.cleared: ("очищено", "təmizlənib"),
        words.EoStatus.restricted: ("ограничено", "məhdud"),
        words.EoStatus.closed: ("закрыто", "bağlı"),
    },
    words.SettlementKind: {
        words.SettlementKind.home: ("village", "town", "село", "kənd"),
        words.SettlementKind.displacement_site: ("camp", "idp site", "idp camp", "лагерь", "düşərgə"),
    },
}  # fmt: skip


def names_of(layer: Layer, field: str) -> frozenset[str]:
    """Return what a field of a layer may be called, its labels among them."""
    label = layer.field_named(field).label
    own = (*_ANY.get(field, ()), *_OWN.get(layer.name, {}).get(field, ()))
    return frozenset(simple(one) for one in (field, label.en, label.az, label.ru, *own))


@cache
def _texts(kind: type[StrEnum]) -> dict[str, str]:
    known = _WORDS.get(kind, {})
    return {simple(text): word.value for word in kind for text in (word.value, *known.get(word, ()))}


def word_of(kind: type[StrEnum], text: str) -> str | None:
    """Return the word that a text means; None where it means none that is known."""
    return _texts(kind).get(simple(text))


def is_closed(text: str) -> bool:
    """Say whether a status says that a hazard is closed, and not how."""
    return simple(text) in CLOSED


def unit_of(column: str) -> str | None:
    """Return the unit that the name of a column of areas ends in; None where it names none."""
    name = simple(column)
    return next((unit for text, unit in UNITS.items() if name.endswith(f" {text}")), None)


def without_unit(column: str) -> str:
    """Return a column's simple name without the unit at its end."""
    name = simple(column)
    end = next((text for text in sorted(UNITS, key=len, reverse=True) if name.endswith(f" {text}")), "")
    return name.removesuffix(end).strip()
