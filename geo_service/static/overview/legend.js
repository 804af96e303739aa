/* Layers to switch on and off, each with its symbols: painted by what paints the map. */
import { cell, disc, mark, paint, styleOf } from "./paint.js";
import { change, given, state } from "./state.js";
import { capital, layerName, t, word } from "./words.js";

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
  roads: Object.keys(given.evidence).map((evidence) => [evidence, { evidence }]),
  settlements: [["symbol_settlement", {}]],
  districts: [["symbol_boundary", {}], ["symbol_district", "bar"]],
};
const ORDER = ["hazards", "releases", "surveys", "incidents", "spots", "roads", "settlements", "districts"];
const GEOMETRY = { incidents: "point", spots: "point", settlements: "point", roads: "line", districts: "line" };
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
      paint(context, path, style, ratio, { area: false });
    } else {
      path.rect(2, 2, WIDTH - 4, HEIGHT - 4);
      paint(context, path, style, ratio);
    }
  }
  return canvas;
}

/* A box to tick that switches a layer on and off. */
function switchOf(layer, name) {
  const label = element("label"), input = element("input");
  input.type = "checkbox";
  input.checked = state.layers.has(layer);
  input.dataset.layer = layer;
  input.addEventListener("change", () => {
    const layers = new Set(state.layers);
    if (input.checked) layers.add(layer); else layers.delete(layer);
    change({ layers });
  });
  label.append(input, name);
  return label;
}

/* Says what of the background is not to be had; the records above it are whole. Without a reason there is none: it goes. */
export function sayUnder(name, reason) {
  const said = document.querySelector(`[data-under="${name}"]`);
  if (reason === null) said.parentElement.hidden = true;
  else said.textContent = t("background_missing", { reason });
}

export function showLegend() {
  const box = document.getElementById("legend");
  box.replaceChildren(...ORDER.filter((one) => given.layers.includes(one)).map((layer) => {
    const group = element("div", undefined, "cw-layer"), list = element("ul");
    for (const [key, sample] of SYMBOLS[layer]) {
      const line = element("li");
      line.append(swatch(layer, sample), element("span", layer === "roads" ? capital(word(key)) : t(key)));
      list.append(line);
    }
    group.append(switchOf(layer, layerName(layer)), list);
    if (layer === "roads") {
      const said = element("p", "", "cw-small");
      said.id = "ways-told";
      said.setAttribute("role", "status");
      group.append(said);
    }
    return group;
  }));
  const below = { hillshade: t("hillshade"), background: t("background"), water: t("water") };
  box.append(...given.under.map((one) => {
    const group = element("div", undefined, "cw-layer"), said = element("p", "", "cw-small");
    said.dataset.under = one;
    said.setAttribute("role", "status");
    const name = switchOf(one, below[one]);
    if (one === "water") name.append(swatch("water", { kind: "area" }));
    group.append(name, said);
    return group;
  }));
}

/* Says of the roads that they are still to come, or that the map is too small for all of them. */
export function sayWays(text) {
  const said = document.getElementById("ways-told");
  if (said) said.textContent = text;
}
