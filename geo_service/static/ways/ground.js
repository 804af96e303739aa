/* The map that ways and settlements are drawn on: the records as tiles, their names, tools, and what lies at a place. */
import { Background } from "../overview/background.js";
import { openAt } from "../overview/details.js";
import { sayUnder, sayWays, showLegend } from "../overview/legend.js";
import { given, listen, state, times } from "../overview/state.js";
import { CELLS_BELOW, SituationTiles } from "../overview/tiles.js";
import { cursor, tools } from "../overview/tools.js";
import { loadWords, t } from "../overview/words.js";

const { L } = window;
const { element } = window.clearway.tools;
/* Panes over the background and the roads by evidence: ways, and over them the records, so that no way hides a hazard. */
export const WAYS = "ways";
const RECORDS = "records", ROADS = { zIndex: 3 };
const NAMES_FROM = CELLS_BELOW + 0.5, MOST_NAMES = 80, REST_MS = 150;

function trouble(text) {
  const box = document.getElementById("trouble");
  box.textContent = text;
  box.hidden = !text;
}

/* Names of settlements where they fit, the map's own labels. */
function label(ground) {
  const { map, names } = ground;
  names.clearLayers();
  if (!ground.tiles || map.getZoom() - 1 < NAMES_FROM || !state.layers.has("settlements")) return;
  const taken = [];
  for (const { properties, at } of ground.tiles.inView(["settlements"]).records) {
    if (!properties.name || taken.length > MOST_NAMES) continue;
    const point = map.latLngToContainerPoint(at), width = 14 + properties.name.length * 7;
    if (taken.some((one) => Math.abs(one.y - point.y) < 16 && point.x < one.x + one.width && one.x < point.x + width)) continue;
    taken.push({ x: point.x, y: point.y, width });
    const icon = L.divIcon({ html: element("span", properties.name), className: "cw-place cw-name", iconSize: [0, 0], iconAnchor: [-8, 8] });
    L.marker(at, { icon, interactive: false, keyboard: false }).addTo(names);
  }
}

/* Roads by evidence come after the records: what is known of a large network takes a while. */
function roads(ground, query) {
  const wanted = given.layers.includes("roads") && state.layers.has("roads");
  if (wanted === Boolean(ground.roads)) return;
  if (ground.roads) ground.roads.remove();
  ground.roads = null;
  sayWays("");
  if (!wanted) return;
  const said = () => sayWays(ground.roads && ground.roads.isLoading() ? t("ways_coming") : ground.map.getZoom() - 1 < CELLS_BELOW ? t("ways_main") : "");
  ground.roads = new SituationTiles((_, z, row, column) => `${given.base}/maps/ways/${z}/${row}/${column}?${query}`, ["roads"], given.as_of, ROADS);
  ground.roads.on("loading load", said);
  ground.roads.on("missing", () => trouble(t("tiles_missing")));
  ground.roads.addTo(ground.map);
}

/* What lies at a place, the uppermost first. */
const found = (ground, latlng) => [...ground.tiles.at(latlng), ...(ground.roads ? ground.roads.at(latlng) : [])];

function draw(ground) {
  const query = times(), before = ground.tiles, layers = given.layers.filter((one) => state.layers.has(one) && one !== "roads");
  const tiles = new SituationTiles((layer, z, row, column) => `${given.base}/collections/${layer}/tiles/WebMercatorQuad/${z}/${row}/${column}?${query}`, layers, given.as_of, { pane: RECORDS });
  ground.tiles = tiles;
  tiles.on("load", () => {
    if (before && ground.map.hasLayer(before)) before.remove();
    label(ground);
    roads(ground, query);
    window.clearway.loaded = true;
  });
  tiles.on("missing", () => trouble(t("tiles_missing")));
  tiles.addTo(ground.map);
}

/* Begins the map; `clicked` may take a click for itself and then answers true. */
export async function begin(clicked) {
  const { map } = window.clearway;
  await loadWords(given.base, given.language);
  for (const [name, order] of [[WAYS, 250], [RECORDS, 300]]) map.createPane(name).style.zIndex = String(order);
  const ground = { map, tiles: null, roads: null, date: given.as_of, names: L.layerGroup().addTo(map) };
  const box = map.getContainer();
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", t("map_label"));
  draw(ground);
  cursor(map);
  tools(map, (event) => { if (!clicked(event.latlng.wrap())) openAt(ground, event.latlng, found(ground, event.latlng)); });
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl.setPrefix(false);
  for (const line of [t(given.synthetic ? "synthetic_data" : "recorded_only"), ...(given.attribution || [])]) map.attributionControl.addAttribution(element("span", line).innerHTML);
  showLegend();
  const under = new Background(map, sayUnder);
  under.show();
  listen((changed) => {
    if (!changed.has("layers")) return;
    draw(ground);
    under.show();
  });
  let resting = 0;
  map.on("moveend", () => {
    window.clearTimeout(resting);
    resting = window.setTimeout(() => label(ground), REST_MS);
  });
  for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", () => go(ground, given.named[button.dataset.go]));
  return ground;
}

/* Shows a named record: its ground on the map, and what is recorded of it. */
export function go(ground, one) {
  if (!one) return;
  const [west, south, east, north] = one.box, { map } = ground;
  map.fitBounds([[south, west], [north, east]], { maxZoom: 16, padding: [60, 60], animate: false });
  openAt(ground, L.latLng(one.at[1], one.at[0]), [{ layer: one.layer, properties: { id: one.id } }]);
  if (map.getContainer().getBoundingClientRect().bottom < 80) map.getContainer().scrollIntoView({ block: "start" });
}

export { trouble };
