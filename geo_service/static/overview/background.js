/* What lies under the records for orientation: the shading of the terrain, and the background that the store names. */
import { Archive, PICTURES, VECTOR } from "./archive.js";
import { featureOf, layersOf } from "./decode.js";
import { ask, given, state } from "./state.js";

const { L } = window;
const { element } = window.clearway.tools;
const PALE = 0.55, SHADING = { opacity: 0.3, zIndex: 1, maxZoom: 19, className: "cw-shading" };
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
    archive, tileSize: vector ? SIZE : 256, zIndex: 2, opacity: vector ? 1 : PALE, maxZoom: 19, className: "cw-background",
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
  async background() {
    const { xyz } = given.basemap;
    return xyz ? L.tileLayer(xyz, { opacity: PALE, maxZoom: 19, zIndex: 2, className: "cw-background" }) : archiveTiles(await opened());
  },
};

/* The background of one map; `lacking` is told what is not to be had, and why. */
export class Background {
  constructor(map, lacking) {
    Object.assign(this, { map, lacking, layers: {} });
  }

  /* Draws what is switched on. */
  async show() {
    for (const name of given.under) {
      if (!(name in this.layers) && state.layers.has(name)) {
        this.layers[name] = null;
        try {
          this.layers[name] = await MAKERS[name]();
          if (!this.layers[name]) {
            this.lacking(name, null);
            continue;
          }
          this.layers[name].on("lacking tileerror", (event) => this.lacking(name, event.reason || ""));
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
    if (name !== "background" || !given.basemap.attribution) return;
    const source = element("span", given.basemap.attribution).innerHTML;
    if (wanted) this.map.attributionControl.addAttribution(source); else this.map.attributionControl.removeAttribution(source);
  }
}
