/* The records on the map: vector tiles of every layer, painted on canvas, and asked what lies at a place. */
import { featureOf, layersOf } from "./decode.js";
import { cell, mark, paint, styleOf } from "./paint.js";
import { inSlices } from "./slices.js";

const SIZE = 512;
export const CELLS_BELOW = 10;
const MOST_VERTICES = 12000;
const REACH = 7;

/* Cells are gathered into blocks of 4 by 4, which have room for a disc. */
const BLOCKS = 16;
const DISCS = new Set(["hazards", "incidents", "spots"]);

/* A record as it is on a date: what is proven later is not yet so, and what has run out no more. Null: not there yet. */
function onDate(layer, properties, asOf) {
  if (layer === "surveys" && properties.surveyed_on > asOf) return null;
  return properties;
}

/* Gathers a tile's counted cells: {count, open, cha, sha} in m2, with the box of their block. */
function* blocks(layer, decoded) {
  const found = new Map(), side = decoded.extent / BLOCKS;
  for (const [k, place] of decoded.places.entries()) {
    const { properties: p, box } = featureOf(decoded, place);
    const column = Math.floor((box[0] + box[2]) / 2 / side), row = Math.floor((box[1] + box[3]) / 2 / side), key = row * BLOCKS + column;
    if (!found.has(key)) found.set(key, { layer, type: 3, parts: [], extent: decoded.extent, box: [column * side, row * side, (column + 1) * side, (row + 1) * side], properties: { cell: true, count: 0, open: false, cha: 0, sha: 0 }, marked: [] });
    const block = found.get(key), sum = block.properties;
    sum.count += p[layer];
    sum.cha += p.CHA_open_m2 || 0;
    sum.sha += p.SHA_open_m2 || 0;
    if (p.open) {
      sum.open = true;
      block.marked.push(box);
    }
    if (k % 400 === 399) yield null;
  }
  yield* found.values();
}

function* paintedCells(context, layer, decoded, tile) {
  const scale = SIZE / decoded.extent, ready = [];
  for (const block of blocks(layer, decoded)) {
    if (block) ready.push(block);
    else yield;
  }
  // Every cell that open ground touches is marked, also where no hazard is counted in it.
  context.fillStyle = "rgba(122,0,0,.16)";
  for (const { marked } of ready) for (const [west, north, east, south] of marked) context.fillRect(west * scale, north * scale, (east - west) * scale, (south - north) * scale);
  yield;
  for (const block of ready) {
    const { properties, box } = block;
    tile.shapes.push(block);
    if (!properties.count || !DISCS.has(layer)) continue;
    const radius = Math.min(5 + 1.7 * Math.sqrt(properties.count), 15);
    cell(context, (box[0] + box[2]) / 2 * scale, (box[1] + box[3]) / 2 * scale, layer === "hazards" ? radius : radius * 0.75, properties, layer === "hazards");
  }
}

function trace(path, feature, scale) {
  for (const part of feature.parts) {
    path.moveTo(part[0] * scale, part[1] * scale);
    for (let k = 2; k < part.length; k += 2) path.lineTo(part[k] * scale, part[k + 1] * scale);
  }
}

const isCounted = (layer, decoded) => decoded.keys.includes(layer) && !decoded.keys.includes("id");

function* painted(context, layer, decoded, tile, ratio, z, asOf) {
  const scale = SIZE / decoded.extent, thin = z <= 10 ? 0.6 : z === 11 ? 0.8 : 1;
  const paths = new Map(), points = [];
  function flush() {
    for (const { style, path, area } of paths.values()) paint(context, path, style, ratio, { area, thin });
    paths.clear();
  }
  let vertices = 0, count = 0;
  for (const place of decoded.places) {
    const feature = featureOf(decoded, place);
    count += 1;
    feature.properties = onDate(layer, feature.properties, asOf);
    if (!feature.properties) continue;
    const shape = { layer, ...feature, extent: decoded.extent };
    tile.shapes.push(shape);
    if (feature.type === 1) points.push(shape);
    else {
      const style = styleOf(layer, feature.properties);
      if (!paths.has(style.key)) paths.set(style.key, { style, path: new Path2D(), area: feature.type === 3 });
      trace(paths.get(style.key).path, feature, scale);
      for (const part of feature.parts) vertices += part.length / 2;
    }
    if (vertices > MOST_VERTICES) {
      flush();
      vertices = 0;
      yield;
    } else if (count % 100 === 0) yield;
  }
  flush();
  for (const shape of points) {
    const { properties } = shape;
    if (layer !== "settlements" || z >= CELLS_BELOW) {
      for (const part of shape.parts) {
        for (let k = 0; k < part.length; k += 2) {
          const style = styleOf(layer, properties), small = z >= 11 ? style : { ...style, radius: style.radius * (z < CELLS_BELOW ? 0.38 : 0.6), weight: 1 };
          paint(context, mark(layer, part[k] * scale, part[k + 1] * scale, small), small, ratio);
        }
      }
    }
    count += 1;
    if (count % 200 === 0) yield;
  }
}

export const SituationTiles = window.L.GridLayer.extend({
  options: { tileSize: SIZE, minZoom: 1, maxNativeZoom: 19, maxZoom: 19, updateWhenZooming: false, keepBuffer: 1, className: "cw-tiles" },

  /* address: (layer, z, row, column) => where the tile is; layers: their names, the last drawn on top; asOf: the date. */
  initialize(address, layers, asOf, options) {
    window.L.GridLayer.prototype.initialize.call(this, options);
    Object.assign(this, { address, names: layers, asOf, failed: 0 });
    this.on("tileunload", ({ tile }) => tile.clearway.calling.abort());
  },

  createTile(coords, done) {
    const canvas = document.createElement("canvas"), ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = canvas.height = SIZE * ratio;
    canvas.clearway = { shapes: [], calling: new AbortController(), complete: false };
    this.fillTile(canvas, coords, ratio).then(
      () => done(null, canvas),
      (error) => { if (error.name !== "AbortError") done(error, canvas); },
    );
    return canvas;
  },

  async fillTile(canvas, coords, ratio) {
    const z = coords.z - 1, tile = canvas.clearway, { signal } = tile.calling;
    // A failed layer must not look like empty ground: the tile says so.
    const answers = await Promise.allSettled(this.names.map(async (name) => {
      const answer = await fetch(this.address(name, z, coords.y, coords.x), { signal });
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      return answer.status === 204 ? new ArrayBuffer(0) : answer.arrayBuffer();
    }));
    signal.throwIfAborted();
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const read = answers.flatMap((answer, k) => (answer.status === "rejected" ? [] : layersOf(answer.value).map((decoded) => [this.names[k], decoded])));
    // Counts stand on top of all that is drawn singly.
    for (const [name, decoded] of read) if (!isCounted(name, decoded)) await inSlices(painted(context, name, decoded, tile, ratio, z, this.asOf), signal);
    for (const [name, decoded] of read) if (isCounted(name, decoded)) await inSlices(paintedCells(context, name, decoded, tile), signal);
    signal.throwIfAborted();
    if (answers.some((one) => one.status === "rejected")) this.sayMissing(context);
    tile.complete = true;
  },

  sayMissing(context) {
    this.failed += 1;
    context.globalAlpha = 1;
    context.setLineDash([]);
    context.strokeStyle = "rgba(176,0,32,.35)";
    context.lineWidth = 2;
    context.beginPath();
    for (let k = -SIZE; k < SIZE; k += 32) {
      context.moveTo(k, 0);
      context.lineTo(k + SIZE, SIZE);
    }
    context.stroke();
    this.fire("missing");
  },

  /* The tiles that stand on the screen now: their canvas' corner in the map's pixels, their scale, their shapes. */
  current() {
    return Object.values(this._tiles).filter((one) => one.current && one.el.clearway.complete);
  },

  /* What lies within a few pixels of a place, the uppermost first, each record once. */
  at(latlng) {
    const map = this._map, zoom = this._tileZoom, found = new Map();
    const pixel = map.project(latlng, zoom);
    const scale = map.getZoomScale(map.getZoom(), zoom);
    for (const { coords, el } of this.current()) {
      const x = pixel.x - coords.x * SIZE, y = pixel.y - coords.y * SIZE;
      if (x < 0 || y < 0 || x >= SIZE || y >= SIZE) continue;
      for (const shape of el.clearway.shapes) {
        const unit = shape.extent / SIZE;
        if (meets(shape, x * unit, y * unit, REACH * unit / scale)) found.set(`${shape.layer}|${shape.properties.id ?? shape.box}`, shape);
      }
    }
    return [...found.values()].reverse();
  },

  /* The records of some layers in view, each once: how many, and those asked for with the place of their middle. */
  inView(layers, most = Infinity) {
    const map = this._map, zoom = this._tileZoom, found = new Map(), wanted = new Set(layers);
    const bounds = map.getBounds(), from = map.project(bounds.getNorthWest(), zoom), to = map.project(bounds.getSouthEast(), zoom);
    for (const { coords, el } of this.current()) {
      const left = coords.x * SIZE, top = coords.y * SIZE;
      for (const shape of el.clearway.shapes) {
        if (!wanted.has(shape.layer)) continue;
        const unit = SIZE / shape.extent, [west, north, east, south] = shape.box;
        if (left + east * unit < from.x || left + west * unit > to.x || top + south * unit < from.y || top + north * unit > to.y) continue;
        const key = `${shape.layer}|${shape.properties.id ?? `${coords.x}.${coords.y}.${shape.box}`}`;
        if (!found.has(key)) found.set(key, { shape, left, top });
      }
    }
    const rank = (one) => layers.indexOf(one.shape.layer), name = (one) => String(one.shape.properties.id);
    const sorted = [...found.values()].sort((one, two) => rank(one) - rank(two) || (name(one) < name(two) ? -1 : 1)).slice(0, most);
    return {
      number: found.size,
      records: sorted.map(({ shape: { layer, properties, box, extent }, left, top }) => {
        const unit = SIZE / extent, middle = [left + (box[0] + box[2]) / 2 * unit, top + (box[1] + box[3]) / 2 * unit];
        return { layer, properties, at: map.unproject(middle, zoom) };
      }),
    };
  },

  /* How many hazards the cells in view count. */
  counted() {
    return this.inView(["hazards"]).records.reduce((sum, { properties }) => sum + (properties.count || 0), 0);
  },

  /* How many hazards the tiles that are there show: single records counted once, cells with what they count. */
  hazards() {
    const ids = new Set();
    let sum = 0;
    for (const { el } of this.current()) {
      for (const { layer, properties } of el.clearway.shapes) {
        if (layer !== "hazards") continue;
        if (properties.cell) sum += properties.count;
        else ids.add(properties.id);
      }
    }
    return sum + ids.size;
  },
});

function meets(shape, x, y, reach) {
  const [west, north, east, south] = shape.box;
  if (x < west - reach || x > east + reach || y < north - reach || y > south + reach) return false;
  if (shape.properties.cell) return x >= west && x < east && y >= north && y < south && shape.properties.count > 0;
  if (shape.type === 3 && inside(shape.parts, x, y)) return true;
  return shape.parts.some((part) => near(part, x, y, shape.type === 1 ? reach * 1.3 : shape.type === 2 ? reach : reach * 0.5));
}

function inside(parts, x, y) {
  let within = false;
  for (const part of parts) {
    for (let k = 0; k + 3 < part.length; k += 2) {
      const [ax, ay, bx, by] = [part[k], part[k + 1], part[k + 2], part[k + 3]];
      if (ay > y !== by > y && x < (bx - ax) * (y - ay) / (by - ay) + ax) within = !within;
    }
  }
  return within;
}

function near(part, x, y, reach) {
  for (let k = 0; k < part.length; k += 2) {
    const ax = part[k], ay = part[k + 1], dx = (part[k + 2] ?? ax) - ax, dy = (part[k + 3] ?? ay) - ay;
    const length = dx * dx + dy * dy;
    const along = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    if (Math.hypot(x - ax - along * dx, y - ay - along * dy) <= reach) return true;
  }
  return false;
}
