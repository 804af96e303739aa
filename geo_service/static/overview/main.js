/* The overview map: map, table and cards of one state, moving together with date, district and layers. */
import { Background } from "./background.js";
import { showChanges } from "./changes.js";
import { listView, openAt } from "./details.js";
import { sayUnder, showLegend } from "./legend.js";
import { DatedMap, secondMap } from "./maps.js";
import { showCards, showTable, showTimes, trouble } from "./panel.js";
import { searching } from "./search.js";
import { address, ask, began, change, given, listen, state } from "./state.js";
import { timebar } from "./timebar.js";
import { cursor, tools } from "./tools.js";
import { loadWords, t } from "./words.js";

const { L } = window;
const POLL_MS = 60000, REST_MS = 250;
const map = window.clearway.map;
let first = null, second = null, under = [], pair = null, all = null, other = null, bar = null;
let calling = null, listing = 0, remembering = 0, waiting = [], asked = 0, answeredFor = state.knownAt;

const figures = (asOf, signal) => ask(`/maps/figures?${new URLSearchParams({ as_of: asOf, lang: given.language, ...(state.knownAt ? { known_at: state.knownAt } : {}) })}`, signal);

function settled() {
  return new Promise((done) => waiting.push(done));
}
function loaded() {
  if (first.tiles.isLoading() || (second && second.tiles && second.tiles.isLoading())) return;
  for (const done of waiting.splice(0)) done();
  list();
  beneath();
  window.clearway.ready = true;
  document.body.dataset.ready = "";
}
/* What lies under the records comes after them. */
function beneath() {
  const maps = [map, ...(pair ? [pair.map] : [])];
  under = maps.map((one) => under.find((made) => made.map === one) || new Background(one, sayUnder, () => (one === map ? state.asOf : state.compare)));
  for (const one of under) one.show();
}
/* List and address wait until the map stands still. */
function list() {
  window.clearTimeout(listing);
  listing = window.setTimeout(() => { if (!first.tiles.isLoading()) listView(first); }, REST_MS);
}
function draw() {
  first.show(state.asOf, loaded);
  if (second) second.show(state.compare, loaded);
}

/* Asks for the figures of the state; tiles follow what was known then. */
async function update({ tiles }) {
  if (calling) calling.abort();
  calling = new AbortController();
  const { signal } = calling, turn = (asked += 1);
  if (tiles) draw();
  try {
    const [now, then] = await Promise.all([figures(state.asOf, signal), state.compare ? figures(state.compare, signal) : null]);
    if (turn !== asked) return;
    const moved = now.revision !== state.revision || now.known_at !== state.known;
    Object.assign(state, { known: now.known_at, revision: now.revision });
    answeredFor = state.knownAt;
    all = now;
    other = then;
    missing();
    showTimes(all);
    show();
    if (moved) draw();
  } catch (error) {
    if (error.name === "AbortError") return;
    trouble(t("not_answered", { reason: error.message }));
    for (const done of waiting.splice(0)) done();
    // A moment that can't be asked for is said and taken back: the map goes on showing what it shows.
    if (state.knownAt === answeredFor) return;
    state.knownAt = answeredFor;
    bar.follow();
    remember();
  }
}
function show() {
  if (!all) return;
  showCards(all, other);
  showTable(all, (row) => {
    change({ district: row.id === state.district ? "" : row.id });
    if (state.district) map.fitBounds([[row.box[1], row.box[0]], [row.box[3], row.box[2]]], { animate: false });
  });
  first.figures(all);
  if (second && other) second.figures(other);
}
function remember() {
  history.replaceState(null, "", address(map));
  for (const link of document.querySelectorAll("[data-language]")) link.href = address(map, link.dataset.language);
}
function compare() {
  if (state.compare && !pair) {
    pair = secondMap(map);
    second = new DatedMap(pair.map);
    pair.map.on("click", (event) => openAt(second, event.latlng, second.at(event.latlng)));
  } else if (!state.compare && pair) {
    pair.end();
    pair = second = other = null;
  }
  if (window.clearway.ready) beneath();
}
function missing() {
  trouble([first, second].some((one) => one && [one.tiles, one.ways].some((tiles) => tiles && tiles.failed)) ? t("tiles_missing") : "");
}

async function begin() {
  await loadWords(given.base, given.language);
  if (began.zoom && began.centre.length === 2 && began.centre.every(Number.isFinite)) map.setView(began.centre, began.zoom, { animate: false });
  map.getContainer().setAttribute("aria-label", t("map_label"));
  map.getContainer().setAttribute("role", "application");
  first = new DatedMap(map);
  cursor(map);
  tools(map, (event) => openAt(first, event.latlng, first.at(event.latlng)));
  searching(map);
  showLegend();
  bar = timebar(settled);
  map.on("missing", missing);
  map.on("moveend", () => {
    window.clearTimeout(remembering);
    remembering = window.setTimeout(remember, REST_MS);
    list();
  });
  listen((changed) => {
    if (changed.has("compare")) compare();
    bar.follow();
    if (changed.has("district")) show();
    if (changed.has("layers")) { draw(); show(); }
    if (changed.has("layers") || (changed.has("knownAt") && window.clearway.ready)) beneath();
    if (["asOf", "compare", "knownAt"].some((one) => changed.has(one))) update({ tiles: !changed.has("knownAt") });
    remember();
  });
  compare();
  remember();
  update({ tiles: true });
  showChanges();
  // An edit that was approved meanwhile shows within a minute, where nobody pinned what was known.
  window.setInterval(() => { if (!state.knownAt && !document.hidden) update({ tiles: false }); }, POLL_MS);
  Object.assign(window.clearway, { state, change, first: () => first, second: () => second, settled, loading: () => first.tiles.isLoading(), waysThere: () => [first, second].every((one) => !one || (one.ways && !one.ways.isLoading())) });
}

begin().catch((error) => trouble(`${error.message}`));
