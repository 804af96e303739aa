/* Paints the symbols of map.js on a canvas: the same for tiles and legend, so that the legend is what the map shows. */
import { given } from "./state.js";

/* Roads carry what is known of them: colour, dash and width are given with the page, so that all pages have the same. */
const STYLES = { ...window.clearway.tools.STYLES, roads: ({ evidence }) => ({ ...given.evidence[evidence], fillOpacity: 0 }) };

/* Hatches are the second channel of each fill: they tell classes apart in grey print and for colour-blind readers. */
const HATCHES = {
  CHA: { side: 8, fill: "rgba(255,0,0,.5)", line: "#7A0000", width: 1.1, lines: [[-2, 10, 10, -2], [-2, 2, 2, -2], [6, 10, 10, 6]] },
  SHA: { side: 8, fill: "rgba(244,167,24,.5)", line: "#7A4E00", width: 1.1, lines: [[-2, -2, 10, 10], [6, -2, 10, 2], [-2, 6, 2, 10]] },
  reduced: { side: 8, fill: "rgba(136,146,160,.15)", line: "#4A5568", width: 1, lines: [[0, 4, 8, 4]] },
};
const patterns = new Map();
const styles = new Map();
const TELLING = ["evidence", "state", "status", "classification", "product", "in_effect", "handed_over", "eo_status", "class", "kind"];

function pattern(context, name, ratio) {
  const key = `${name}|${ratio}`;
  if (patterns.has(key)) return patterns.get(key);
  const { side, fill, line, width, lines } = HATCHES[name];
  const square = document.createElement("canvas");
  square.width = square.height = side * ratio;
  const brush = square.getContext("2d");
  brush.scale(ratio, ratio);
  brush.fillStyle = fill;
  brush.fillRect(0, 0, side, side);
  brush.strokeStyle = line;
  brush.lineWidth = width;
  brush.beginPath();
  for (const [x, y, to, down] of lines) {
    brush.moveTo(x, y);
    brush.lineTo(to, down);
  }
  brush.stroke();
  const made = context.createPattern(square, "repeat");
  made.setTransform(new DOMMatrix().scale(1 / ratio));
  patterns.set(key, made);
  return made;
}

/* The symbol of a record; records that look alike get the very same one. */
export function styleOf(layer, properties) {
  const key = `${layer}|${TELLING.map((name) => properties[name]).join("|")}`;
  if (!styles.has(key)) styles.set(key, { key, ...STYLES[layer](properties) });
  return styles.get(key);
}

/* Fills and outlines a path as a symbol says; `thin` makes outlines finer where the map is small. */
export function paint(context, path, style, ratio, { area = true, thin = 1 } = {}) {
  if (area && style.fillOpacity) {
    const hatch = /^url\(#cw-hatch-(\w+)\)$/.exec(style.fillColor);
    context.globalAlpha = hatch ? 1 : style.fillOpacity;
    context.fillStyle = hatch ? pattern(context, hatch[1], ratio) : style.fillColor || style.color;
    context.fill(path);
  }
  context.globalAlpha = 1;
  context.strokeStyle = style.color;
  context.lineWidth = style.weight * thin;
  context.setLineDash(style.dashArray ? style.dashArray.split(" ").map(Number) : []);
  context.lineJoin = "round";
  context.stroke(path);
}

export function disc(x, y, radius) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}

export function diamond(x, y, radius) {
  const path = new Path2D();
  path.moveTo(x, y - radius);
  path.lineTo(x + radius, y);
  path.lineTo(x, y + radius);
  path.lineTo(x - radius, y);
  path.closePath();
  return path;
}

/* The mark of a point record. */
export function mark(layer, x, y, style) {
  return layer === "spots" ? diamond(x, y, style.radius + 1.5) : disc(x, y, style.radius);
}

/* A counted cell: the disc grows with the number of hazards; its parts are the open m2 by class. White: none open. */
export function cell(context, x, y, radius, { count, open, cha, sha }, byClass = true) {
  const whole = disc(x, y, radius);
  context.setLineDash([]);
  context.fillStyle = "#fff";
  context.fill(whole);
  const sum = cha + sha;
  if (sum > 0) {
    let from = -Math.PI / 2;
    for (const [share, colour] of [[cha / sum, "#FF0000"], [sha / sum, "#F4A718"]]) {
      const to = from + share * 2 * Math.PI;
      const slice = new Path2D();
      slice.moveTo(x, y);
      slice.arc(x, y, radius, from, to);
      slice.closePath();
      context.globalAlpha = 0.6;
      context.fillStyle = colour;
      if (share > 0) context.fill(slice);
      from = to;
    }
  }
  context.globalAlpha = 1;
  context.strokeStyle = open ? "#C00000" : byClass ? "#555" : "#111";
  context.lineWidth = open ? 1.6 : 1.2;
  context.setLineDash(open || !byClass ? [] : [1, 3]);
  context.stroke(whole);
  if (radius < 8) return;
  context.fillStyle = "#111";
  context.font = `600 ${Math.min(13, radius)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 2.5;
  context.setLineDash([]);
  context.strokeStyle = "rgba(255,255,255,.85)";
  context.strokeText(String(count), x, y);
  context.fillText(String(count), x, y);
}
