/* The map's search: what is chosen is shown, with its name over it. */
import { combobox } from "./combobox.js";

const { L } = window;
const { element } = window.clearway.tools;

export function searching(map) {
  const input = document.getElementById("search");
  let pin = null;

  function take(one) {
    const at = [one.at[1], one.at[0]];
    if (pin) pin.remove();
    const name = element("div", one.name);
    pin = L.circleMarker(at, { radius: 9, color: "#1E5AA8", weight: 3, fillOpacity: 0, interactive: false }).addTo(map);
    pin.bindTooltip(name, { permanent: true, direction: "top", offset: [0, -8] }).openTooltip();
    if (one.box) map.fitBounds([[one.box[1], one.box[0]], [one.box[3], one.box[2]]], { maxZoom: 16, padding: [60, 60], animate: false });
    else map.setView(at, Math.max(map.getZoom(), 14), { animate: false });
    input.value = one.name;
    map.fire("found", { one });
  }
  combobox({ input, list: document.getElementById("found"), say: document.getElementById("found-told"), take, atOnce: true });
}
