/* The page of access: settlements on the map and in a table that sorts, and the plan of what to clear first. */
import { given } from "../overview/state.js";
import { begin, go, trouble } from "./ground.js";
import { placeField } from "./place.js";
import { planning } from "./plan.js";
import { sign } from "./signs.js";

const { L } = window;
const { map } = window.clearway;
const marks = new Map();
const table = document.getElementById("settlements");

function choose(id) {
  for (const [other, mark] of marks) if (mark.getElement()) mark.getElement().classList.toggle("cw-chosen-mark", other === id);
  for (const row of table ? table.tBodies[0].rows : []) row.classList.toggle("cw-chosen", row.dataset.settlement === id);
}
function place(one, kind, colour) {
  const icon = L.divIcon({ html: sign(kind, colour), className: "cw-settle", iconSize: [22, 22] });
  const mark = L.marker([one.at[1], one.at[0]], { icon, keyboard: false, title: one.said || one.name, alt: one.said || one.name, riseOnHover: true, zIndexOffset: kind === "no_go" ? 500 : kind === "site" ? 800 : 0 }).addTo(map);
  mark.on("click", () => {
    choose(one.id);
    const row = table && [...table.tBodies[0].rows].find((line) => line.dataset.settlement === one.id && !line.hidden);
    if (row) row.scrollIntoView({ block: "center" });
  });
  return mark;
}

/* Sorting: numbers by size, names by the language; what has no figure stands last either way. */
function sort(button) {
  const head = button.closest("th"), key = `by${button.dataset.sort[0].toUpperCase()}${button.dataset.sort.slice(1)}`;
  const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1, words = button.dataset.sort === "name";
  for (const other of head.parentElement.children) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", other === head ? (turn > 0 ? "ascending" : "descending") : "none");
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, two) => {
    const a = one.dataset[key], b = two.dataset[key];
    if (!a !== !b) return a ? -1 : 1;
    return turn * (words ? a.localeCompare(b, given.language) : Number(a) - Number(b));
  });
  table.tBodies[0].replaceChildren(...rows);
}
function filter(kind) {
  for (const row of table.tBodies[0].rows) row.hidden = (kind === "barred" && row.dataset.barred !== "1") || (kind === "waiting" && !(Number(row.dataset.byWaiting) > 0));
}

async function start() {
  for (const line of document.querySelectorAll("[data-sign]")) line.prepend(sign(line.dataset.sign, line.dataset.sign === "no_go" || line.dataset.sign === "site" ? "#FFFFFF" : "#CBD2D9"));
  const ground = await begin(() => false);
  for (const one of given.settlements) marks.set(one.id, place(one, one.verdict, one.colour));
  for (const one of given.sites) marks.set(one.id, place(one, "site", "#FFFFFF"));
  // From afar a sign larger than the ground it stands on would hide what lies there.
  const size = () => map.getContainer().style.setProperty("--settle", map.getZoom() >= 12 ? "22px" : map.getZoom() >= 10.5 ? "17px" : "13px");
  map.on("zoomend", size);
  size();
  function settle(id) {
    const mark = marks.get(id);
    if (!mark) return;
    map.setView(mark.getLatLng(), Math.max(map.getZoom(), 13), { animate: false });
    choose(id);
    if (map.getContainer().getBoundingClientRect().bottom < 80) map.getContainer().scrollIntoView({ block: "start" });
  }
  for (const button of document.querySelectorAll("[data-settle]")) button.addEventListener("click", () => settle(button.dataset.settle));
  for (const button of document.querySelectorAll("[data-sort]")) button.addEventListener("click", () => sort(button));
  const chosen = document.getElementById("filter");
  if (chosen) chosen.addEventListener("change", () => filter(chosen.value));
  if (document.getElementById("plan")) planning({ settle, go: (one) => go(ground, one), marks });
  placeField("place", (one) => map.setView([one.at[1], one.at[0]], Math.max(map.getZoom(), 12), { animate: false }));
  Object.assign(window.clearway, { marks, ready: true });
  document.body.dataset.ready = "";
}

start().catch((error) => trouble(error.message));
