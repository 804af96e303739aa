/* Tools of the map: measure a distance, measure an area, ask what an area holds, the whole screen; and the cursor. */
import { distance, mgrs, ringArea } from "./geodesy.js";
import { ask, given, state, times } from "./state.js";
import { area, layerName, metres, number, t } from "./words.js";

const { L } = window;
const { element } = window.clearway.tools;
const ASKED = ["hazards", "releases", "surveys", "incidents", "spots", "settlements", "roads"];
const MOST = 200;
/* Signs of the buttons, on a field of 20 by 20. */
const SIGNS = {
  measure_line: "M3 14L17 14M3 10V18M17 10V18M7 12V16M10 12V16M13 12V16M4 6H16",
  measure_area: "M4 16L3 7L10 3L17 8L14 17Z",
  ask_area: "M3 15L4 5L13 3L17 11L12 17ZM8 7.5A2 2 0 1 1 10 10V11.5M10 13.4V14",
  full_screen: "M3 8V3H8M12 3H17V8M17 12V17H12M8 17H3V12",
  whole_map: "M3 10L10 4L17 10M5 9V16H15V9",
};

function sign(key) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SIGNS[key]);
  svg.append(path);
  return svg;
}

export function cursor(map) {
  const box = element("div", t("cursor"), "cw-cursor");
  const Control = L.Control.extend({ onAdd: () => box });
  new Control({ position: "bottomleft" }).addTo(map);
  const say = (latlng) => {
    const at = latlng.wrap();
    box.textContent = `${mgrs(at.lng, at.lat)}   ${at.lat.toFixed(5)}, ${at.lng.toFixed(5)}`;
  };
  map.on("mousemove", (event) => say(event.latlng));
  // Without a mouse the middle of the map is what is pointed at.
  map.on("moveend", () => say(map.getCenter()));
}

/* Draws a line or a ring by clicks; a double click or Enter ends it, Escape leaves it. */
class Drawing {
  constructor(map, ring, told, ended) {
    Object.assign(this, { map, ring, told, ended, points: [] });
    this.line = (ring ? L.polygon : L.polyline)([], { color: "#1E5AA8", weight: 3, dashArray: "6 4", fillOpacity: 0.1, interactive: false }).addTo(map);
    map.getContainer().classList.add("cw-drawing");
    map.doubleClickZoom.disable();
    this.click = (event) => this.add(event.latlng);
    this.end = () => this.finish();
    this.key = (event) => {
      if (event.key === "Escape") this.stop();
      else if (event.key === "Enter" && this.points.length > 1) this.finish();
      else if (event.key === " ") { event.preventDefault(); this.add(map.getCenter()); }
    };
    map.on("click", this.click);
    map.on("dblclick", this.end);
    map.getContainer().addEventListener("keydown", this.key);
    map.getContainer().focus({ preventScroll: true });
    told(t(ring ? "draw_area" : "draw_line"));
  }

  add(latlng) {
    const at = latlng.wrap(), last = this.points[this.points.length - 1];
    if (last && last.equals(at, 1e-7)) return;
    this.points.push(at);
    this.line.setLatLngs(this.points);
    if (this.points.length > 1) this.told(this.measured());
  }

  measured() {
    const places = this.points.map((one) => [one.lng, one.lat]);
    const around = this.ring ? [...places, places[0]] : places;
    let length = 0;
    for (let k = 1; k < around.length; k += 1) length += distance(around[k - 1], around[k]);
    return this.ring && places.length > 2 ? t("measured_area", { area: area(ringArea(places)), length: metres(length) }) : t("measured_line", { length: metres(length) });
  }

  finish() {
    this.release();
    this.ended(this.points.map((one) => [one.lng, one.lat]));
  }

  release() {
    this.map.off("click", this.click);
    this.map.off("dblclick", this.end);
    this.map.getContainer().removeEventListener("keydown", this.key);
    this.map.getContainer().classList.remove("cw-drawing");
    window.setTimeout(() => this.map.doubleClickZoom.enable(), 300);
  }

  stop() {
    this.release();
    this.line.remove();
    this.ended(null);
  }
}

/* What an area holds, layer by layer: counted and named by the service. */
async function inArea(places) {
  const ring = [...places, places[0]].map(([x, y]) => `${x.toFixed(7)} ${y.toFixed(7)}`).join(", ");
  const filter = `S_INTERSECTS(geometry, POLYGON((${ring})))`;
  return Promise.all(ASKED.filter((one) => given.layers.includes(one)).map(async (layer) => {
    const query = new URLSearchParams({ filter, "filter-lang": "cql2-text", limit: String(MOST), f: "json" });
    const answer = await ask(`/collections/${layer}/items?${times()}&${query}`);
    return { layer, number: answer.numberMatched ?? answer.features.length, ids: answer.features.map((one) => one.id) };
  }));
}

export function tools(map, open) {
  const bar = element("div", undefined, "leaflet-bar cw-tools"), told = element("div", undefined, "cw-told");
  told.setAttribute("role", "status");
  told.hidden = true;
  let drawing = null;
  const say = (text) => { told.textContent = text; told.hidden = !text; };
  const buttons = [];
  function clear() {
    if (!drawing) return;
    const old = drawing;
    drawing = null;
    old.release();
    old.line.remove();
    say("");
    for (const one of buttons) one.setAttribute("aria-pressed", "false");
  }
  function button(key, act) {
    const made = element("button");
    made.append(sign(key));
    made.type = "button";
    made.title = t(key);
    made.setAttribute("aria-label", t(key));
    made.addEventListener("click", act);
    bar.append(made);
    return made;
  }
  function drawer(key, ring, done) {
    const made = button(key, () => {
      const again = made.getAttribute("aria-pressed") === "true";
      clear();
      if (again) return;
      made.setAttribute("aria-pressed", "true");
      const mine = new Drawing(map, ring, say, (places) => {
        if (!places || drawing !== mine) { clear(); return; }
        mine.done = true;
        if (done) done(places);
      });
      drawing = mine;
    });
    made.setAttribute("aria-pressed", "false");
    buttons.push(made);
  }
  drawer("measure_line", false);
  drawer("measure_area", true);
  drawer("ask_area", true, async (places) => {
    if (places.length < 3) { say(t("draw_area")); return; }
    say(t("loading"));
    try {
      const found = await inArea(places);
      const lines = found.filter((one) => one.number).map((one) => t("area_line", { layer: layerName(one.layer), number: number(one.number), ids: one.ids.slice(0, 12).join(", ") + (one.number > 12 ? " ..." : "") }));
      const head = t("area_holds", { area: area(ringArea(places)) });
      told.replaceChildren(element("b", head), ...(lines.length ? lines : [t("area_nothing")]).map((one) => element("p", one)));
    } catch (error) {
      say(error.message);
    }
  });
  const whole = button("full_screen", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  });
  whole.hidden = !document.fullscreenEnabled;
  button("whole_map", () => {
    const [west, south, east, north] = given.extent;
    map.fitBounds([[south, west], [north, east]], { animate: false });
  });
  L.DomEvent.disableClickPropagation(bar);
  L.DomEvent.disableScrollPropagation(bar);
  L.DomEvent.disableClickPropagation(told);
  L.control.zoom({ position: "topleft", zoomInTitle: t("zoom_in"), zoomOutTitle: t("zoom_out") }).addTo(map);
  new (L.Control.extend({ onAdd: () => bar }))({ position: "topleft" }).addTo(map);
  new (L.Control.extend({ onAdd: () => told }))({ position: "topright" }).addTo(map);
  map.on("click", (event) => { if (!drawing || drawing.done) open(event); });
  return { drawing: () => Boolean(drawing && !drawing.done), state };
}
