/* Search: a field with a list below it that arrow keys walk through (the combobox pattern of WAI-ARIA 1.2). */
import { ask, times } from "./state.js";
import { layerName, number, t } from "./words.js";

const { L } = window;
const { element } = window.clearway.tools;
const PAUSE_MS = 220;

export function searching(map) {
  const input = document.getElementById("search"), list = document.getElementById("found"), say = document.getElementById("found-told");
  let found = [], active = -1, waiting = 0, calling = null, pin = null;

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function mark(place) {
    active = place;
    for (const [k, line] of [...list.children].entries()) line.setAttribute("aria-selected", String(k === place));
    if (place < 0) return;
    input.setAttribute("aria-activedescendant", `found-${place}`);
    list.children[place].scrollIntoView({ block: "nearest" });
  }
  function go(one) {
    const at = [one.at[1], one.at[0]];
    if (pin) pin.remove();
    const name = element("div", one.name);
    pin = L.circleMarker(at, { radius: 9, color: "#1E5AA8", weight: 3, fillOpacity: 0, interactive: false }).addTo(map);
    pin.bindTooltip(name, { permanent: true, direction: "top", offset: [0, -8] }).openTooltip();
    if (one.box) map.fitBounds([[one.box[1], one.box[0]], [one.box[3], one.box[2]]], { maxZoom: 16, padding: [60, 60], animate: false });
    else map.setView(at, Math.max(map.getZoom(), 14), { animate: false });
    input.value = one.name;
    close();
    map.fire("found", { one });
  }
  function show({ found: answer, message }) {
    found = answer;
    list.replaceChildren(...found.map((one, k) => {
      const line = element("li");
      line.id = `found-${k}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      const kind = one.kind === "coordinate" ? t("coordinate") : layerName(one.kind);
      line.append(element("b", one.name), element("span", [kind, one.detail].filter(Boolean).join(", ")));
      line.addEventListener("mousedown", (event) => { event.preventDefault(); go(one); });
      return line;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    say.classList.toggle("cw-unseen", found.length > 0);
    say.textContent = found.length ? t("search_count", { number: number(found.length) }) : message || t("search_none");
    active = -1;
  }
  async function look() {
    const text = input.value.trim();
    if (calling) calling.abort();
    say.classList.add("cw-unseen");
    if (!text) { close(); return; }
    calling = new AbortController();
    try {
      show(await ask(`/maps/search?${times()}&${new URLSearchParams({ q: text })}`, calling.signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      close();
      say.classList.remove("cw-unseen");
      say.textContent = error.message;
    }
  }
  input.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(look, PAUSE_MS);
  });
  input.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { await look(); return; }
      mark((active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1) + found.length) % found.length);
    } else if (event.key === "Escape") {
      close();
      say.classList.add("cw-unseen");
    } else if (event.key === "Enter") {
      event.preventDefault();
      window.clearTimeout(waiting);
      if (list.hidden) await look();
      const one = found[Math.max(active, 0)];
      if (one && !list.hidden) go(one);
    }
  });
  input.addEventListener("blur", () => { close(); say.classList.add("cw-unseen"); });
}
