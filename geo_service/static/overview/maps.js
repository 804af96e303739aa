/* The map, or the two of them side by side: tiles of a date each, district bars, names, moving together. */
import { STATES, sayWays } from "./legend.js";
import { given, state, times } from "./state.js";
import { CELLS_BELOW, SituationTiles } from "./tiles.js";
import { date, t } from "./words.js";

const { L } = window;
const { element } = window.clearway.tools;
const REST_MS = 150, WAYS_MS = 500;
const UNDER = { zIndex: 3 }, OVER = { zIndex: 4 };

function bar(row) {
  const box = element("div", row.district, "cw-share"), parts = element("div");
  for (const [name, colour] of Object.entries(STATES)) {
    if (!row[name]) continue;
    const part = element("i");
    part.style.background = colour;
    part.style.flex = `${row[name] / row.area_m2} 0 ${name === "no_recorded_hazard" ? 0 : 2}px`;
    parts.append(part);
  }
  box.append(parts);
  return box;
}

/* One map of one date. */
export class DatedMap {
  constructor(map) {
    this.map = map;
    this.bars = L.layerGroup().addTo(map);
    this.names = L.layerGroup().addTo(map);
    this.tiles = this.ways = null;
    this.date = "";
    map.on("zoomend", () => { this.label(); this.sayWays(); });
    map.on("moveend", () => {
      window.clearTimeout(this.resting);
      this.resting = window.setTimeout(() => this.label(), REST_MS);
    });
    L.control.scale({ imperial: false }).addTo(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(t(given.synthetic ? "synthetic_data" : "recorded_only"));
    this.caption = element("p", "", "cw-date-of");
    map.getContainer().append(this.caption);
  }

  /* Shows a date: the tiles of before stay until those of now are there. */
  show(asOf, loaded) {
    this.date = asOf;
    const query = times(asOf), before = this.tiles;
    const layers = given.layers.filter((one) => state.layers.has(one) && one !== "roads");
    this.endWays();
    const tiles = new SituationTiles((layer, z, row, column) => `${given.base}/collections/${layer}/tiles/WebMercatorQuad/${z}/${row}/${column}?${query}`, layers, asOf, OVER);
    this.tiles = tiles;
    const gone = () => { if (before && this.map.hasLayer(before)) before.remove(); };
    tiles.on("load", () => { gone(); this.label(); loaded(); });
    tiles.once("load", () => { this.later = window.setTimeout(() => this.showWays(asOf, query), WAYS_MS); });
    tiles.on("missing", () => this.map.fire("missing"));
    tiles.addTo(this.map);
    window.setTimeout(gone, 4000);
    this.caption.textContent = date(asOf);
  }

  /* Roads by evidence lie under the records and come after them: what is known of a large network takes a while. */
  showWays(asOf, query) {
    this.endWays();
    // The second map may be gone by then.
    if (!given.layers.includes("roads") || !state.layers.has("roads") || !this.map.getContainer().isConnected) return;
    this.ways = new SituationTiles((_, z, row, column) => `${given.base}/maps/ways/${z}/${row}/${column}?${query}`, ["roads"], asOf, UNDER);
    this.ways.on("loading load", () => this.sayWays());
    this.ways.on("missing", () => this.map.fire("missing"));
    this.ways.addTo(this.map);
  }

  /* Those of another date are never left on the map: a road may be shut meanwhile. */
  endWays() {
    window.clearTimeout(this.later);
    if (this.ways) this.ways.remove();
    this.ways = null;
    this.sayWays();
  }

  sayWays() {
    if (!state.layers.has("roads")) sayWays("");
    else if (!this.ways || this.ways.isLoading()) sayWays(t("ways_coming"));
    else sayWays(this.map.getZoom() - 1 < CELLS_BELOW ? t("ways_main") : "");
  }

  /* What lies at a place, the uppermost first. */
  at(latlng) {
    return [...this.tiles.at(latlng), ...(this.ways ? this.ways.at(latlng) : [])];
  }

  figures(all) {
    this.bars.clearLayers();
    this.shares = all.rows.filter((row) => row.at && row.area_m2 && state.layers.has("districts")).map((row) => {
      const icon = L.divIcon({ html: bar(row), className: "cw-place", iconSize: [110, 26] });
      const mark = L.marker([row.at[1], row.at[0]], { interactive: false, keyboard: false, icon });
      return { mark, box: L.latLngBounds([row.box[1], row.box[0]], [row.box[3], row.box[2]]) };
    });
    this.label();
  }

  /* Bars where a district has room for one, and no single records are drawn yet; names of settlements where they fit. */
  label() {
    if (!this.map.getContainer().isConnected) return;
    const { map } = this, far = map.getZoom() - 1 < CELLS_BELOW + 1;
    for (const { mark, box } of this.shares || []) {
      const width = map.latLngToLayerPoint(box.getNorthEast()).x - map.latLngToLayerPoint(box.getSouthWest()).x;
      if (far && width >= 96) mark.addTo(this.bars); else mark.remove();
    }
    this.names.clearLayers();
    if (!this.tiles || map.getZoom() - 1 < CELLS_BELOW + 0.5 || !state.layers.has("settlements")) return;
    const taken = [];
    for (const { properties, at } of this.tiles.inView(["settlements"]).records) {
      if (!properties.name || taken.length > 80) continue;
      const point = map.latLngToContainerPoint(at), width = 14 + properties.name.length * 7;
      if (taken.some((one) => Math.abs(one.y - point.y) < 16 && point.x < one.x + one.width && one.x < point.x + width)) continue;
      taken.push({ x: point.x, y: point.y, width });
      const icon = L.divIcon({ html: element("span", properties.name), className: "cw-place cw-name", iconSize: [0, 0], iconAnchor: [-6, 8] });
      L.marker(at, { icon, interactive: false, keyboard: false }).addTo(this.names);
    }
  }
}

/* Takes in a map's new size; its middle stays where it was. */
function resized(map) {
  const centre = map.getCenter();
  map.invalidateSize({ animate: false, pan: false });
  map.setView(centre, map.getZoom(), { animate: false, reset: true });
}

/* The second map, beside the first, moving with it. */
export function secondMap(first) {
  const box = element("div", undefined, "cw-second");
  box.id = "second";
  first.getContainer().after(box);
  document.body.classList.add("cw-comparing");
  resized(first);
  const second = L.map(box, { zoomSnap: first.options.zoomSnap, maxZoom: 19, zoomControl: false, keyboard: true });
  second.setView(first.getCenter(), first.getZoom(), { animate: false });
  let moving = false;
  const follow = (from, to) => () => {
    if (moving) return;
    moving = true;
    to.setView(from.getCenter(), from.getZoom(), { animate: false });
    moving = false;
  };
  const there = follow(first, second), back = follow(second, first);
  first.on("move zoomend", there);
  second.on("move zoomend", back);
  return {
    map: second,
    end() {
      first.off("move zoomend", there);
      second.remove();
      box.remove();
      document.body.classList.remove("cw-comparing");
      resized(first);
    },
  };
}
