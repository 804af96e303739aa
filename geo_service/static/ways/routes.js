/* The page of routes: places by search or click, ways coloured and dashed by evidence, one of them looked at. */
import { given } from "../overview/state.js";
import { WAYS, begin, trouble } from "./ground.js";
import { placeField } from "./place.js";
import { strip } from "./strip.js";

const { L } = window;
const { element } = window.clearway.tools;
const { map } = window.clearway;
const marks = { from: null, to: null }, letters = { from: "A", to: "B" };
const sections = [...document.querySelectorAll("[data-route]")];
let picking = "", near = null;

function mark(name, at) {
  if (marks[name]) marks[name].remove();
  const icon = L.divIcon({ html: element("span", letters[name]), className: "cw-end-mark", iconSize: [26, 26] });
  marks[name] = L.marker(at, { icon, title: given.say[`place_${name}`], alt: given.say[`place_${name}`], keyboard: false, zIndexOffset: 1000 }).addTo(map);
}

/* Choosing on the map: a click, or the map's middle by the Space key. */
function pick(name) {
  picking = name;
  for (const button of document.querySelectorAll("[data-pick]")) button.setAttribute("aria-pressed", String(button.dataset.pick === name));
  const say = document.getElementById("picking");
  say.hidden = !name;
  say.textContent = name ? given.say[`picking_${name}`] : "";
  map.getContainer().classList.toggle("cw-drawing", Boolean(name));
}
function picked(at) {
  const name = picking || ["from", "to"].find((one) => !document.getElementById(one).value);
  if (!name) return false;
  document.getElementById(name).value = `${at.lng.toFixed(6)},${at.lat.toFixed(6)}`;
  mark(name, at);
  const next = ["from", "to"].find((one) => !document.getElementById(one).value);
  pick(next || "");
  if (!next) {
    const say = document.getElementById("picking");
    say.hidden = false;
    say.textContent = given.say.picked_both;
  }
  return true;
}

function way(parts) {
  const group = L.featureGroup(), lines = [];
  for (const part of parts) L.polyline(part.line, { pane: WAYS, color: "#fff", weight: 9, opacity: 0.9, interactive: false, lineCap: "butt" }).addTo(group);
  for (const part of parts) {
    const look = given.classes[part.class];
    L.polyline(part.line, { pane: WAYS, color: look.colour, weight: 6, dashArray: look.dash, lineCap: "butt", interactive: false }).addTo(group);
    // What answers a pointer is unbroken: the gaps of dashes belong to the way as well.
    lines.push(L.polyline(part.line, { pane: WAYS, opacity: 0, weight: 14 }).bindTooltip(element("span", part.said), { sticky: true, className: "cw-said" }).addTo(group));
  }
  return { group, lines };
}
/* The ways that are not chosen stay on the map, thin and grey, below the one that is. */
function thin(parts) {
  return L.polyline(parts.flatMap((part) => [part.line]), { pane: WAYS, color: "#52606d", weight: 3, opacity: 0.75, dashArray: "1 5", interactive: false });
}

function highlight(line) {
  if (near) near.remove();
  near = line ? L.polyline(line, { pane: WAYS, color: "#111", weight: 15, opacity: 0.45, lineCap: "butt", interactive: false }).addTo(map) : null;
  if (near && !map.getBounds().intersects(near.getBounds())) map.panTo(near.getBounds().getCenter(), { animate: false });
}

function remember(number) {
  const address = new URL(window.location.href);
  if (number) address.searchParams.set("way", String(number + 1));
  else address.searchParams.delete("way");
  history.replaceState(null, "", address);
  for (const link of document.querySelectorAll("[data-language]")) {
    const there = new URL(link.href);
    there.search = address.search;
    there.searchParams.set("lang", link.dataset.language);
    link.href = there.href;
  }
}

async function start() {
  await begin(picked);
  const ways = given.routes.map(way), others = given.routes.map(thin);
  function choose(number) {
    highlight(null);
    ways.forEach(({ group }, k) => { if (k === number) group.addTo(map); else group.remove(); });
    others.forEach((one, k) => { if (k === number) one.remove(); else one.addTo(map).bringToBack(); });
    sections.forEach((one, k) => { one.hidden = k !== number; one.classList.toggle("cw-chosen", k === number); });
    for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(Number(button.dataset.show) === number));
    for (const cells of document.querySelectorAll(".cw-side tr")) [...cells.children].forEach((cell, k) => cell.classList.toggle("cw-chosen-cell", k === number + 1));
    remember(number);
    window.clearway.chosen = number;
  }
  for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => choose(Number(button.dataset.show)));
  const asked = Number(new URLSearchParams(window.location.search).get("way")) - 1;
  if (ways.length) choose(ways[asked] ? asked : 0);
  for (const box of document.querySelectorAll("[data-strip]")) {
    const number = Number(box.dataset.strip);
    strip(box, document.querySelector(`[data-at="${number}"]`), (part) => highlight(part < 0 ? null : given.routes[number][part].line));
  }
  for (const name of ["from", "to"]) {
    if (given.places[name]) mark(name, [given.places[name][1], given.places[name][0]]);
    placeField(name, (one) => {
      mark(name, [one.at[1], one.at[0]]);
      if (!marks.from || !marks.to) map.setView([one.at[1], one.at[0]], Math.max(map.getZoom(), 12), { animate: false });
      else map.fitBounds(L.latLngBounds([marks.from.getLatLng(), marks.to.getLatLng()]), { padding: [50, 50], animate: false });
    });
  }
  for (const button of document.querySelectorAll("[data-pick]")) {
    button.addEventListener("click", () => {
      pick(picking === button.dataset.pick ? "" : button.dataset.pick);
      if (picking) map.getContainer().focus({ preventScroll: false });
    });
  }
  map.getContainer().addEventListener("keydown", (event) => {
    if (!picking) return;
    if (event.key === "Escape") pick("");
    if (event.key !== " ") return;
    event.preventDefault();
    picked(map.getCenter().wrap());
    document.getElementById(picking || "from").focus();
  });
  document.getElementById("turn").addEventListener("click", () => {
    const from = document.getElementById("from"), to = document.getElementById("to");
    [from.value, to.value] = [to.value, from.value];
  });
  Object.assign(window.clearway, { ways, choose, ready: true });
  document.body.dataset.ready = "";
}

start().catch((error) => trouble(error.message));
