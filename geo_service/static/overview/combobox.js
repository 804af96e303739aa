/* A field with a list below it that arrow keys walk through (the combobox pattern of WAI-ARIA 1.2): what a search finds. */
import { ask, times } from "./state.js";
import { layerName, number, t } from "./words.js";

const { element } = window.clearway.tools;
const PAUSE_MS = 220;

/* `wanted` says which of what is found is shown, `also` what is said beside its kind, `take` what becomes of the one that
   is chosen, given it and all; with `atOnce` Enter looks, and takes the first where none is marked. */
export function combobox({ input, list, say, wanted = () => true, also = () => "", take, atOnce = false }) {
  let found = [], active = -1, waiting = 0, calling = null;

  function close() {
    list.hidden = true;
    active = -1;
    say.classList.add("cw-unseen");
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function stop() {
    window.clearTimeout(waiting);
    if (calling) calling.abort();
  }
  function mark(place) {
    active = place;
    for (const [k, line] of [...list.children].entries()) line.setAttribute("aria-selected", String(k === place));
    input.setAttribute("aria-activedescendant", list.children[place].id);
    list.children[place].scrollIntoView({ block: "nearest" });
  }
  function choose(one) {
    stop();
    close();
    take(one, found);
  }
  function option(one, k) {
    const line = element("li"), kind = one.kind === "coordinate" ? t("coordinate") : layerName(one.kind);
    line.id = `${list.id}-${k}`;
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", "false");
    line.append(element("b", one.name), element("span", [kind, also(one), one.detail].filter(Boolean).join(", ")));
    line.addEventListener("mousedown", (event) => { event.preventDefault(); choose(one); });
    return line;
  }
  function show({ found: answer, message }) {
    found = answer.filter(wanted);
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    input.removeAttribute("aria-activedescendant");
    say.classList.toggle("cw-unseen", found.length > 0);
    say.textContent = found.length ? t("search_count", { number: number(found.length) }) : message || t("search_none");
    active = -1;
  }
  async function look() {
    const text = input.value.trim();
    stop();
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
  async function enter(event) {
    if (!atOnce && (list.hidden || active < 0)) return;
    event.preventDefault();
    if (list.hidden) await look();
    const one = found[Math.max(active, 0)];
    if (one && !list.hidden) choose(one);
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
    else if (event.key === "Enter") await enter(event);
  });
  input.addEventListener("blur", () => {
    stop();
    close();
  });
}
