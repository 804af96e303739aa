/* What lies under the records for orientation: the shading of the terrain, and the background that the store names. */
import { Archive, PICTURES, VECTOR } from "./archive.js";
import { featureOf, layersOf } from "./decode.js";
import { ask, given, state } from "./state.js";
import { SituationTiles } from "./tiles.js";

const { L } = window;
const { element } = window.clearway.tools;
/* The order beneath roads (3) and records (4). */
const RELIEF = 0, GROUND = 1, WATER = 2;
const PALE = 0.55, SHADING = { opacity: 0.3, zIndex: RELIEF, maxZoom: 19, className: "cw-shading" };
const SIZE = 512;
/* Pale greys and blues, nothing that could be taken for a hazard or a road by evidence. Boundaries are nobody's claim here. */
const LOOKS = [
  [/bound|admin|border|place|poi|label|name/i, null],
  [/water|ocean|river|lake|sea|stream/i, { fill: "#CFDDE8", line: "#B4CADB" }],
  [/build/i, { fill: "#E0E2E5", line: "#D2D5D9" }],
  [/./, { fill: "rgba(226,230,224,.5)", line: "#CED4DA" }],
];

function painted(canvas, buffer) {
  const context = canvas.getContext("2d");
  for (const layer of layersOf(buffer)) {
    const look = LOOKS.find(([name]) => name.test(layer.name))[1];
    if (!look) continue;
    const scale = canvas.width / layer.extent, areas = new Path2D(), lines = new Path2D();
    for (const place of layer.places) {
      const feature = featureOf(layer, place);
      if (feature.type === 1) continue;
      const path = feature.type === 3 ? areas : lines;
      for (const part of feature.parts) {
        path.moveTo(part[0] * scale, part[1] * scale);
        for (let k = 2; k < part.length; k += 2) path.lineTo(part[k] * scale, part[k + 1] * scale);
      }
    }
    context.fillStyle = look.fill;
    context.fill(areas, "evenodd");
    context.strokeStyle = look.line;
    context.lineWidth = canvas.width / SIZE;
    context.stroke(lines);
  }
}

const ArchiveTiles = L.GridLayer.extend({
  createTile(coords, done) {
    const canvas = document.createElement("canvas"), vector = this.options.archive.type === VECTOR;
    canvas.width = canvas.height = this.options.tileSize * (vector ? Math.min(window.devicePixelRatio || 1, 2) : 1);
    this.fill(canvas, coords, vector).then(() => done(null, canvas), (error) => { this.fire("lacking", { reason: error.message }); done(error, canvas); });
    return canvas;
  },
  async fill(canvas, coords, vector) {
    const { archive } = this.options, body = await archive.tile(coords.z - (vector ? 1 : 0), coords.x, coords.y);
    if (!body) return;
    if (vector) painted(canvas, body);
    else canvas.getContext("2d").drawImage(await createImageBitmap(new Blob([body], { type: PICTURES[archive.type] })), 0, 0, canvas.width, canvas.height);
  },
});

function archiveTiles(archive) {
  const vector = archive.type === VECTOR, more = vector ? 1 : 0, [west, south, east, north] = archive.box;
  if (!vector && !PICTURES[archive.type]) throw new Error("neither pictures nor vector tiles");
  return new ArchiveTiles({
    archive, tileSize: vector ? SIZE : 256, zIndex: GROUND, opacity: vector ? 1 : PALE, maxZoom: 19, className: "cw-background",
    minNativeZoom: archive.lowest + more, maxNativeZoom: archive.highest + more, bounds: [[south, west], [north, east]],
  });
}

/* Opened once, for both maps. */
let opening = null, relief = null;
const opened = () => (opening ??= new Archive(`${given.base}/maps/basemap.pmtiles`).open());
const shading = () => (relief ??= ask("/rasters").then((all) => (all.rasters || all).find((one) => one.kind === "terrain")));

const MAKERS = {
  async hillshade() {
    const found = await shading();
    return found ? L.tileLayer(`${given.base}/rasters/${encodeURIComponent(found.name)}/tiles/hillshade/{z}/{x}/{y}.png`, SHADING) : null;
  },
  async water(asOf) {
    const times = new URLSearchParams({ as_of: asOf, ...(state.knownAt ? { known_at: state.knownAt } : {}) });
    const address = (_, z, row, column) => `${given.base}/maps/water/${z}/${row}/${column}?${times}`;
    return new SituationTiles(address, ["water"], asOf, { zIndex: WATER, className: "cw-water" });
  },
  async background() {
    const { xyz } = given.basemap;
    return xyz ? L.tileLayer(xyz, { opacity: PALE, maxZoom: 19, zIndex: GROUND, className: "cw-background" }) : archiveTiles(await opened());
  },
};

/* Which of the waters that the store keeps is that of a date. */
const waterOf = (asOf) => `${given.water.changes.filter((one) => one <= asOf).length}|${state.knownAt}`;

/* The background of one map; `lacking` is told what is not to be had, and why; `asOf` says the map's date. */
export class Background {
  constructor(map, lacking, asOf = () => state.asOf) {
    Object.assign(this, { map, lacking, asOf, layers: {}, of: {}, owed: new Set() });
  }

  /* Draws what is switched on. */
  async show() {
    for (const name of given.under) {
      const of = name === "water" ? waterOf(this.asOf()) : "";
      if (state.layers.has(name) && this.of[name] !== of) {
        this.of[name] = of;
        try {
          const made = await MAKERS[name](this.asOf());
          if (this.of[name] !== of) continue;
          if (!made) {
            this.lacking(name, null);
            continue;
          }
          made.on("lacking tileerror missing", (event) => this.lacking(name, event.reason || ""));
          if (this.layers[name]) this.layers[name].remove();
          this.layers[name] = made;
        } catch (error) {
          this.lacking(name, error.message);
        }
      }
      this.set(name);
    }
  }

  set(name) {
    const layer = this.layers[name], wanted = state.layers.has(name);
    if (!layer || wanted === this.map.hasLayer(layer) || !this.map.getContainer().isConnected) return;
    if (wanted) layer.addTo(this.map); else layer.remove();
    const owed = { background: given.basemap?.attribution, water: given.water?.attribution }[name];
    if (!owed || wanted === this.owed.has(name)) return;
    const source = element("span", owed).innerHTML, { attributionControl } = this.map;
    if (wanted) {
      this.owed.add(name);
      attributionControl.addAttribution(source);
    } else {
      this.owed.delete(name);
      attributionControl.removeAttribution(source);
    }
  }
}
