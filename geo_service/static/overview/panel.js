/* Cards and district table: the figures of the date, of a district or of all, and beside them those of the other date. */
import { change, given, state } from "./state.js";
import { date, km2, number, t } from "./words.js";

const { element } = window.clearway.tools;
const released = (row) => row.cleared + row.reduced + row.cancelled;
const share = (row) => (row.area_m2 ? `${number(100 * row.no_recorded_hazard / row.area_m2, 1)}` : "-");

/* Of these nothing is known on a date before the first record: a nought would read as none. */
const UNKNOWN = new Set(["card_cha", "card_sha", "card_cleared", "card_reduced", "card_cancelled", "card_pending", "card_open", "card_incidents"]);
const CARDS = [
  ["card_cha", (row) => [km2(row.CHA), t("unit_km2")], "cw-cha"],
  ["card_sha", (row) => [km2(row.SHA), t("unit_km2")], "cw-sha"],
  ["card_cleared", (row) => [km2(row.cleared), t("unit_km2")]],
  ["card_reduced", (row) => [km2(row.reduced), t("unit_km2")]],
  ["card_cancelled", (row) => [km2(row.cancelled), t("unit_km2")]],
  ["card_pending", (row) => [km2(row.pending_qc_m2), t("unit_km2")]],
  ["card_open", (row, all) => [number(row.hazards_open), row === all.total ? t("of", { number: number(all.hazards) }) : ""]],
  ["card_unassessed", (row) => [share(row), "%"]],
  ["card_incidents", (row, all) => (row === all.total && all.incidents_12_months !== null ? [number(all.incidents_12_months), ""] : null)],
  ["card_age", (row, all) => (row === all.total && all.newest ? age(all) : null)],
];
function age(all) {
  const days = Math.round((Date.parse(all.as_of) - Date.parse(all.newest)) / 864e5);
  return [number(days), t("days", { date: date(all.newest) })];
}
const COLUMNS = [
  ["column_district", (row) => row.district || t("outside"), (row) => row.district || t("outside")],
  ["column_cha", (row) => row.CHA],
  ["column_sha", (row) => row.SHA],
  ["column_released", released],
  ["column_unassessed", (row) => row.no_recorded_hazard],
  ["column_open", (row) => row.hazards_open],
];
let order = { column: 1, down: true };

const rowOf = (all) => (state.district && all.rows.find((one) => one.id === state.district)) || all.total;

export function showCards(all, other) {
  const box = document.getElementById("cards");
  const row = rowOf(all), then = other && rowOf(other);
  const said = (key, figure, one, of) => (of.coverage_gap && UNKNOWN.has(key) && figure(one, of) ? [t("not_known"), ""] : figure(one, of));
  box.replaceChildren(...CARDS.flatMap(([key, figure, kind]) => {
    const found = said(key, figure, row, all);
    if (!found) return [];
    const card = element("div", undefined, `cw-card ${kind || ""}`);
    card.append(element("span", t(key)), element("b", found[0]), element("i", found[1]));
    const before = then && said(key, figure, then, other);
    if (before) card.append(element("em", `${date(other.as_of)}: ${before[0]}`));
    return [card];
  }));
  const chosen = document.getElementById("chosen");
  chosen.hidden = row === all.total;
  chosen.firstElementChild.textContent = row === all.total ? "" : t("figures_of", { district: row.district });
}

export function showTable(all, look) {
  const table = document.getElementById("districts");
  const [, value] = COLUMNS[order.column];
  const rows = [...all.rows].sort((one, two) => {
    const [a, b] = [value(one), value(two)];
    const by = typeof a === "number" ? a - b : String(a).localeCompare(String(b), given.language);
    return (order.down ? -by : by) || String(one.district).localeCompare(String(two.district), given.language);
  });
  const head = element("tr");
  for (const [place, [key]] of COLUMNS.entries()) {
    const cell = element("th"), button = element("button", t(key));
    cell.scope = "col";
    cell.setAttribute("aria-sort", place !== order.column ? "none" : order.down ? "descending" : "ascending");
    button.type = "button";
    button.dataset.column = String(place);
    button.append(element("span", place !== order.column ? "" : order.down ? " ▾" : " ▴"));
    button.lastElementChild.setAttribute("aria-hidden", "true");
    button.addEventListener("click", () => {
      order = { column: place, down: place === order.column ? !order.down : place > 0 };
      showTable(all, look);
      document.querySelector(`#districts [data-column="${place}"]`).focus();
    });
    cell.append(button);
    head.append(cell);
  }
  const line = (row, first) => {
    const made = element("tr");
    made.append(first);
    for (const [, figure] of COLUMNS.slice(1)) made.append(element("td", number(figure(row))));
    return made;
  };
  const heading = (...inner) => {
    const cell = element("th");
    cell.scope = "row";
    cell.append(...inner);
    return cell;
  };
  const body = element("tbody");
  for (const row of rows) {
    if (!row.at) {
      body.append(line(row, heading(row.district || t("outside"))));
      continue;
    }
    const button = element("button", row.district);
    button.type = "button";
    button.setAttribute("aria-pressed", String(row.id === state.district));
    button.addEventListener("click", () => look(row));
    const made = line(row, heading(button));
    made.className = row.id === state.district ? "cw-chosen" : "";
    body.append(made);
  }
  const top = element("thead"), foot = element("tfoot"), caption = element("caption", t("table_caption", { date: date(all.as_of) }));
  top.append(head);
  foot.append(line(all.total, heading(t("all"))));
  table.replaceChildren(caption, top, body, foot);
}

export function showTimes(all) {
  document.getElementById("when").textContent = t("when", { date: date(all.as_of), known: all.known_at.slice(0, 16).replace("T", " "), revision: all.revision });
  document.getElementById("notice").textContent = all.notice;
  document.getElementById("gap").hidden = !all.coverage_gap;
  document.getElementById("unproven").hidden = all.certificate_passed;
  document.title = `${given.synthetic ? "SYNTHETIC - " : ""}Clearway, ${all.as_of}`;
}

export function trouble(text) {
  const box = document.getElementById("trouble");
  box.textContent = text;
  box.hidden = !text;
}

document.getElementById("unchoose").addEventListener("click", () => change({ district: "" }));
