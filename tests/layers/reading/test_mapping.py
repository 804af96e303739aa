"""Columns and words of strangers: taken only where they can mean one thing, always shown, always overruled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_cases import HAZARD, codes, feature, judge

from layers import reading
from layers.definitions import LAYERS, Kind
from layers.reading.synonyms import names_of, word_of

RELEASE = {"product": "cleared", "completed_on": "2020-05-01"}


@pytest.mark.parametrize(
    ("row", "mapping"),
    [
        ({"Hazard ID": "A", "Hazard Type": "SHA", "Date opened": "2020-01-02"},
         {"id": "Hazard ID", "classification": "Hazard Type", "opened_on": "Date opened"}),
        ({"Kod": "A", "Sinif": "şübhəli", "Qeydiyyat tarixi": "02.01.2020", "Sahə (ha)": 86.6},
         {"id": "Kod", "classification": "Sinif", "opened_on": "Qeydiyyat tarixi", "reported_area_m2": "Sahə (ha)"}),
        ({"КОД": "A", "Тип района": "Подозрительный", "Дата выявления": "02.01.2020", "Тип мин": "ППМ;ПТМ"},
         {"id": "КОД", "classification": "Тип района", "opened_on": "Дата выявления", "devices": "Тип мин"}),
        ({"id": "A", "xyz": "Suspected Minefield", "opened_on": "2020-01-02"}, {"classification": "xyz"}),
    ],
)  # fmt: skip
def test_columns_are_found_in_three_languages_and_shown(row, mapping):
    verdict = judge([feature(**row)])
    assert verdict.accepted == 1
    assert mapping.items() <= verdict.mapping.items()
    shown = [one.message for one in verdict.problems if one.code == "column_mapped"]
    assert all(any(line.startswith(f"{field} <- {column} (") for line in shown) for field, column in mapping.items())
    assert str(verdict.versions["opened_on"].iloc[0])[:10] == "2020-01-02"
    assert verdict.versions["classification"].tolist() == ["SHA"]


def test_an_exact_name_always_wins():
    verdict = judge([feature(id="A", **HAZARD, **{"Hazard Type": "CHA"})])
    assert verdict.versions["classification"].tolist() == ["SHA"]
    assert verdict.mapping["classification"] == "classification"


def test_a_mapping_overrules_a_guess():
    row = feature(id="A", **{"Hazard Type": "SHA", "other": "CHA"}, opened_on="2020-01-01")
    assert judge([row], mapping={"classification": "other"}).versions["classification"].tolist() == ["CHA"]
    with pytest.raises(reading.Question):
        judge([feature(id="A", **{"Hazard Type": "SHA", "Sinif": "SHA"}, opened_on="2020-01-01")])


def test_a_required_field_in_several_columns_is_asked_about_and_answered():
    row = feature(id="A", **{"Survey date": "2020-01-01", "Date reported": "2020-02-01", "class": "SHA"})
    with pytest.raises(reading.Question) as asked:
        judge([row])
    assert asked.value.code == "column.opened_on"
    assert set(asked.value.choices) == {"Survey date", "Date reported", "none of them"}
    verdict = judge([row], answers={"column.opened_on": "Date reported"})
    assert str(verdict.versions["opened_on"].iloc[0])[:10] == "2020-02-01"
    nowhere = judge([row], answers={"column.opened_on": "none of them"})
    assert codes(nowhere) == ["missing_field"]


def test_what_is_set_for_the_load_is_not_guessed():
    verdict = judge([feature(id="A", **{"Hazard Type": "CHA"})], set_values=HAZARD)
    assert verdict.versions["classification"].tolist() == ["SHA"]


def test_a_column_whose_values_do_not_fit_is_left():
    verdict = judge([feature(id="A", **HAZARD, area="near the school", comment="x")])
    assert "reported_area_m2" not in verdict.mapping
    assert verdict.mapping["note"] == "comment"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AP;AV", ["AP_mine", "AV_mine"]),
        ("AP, AT", ["AP_mine", "AV_mine"]),
        ("ППМ и ПТМ", ["AP_mine", "AV_mine"]),
        ("piyada əleyhinə mina", ["AP_mine"]),
        ("Unexploded ordnance", ["UXO"]),
        ("booby-trap", ["booby_trap"]),
    ],
)
def test_words_of_strangers_are_repairs_and_shown(text, words):
    verdict = judge([feature(id="A", devices=text, **HAZARD)])
    assert verdict.versions["devices"].tolist() == [words]
    assert "read_devices" in codes(verdict, "repair")
    assert "word_mapped" in codes(verdict, "notice")


def test_a_word_can_be_answered_and_an_unknown_one_is_rejected():
    row = feature(id="A", **(HAZARD | {"classification": "polygon type 3"}))
    assert codes(judge([row])) == ["bad_classification"]
    for answers in (
        {"words": {"classification": {"Polygon type 3": "CHA"}}},
        {"word.classification.polygon type 3": "CHA"},
    ):
        verdict = judge([row], answers=answers)
        assert verdict.versions["classification"].tolist() == ["CHA"]
        assert verdict.words == {"classification": {"polygon type 3": "CHA"}}
    with pytest.raises(reading.Question):
        judge([row], answers={"words": {"classification": {"polygon type 3": "RED"}}})


@pytest.mark.parametrize(
    ("answer", "status", "rejected"),
    [("withdrawn", "withdrawn", 0), ("cleared", "open", 0), ("cancelled", "open", 0), ("reject", None, 1)],
)
def test_closed_is_asked_about_and_only_a_release_closes_ground(answer, status, rejected):
    row = feature(id="A", status="Закрыт", **HAZARD)
    with pytest.raises(reading.Question) as asked:
        judge([row])
    assert asked.value.code == "status_closed"
    verdict = judge([row], answers={"status_closed": answer})
    assert verdict.rejected == rejected
    assert verdict.versions["status"].tolist() == ([status] if status else [])


@pytest.mark.parametrize(
    ("dates", "answers", "first"),
    [
        (["01.02.2020", "03.04.2020"], {}, "2020-02-01"),
        (["01/02/2020", "13/02/2020"], {}, "2020-02-01"),
        (["01/02/2020", "02/13/2020"], {}, "2020-01-02"),
        (["01/02/2020", "03/04/2020"], {"date_order": "day_first"}, "2020-02-01"),
        (["01/02/2020", "03/04/2020"], {"date_order": "month_first"}, "2020-01-02"),
    ],
)
def test_dates_are_read_as_their_column_tells_or_as_answered(dates, answers, first):
    rows = [feature(id=f"R{k}", **(HAZARD | {"opened_on": one})) for k, one in enumerate(dates)]
    verdict = judge(rows, answers=answers)
    assert str(verdict.versions["opened_on"].iloc[0])[:10] == first
    assert codes(verdict, "repair") == ["read_opened_on"] * 2


def test_dates_that_may_be_two_are_asked_about():
    with pytest.raises(reading.Question) as asked:
        judge([feature(id="A", **(HAZARD | {"opened_on": "01/02/2020"}))])
    assert (asked.value.code, asked.value.choices) == ("date_order", ("day_first", "month_first"))


def test_a_decimal_comma_is_read_when_it_was_answered():
    row = feature(id="A", positional_accuracy_m="12,5", **HAZARD)
    assert codes(judge([row])) == ["bad_positional_accuracy_m"]
    verdict = judge([row], answers={"decimal_comma": "yes"})
    assert verdict.versions["positional_accuracy_m"].tolist() == [12.5]


@pytest.mark.parametrize("answers", [{"colour": "red"}, {"swap_axes": "perhaps"}, {"words": "x"}])
def test_answers_to_nothing_are_refused(answers):
    with pytest.raises(reading.Question):
        judge([feature(id="A", **HAZARD)], answers=answers)


def test_no_name_stands_for_two_fields_of_a_layer():
    for layer in LAYERS.values():
        names: dict[str, str] = {}
        for field in layer.fields:
            for name in names_of(layer, field.name) & names.keys():
                assert {names[name], field.name} == {"id", "code"}, (layer.name, name)
            names |= dict.fromkeys(names_of(layer, field.name), field.name)


def test_no_text_means_two_words_of_a_kind():
    for layer in LAYERS.values():
        for field in layer.fields:
            if field.kind in {Kind.word, Kind.word_list}:
                assert all(word_of(field.words, word.value) == word.value for word in field.words)


@given(st.dictionaries(st.sampled_from(["Hazard Type", "Date opened", "area", "x", "note", "Kod", "status"]), st.sampled_from(["SHA", "2020-01-01", "5", "", "open", "closed", None]), max_size=6))  # fmt: skip
def test_guessing_never_takes_a_column_twice(row):
    try:
        verdict = judge([feature(**row)])
    except reading.Question:
        return
    assert len(set(verdict.mapping.values())) == len(verdict.mapping)
