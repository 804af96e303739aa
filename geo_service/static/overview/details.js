/* What lies at a place, in a popup; and the records in view, as a list for keyboards and screen readers. */
import { ask, given, state, times } from "./state.js";
import { area, date, fieldName, layerName, metres, number, t, word } from "./words.js";

const { L } = window;
const { element } = window.clearway.tools;
const MOST_LISTED = 60, MOST_AT_ONCE = 8;
const LISTED = ["hazards", "incidents", "spots", "settlements", "releases", "surveys"];
const UNTOLD = new Set(["id", "extra"]);

function told(name, value) {
  if (Array.isArray(value)) return value.map(word).join(", ");
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value === "number") return name.endsWith("_m2") ? area(value) : name.endsWith("_m") ? metres(value) : name.endsWith("_cm") ? `${number(value)} ${t("unit_cm")}` : number(value, 1);
  if (value && typeof value === "object") return JSON.stringify(value);
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return date(value);
  return word(value);
}

function table(layer, id, properties) {
  const box = element("div", undefined, "cw-record"), made = element("table");
  box.append(element("h3", `${layerName(layer)}: ${id}`));
  for (const [name, value] of Object.entries(properties)) {
    if (UNTOLD.has(name) || value === null || value === "" || value === false || (Array.isArray(value) && !value.length)) continue;
    const row = element("tr"), head = element("th", fieldName(layer, name));
    head.scope = "row";
    row.append(head, element("td", told(name, value)));
    made.append(row);
  }
  for (const [name, value] of Object.entries(properties.extra || {})) {
    const row = element("tr"), head = element("th", name);
    head.scope = "row";
    row.append(head, element("td", told(name, value)));
    made.append(row);
  }
  box.append(made);
  return box;
}

/* What the map itself says of the place, beside the record: the evidence of a road where it was clicked. */
const MAPPED = ["evidence", "expired"];
const mapped = (layer, properties) => (layer === "roads" ? Object.fromEntries(MAPPED.map((one) => [one, properties[one]])) : {});

async function record(layer, id, asOf, more = {}) {
  // A slash in an id would part an address, however it is written there: such a record is filtered for.
  if (!id.includes("/")) return table(layer, id, { ...(await ask(`/collections/${layer}/items/${encodeURIComponent(id)}?${times(asOf)}&f=json`)).properties, ...more });
  const query = new URLSearchParams({ "filter-lang": "cql2-text", filter: `id = '${id.replaceAll("'", "''")}'`, limit: "1", f: "json" });
  const { features } = await ask(`/collections/${layer}/items?${times(asOf)}&${query}`);
  return table(layer, id, { ...features[0].properties, ...more });
}

function counts(layer, p) {
  const box = element("div", undefined, "cw-record");
  box.append(element("h3", `${layerName(layer)}: ${number(p.count)}`));
  if (p.cha + p.sha > 0) box.append(element("p", t("cell_text", { cha: area(p.cha), sha: area(p.sha) })));
  box.append(element("p", t("cell_closer")));
  return box;
}

/* Opens the records at a place. */
export async function openAt(dated, latlng, shapes) {
  if (!shapes.length) return;
  const box = element("div", undefined, "cw-popup");
  box.setAttribute("role", "status");
  box.append(element("p", t("loading")));
  const size = dated.map.getSize();
  L.popup({ maxWidth: Math.min(420, size.x - 110), maxHeight: Math.min(320, size.y - 120), autoPanPaddingTopLeft: [52, 10] }).setLatLng(latlng).setContent(box).openOn(dated.map);
  const parts = await Promise.all(shapes.slice(0, MOST_AT_ONCE).map(({ layer, properties }) => (
    properties.cell ? counts(layer, properties)
      : properties.id === undefined ? element("p", layerName(layer))
        : record(layer, properties.id, dated.date, mapped(layer, properties)).catch((error) => element("p", `${properties.id}: ${error.message}`))
  )));
  if (shapes.length > MOST_AT_ONCE) parts.push(element("p", t("more_here", { number: number(shapes.length - MOST_AT_ONCE) })));
  box.replaceChildren(...parts);
  const popup = dated.map._popup;
  if (popup) popup.update();
}

/* Lists what the map shows now; a line opens its record. */
export function listView(dated) {
  const list = document.getElementById("view"), say = document.getElementById("view-told");
  const { number: there, records } = dated.tiles.inView(LISTED, MOST_LISTED);
  const cells = records.length && records[0].properties.cell;
  say.textContent = cells ? t("view_cells", { number: number(dated.tiles.counted()) })
    : there > MOST_LISTED ? t("view_some", { number: number(there), shown: number(MOST_LISTED) })
      : t("view_all", { number: number(there) });
  const focused = document.activeElement && list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  list.replaceChildren(...(cells ? [] : records).map((one) => {
    const { layer, properties, at } = one, line = element("li"), button = element("button");
    button.type = "button";
    button.dataset.key = `${layer}|${properties.id}`;
    const kind = [properties.classification, properties.product, properties.kind].filter(Boolean).map(word).join(", ");
    button.textContent = `${properties.name || properties.id} - ${layerName(layer)}${kind ? `, ${kind}` : ""}`;
    button.addEventListener("click", () => {
      if (!dated.map.getBounds().contains(at)) dated.map.panTo(at, { animate: false });
      openAt(dated, at, [one]);
    });
    line.append(button);
    return line;
  }));
  const again = focused && [...list.querySelectorAll("button")].find((one) => one.dataset.key === focused);
  if (again) again.focus({ preventScroll: true });
}

export { record };
