/* Layers to switch on and off, each with its symbols: painted by what paints the map. */
import { cell, disc, mark, paint, styleOf } from "./paint.js";
import { change, given, state } from "./state.js";
import { layerName, t } from "./words.js";

const { element } = window.clearway.tools;
const SYMBOLS = {
  hazards: [
    ["symbol_cha", { classification: "CHA", status: "open", state: "open" }],
    ["symbol_sha", { classification: "SHA", status: "open", state: "open" }],
    ["symbol_worked_on", { classification: "CHA", status: "worked_on", state: "open" }],
    ["symbol_suspended", { classification: "SHA", status: "suspended", state: "open" }],
    ["symbol_released", { classification: "SHA", status: "open", state: "released" }],
    ["symbol_cell", "cell"],
  ],
  releases: [
    ["symbol_handed_over", { product: "cleared", in_effect: true, handed_over: true }],
    ["symbol_cleared", { product: "cleared", in_effect: true }],
    ["symbol_reduced", { product: "reduced", in_effect: true }],
    ["symbol_cancelled", { product: "cancelled", in_effect: true }],
    ["symbol_not_in_effect", { product: "cleared", in_effect: false }],
  ],
  surveys: [["symbol_survey", {}]],
  incidents: [["symbol_accident", { kind: "accident" }], ["symbol_incident", { kind: "incident" }]],
  spots: [["symbol_spot", {}]],
  roads: [
    ["symbol_road_unassessed", { eo_status: "not_assessed" }],
    ["symbol_road_verified", { eo_status: "verified" }],
    ["symbol_road_restricted", { eo_status: "restricted" }],
    ["symbol_road_closed", { eo_status: "closed" }],
  ],
  settlements: [["symbol_settlement", {}]],
  districts: [["symbol_district", "bar"]],
};
const ORDER = ["hazards", "releases", "surveys", "incidents", "spots", "roads", "settlements", "districts"];
const GEOMETRY = { incidents: "point", spots: "point", settlements: "point", roads: "line" };
const WIDTH = 36, HEIGHT = 20;

export const STATES = { CHA: "#E00000", SHA: "#F4A718", cancelled: "#CBD2D9", reduced: "#A0AEC0", cleared: "#718096", surveyed_no_evidence: "#9DB2E0", no_recorded_hazard: "#FFFFFF" };

function swatch(layer, sample) {
  const canvas = element("canvas", undefined, "cw-key"), ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  if (sample === "cell") cell(context, 18, 10, 9, { count: 12, open: true, cha: 1, sha: 2 });
  else if (sample === "bar") {
    let x = 1;
    for (const [colour, width] of [[STATES.CHA, 4], [STATES.SHA, 6], [STATES.cleared, 6], [STATES.no_recorded_hazard, 18]]) {
      context.fillStyle = colour;
      context.fillRect(x, 6, width, 8);
      x += width;
    }
    context.strokeStyle = "#4a5568";
    context.strokeRect(1.5, 6.5, 33, 8);
  } else {
    const style = styleOf(layer, sample), kind = GEOMETRY[layer], path = new Path2D();
    if (kind === "point") paint(context, layer === "settlements" ? disc(18, 10, style.radius + 1) : mark(layer, 18, 10, style), style, ratio);
    else if (kind === "line") {
      path.moveTo(1, 10);
      path.lineTo(35, 10);
      paint(context, path, { ...style, weight: Math.max(2.2, style.weight) }, ratio, { area: false });
    } else {
      path.rect(2, 2, WIDTH - 4, HEIGHT - 4);
      paint(context, path, style, ratio);
    }
  }
  return canvas;
}

export function showLegend() {
  const box = document.getElementById("legend");
  box.replaceChildren(...ORDER.filter((one) => given.layers.includes(one)).map((layer) => {
    const group = element("div", undefined, "cw-layer"), label = element("label"), input = element("input"), list = element("ul");
    input.type = "checkbox";
    input.checked = state.layers.has(layer);
    input.dataset.layer = layer;
    input.addEventListener("change", () => {
      const layers = new Set(state.layers);
      if (input.checked) layers.add(layer); else layers.delete(layer);
      change({ layers });
    });
    label.append(input, layerName(layer));
    for (const [key, sample] of SYMBOLS[layer]) {
      const line = element("li");
      line.append(swatch(layer, sample), element("span", t(key)));
      list.append(line);
    }
    group.append(label, list);
    return group;
  }));
}
