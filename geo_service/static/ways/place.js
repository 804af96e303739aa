/* A field for a place: what is typed is searched for, the arrow keys walk through what is found (combobox of WAI-ARIA 1.2). */
import { ask, times } from "../overview/state.js";
import { layerName, number, t } from "../overview/words.js";

const { element } = window.clearway.tools;
const PAUSE_MS = 220;
const PLACES = new Set(["settlements", "coordinate"]);

/* What the form is given for something found: a name that only one bears, else the id; a place as longitude,latitude. */
function written(one, found) {
  if (one.kind !== "settlements") return `${one.at[0].toFixed(6)},${one.at[1].toFixed(6)}`;
  return found.filter((other) => other.name === one.name).length > 1 ? one.id : one.name;
}

export function placeField(name, chosen) {
  const input = document.getElementById(name), list = document.getElementById(`${name}-found`), say = document.getElementById(`${name}-told`);
  let found = [], active = -1, waiting = 0, calling = null;

  function close() {
    list.hidden = true;
    active = -1;
    say.classList.add("cw-unseen");
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function mark(place) {
    active = place;
    for (const [k, line] of [...list.children].entries()) line.setAttribute("aria-selected", String(k === place));
    input.setAttribute("aria-activedescendant", `${name}-found-${place}`);
    list.children[place].scrollIntoView({ block: "nearest" });
  }
  function take(one) {
    input.value = written(one, found);
    close();
    chosen(one);
  }
  function show({ found: answer, message }) {
    found = answer.filter((one) => PLACES.has(one.kind));
    list.replaceChildren(...found.map((one, k) => {
      const line = element("li");
      line.id = `${name}-found-${k}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      const kind = one.kind === "coordinate" ? t("coordinate") : layerName(one.kind);
      line.append(element("b", one.name), element("span", [kind, one.id === one.name || one.kind === "coordinate" ? "" : one.id, one.detail].filter(Boolean).join(", ")));
      line.addEventListener("mousedown", (event) => { event.preventDefault(); take(one); });
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
    } else if (event.key === "Escape") close();
    else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      take(found[active]);
    }
  });
  input.addEventListener("blur", () => {
    window.clearTimeout(waiting);
    if (calling) calling.abort();
    close();
  });
}
