/* The page of return: settlements on the map by access and people waiting, and a table that sorts. */
import { given } from "../overview/state.js";
import { begin, trouble } from "../ways/ground.js";

const { L } = window;
const { map } = window.clearway;
const NS = "http://www.w3.org/2000/svg";
const SHAPES = {
  go_with_conditions: ["M12 3A9 9 0 1 1 11.99 3Z", "#FFFFFF"],
  insufficient_information: ["M12 2L23 21H1Z", "#E4E9EE"],
  no_go: ["M3 3H21V21H3Z", "#1F2933"],
  not_assessed: ["M12 1L23 12L12 23L1 12Z", "#FFFFFF"],
};
const LEAST = 11, MOST = 28, NEAR = 12, FAR = 10.5;
const marks = new Map();
const table = document.getElementById("settlements");
const most = Math.max(1, ...given.settlements.map((one) => one.waiting || 0));

function sign(verdict, unrecorded = false) {
  const svg = document.createElementNS(NS, "svg"), path = document.createElementNS(NS, "path"), [d, fill] = SHAPES[verdict] || SHAPES.not_assessed;
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, value] of Object.entries({ d, fill, stroke: "#111", "stroke-width": 2, "stroke-linejoin": "round", ...(unrecorded ? { "stroke-dasharray": "4 3" } : {}) })) path.setAttribute(name, value);
  const edge = path.cloneNode();
  edge.setAttribute("stroke", "#fff");
  edge.setAttribute("stroke-width", "4.5");
  edge.removeAttribute("stroke-dasharray");
  svg.append(edge, path);
  return svg;
}

function choose(one) {
  for (const [id, mark] of marks) mark.getElement().classList.toggle("cw-chosen-mark", id === one.id);
  for (const row of table.tBodies[0].rows) row.classList.toggle("cw-chosen", row.dataset.settlement === one.id);
}

/* The area of a sign grows with the people who wait. */
function place(one) {
  const size = one.waiting === null ? LEAST : LEAST + (MOST - LEAST) * Math.sqrt(one.waiting / most);
  const icon = L.divIcon({ html: sign(one.verdict, one.waiting === null), className: "cw-home", iconSize: [size, size] });
  const mark = L.marker([one.at[1], one.at[0]], { icon, keyboard: false, title: one.said, alt: one.said, riseOnHover: true }).addTo(map);
  mark.on("click", () => {
    choose(one);
    const row = [...table.tBodies[0].rows].find((line) => line.dataset.settlement === one.id);
    if (row) row.scrollIntoView({ block: "center" });
  });
  marks.set(one.id, mark);
}

/* Numbers by size, names by the language; what has no figure stands last either way. */
function sort(button) {
  const head = button.closest("th"), column = button.dataset.sort, words = column === "name";
  const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of head.parentElement.children) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", other === head ? (turn > 0 ? "ascending" : "descending") : "none");
  const by = (row) => row.querySelector(`[data-column="${column}"]`).dataset.by;
  const rows = [...table.tBodies[0].rows].map((row) => [by(row), row]);
  rows.sort(([a], [b]) => {
    if (!a !== !b) return a ? -1 : 1;
    return turn * (words ? a.localeCompare(b, given.language) : Number(a) - Number(b));
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function settle(one) {
  map.setView(marks.get(one.id).getLatLng(), Math.max(map.getZoom(), 13), { animate: false });
  choose(one);
  document.getElementById("told").textContent = one.selected;
  if (map.getContainer().getBoundingClientRect().bottom < 80) map.getContainer().scrollIntoView({ block: "start" });
}

async function start() {
  for (const line of document.querySelectorAll("[data-sign]")) line.prepend(sign(line.dataset.sign));
  await begin(() => false);
  for (const one of given.settlements) place(one);
  // From afar a sign larger than the ground it stands on would hide what lies there.
  const size = () => map.getContainer().style.setProperty("--near", map.getZoom() >= NEAR ? "1" : map.getZoom() >= FAR ? "0.75" : "0.5");
  map.on("zoomend", size);
  size();
  const known = new Map(given.settlements.map((one) => [one.id, one]));
  for (const button of document.querySelectorAll("[data-settle]")) button.addEventListener("click", () => settle(known.get(button.dataset.settle)));
  for (const button of document.querySelectorAll("[data-sort]")) button.addEventListener("click", () => sort(button));
  Object.assign(window.clearway, { marks, ready: true });
  document.body.dataset.ready = "";
}

start().catch((error) => trouble(error.message));
