/* The date: typed, slid over the whole record month by month, or played; and the other date and the knowledge time. */
import { change, given, state } from "./state.js";
import { date, t } from "./words.js";

const STEP_MS = 700;
const byId = (id) => document.getElementById(id);

/* The last day of each month from the first record to today, and today. */
export function months(begins, today) {
  const found = [];
  let [year, month] = begins.split("-").map(Number);
  for (;;) {
    const last = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
    if (last >= today) return [...found, today];
    found.push(last);
    month += 1;
    if (month > 12) [year, month] = [year + 1, 1];
  }
}

export function timebar(settled) {
  const slider = byId("slider"), asOf = byId("as-of"), play = byId("play"), comparing = byId("comparing"), compare = byId("compare"), knownAt = byId("known-at");
  const dates = months(given.begins || given.today, given.today);
  let playing = false, moving = 0;

  slider.max = String(dates.length - 1);
  slider.disabled = play.disabled = dates.length < 2;
  const nearest = (day) => { const place = dates.findIndex((one) => one >= day); return place < 0 ? dates.length - 1 : place; };
  function follow() {
    asOf.value = state.asOf;
    slider.value = String(nearest(state.asOf));
    slider.setAttribute("aria-valuetext", date(state.asOf));
    comparing.checked = Boolean(state.compare);
    compare.hidden = !state.compare;
    compare.value = state.compare;
    knownAt.value = state.knownAt;
    for (const link of document.querySelectorAll("[data-language]")) link.toggleAttribute("data-ready", true);
  }
  async function run() {
    while (playing) {
      const place = nearest(state.asOf) + 1;
      if (place >= dates.length) break;
      const shown = settled();
      change({ asOf: dates[place] });
      await Promise.all([shown, new Promise((done) => window.setTimeout(done, STEP_MS))]);
    }
    stop();
  }
  function stop() {
    playing = false;
    play.setAttribute("aria-pressed", "false");
    play.textContent = t("play");
  }
  play.addEventListener("click", () => {
    if (playing) { stop(); return; }
    playing = true;
    play.setAttribute("aria-pressed", "true");
    play.textContent = t("pause");
    if (state.asOf >= dates[dates.length - 1]) change({ asOf: dates[0] });
    run();
  });
  slider.addEventListener("input", () => {
    stop();
    const day = dates[Number(slider.value)];
    asOf.value = day;
    slider.setAttribute("aria-valuetext", date(day));
    window.clearTimeout(moving);
    moving = window.setTimeout(() => change({ asOf: day }), 120);
  });
  asOf.addEventListener("change", () => { stop(); if (asOf.reportValidity()) change({ asOf: asOf.value }); });
  comparing.addEventListener("change", () => change({ compare: comparing.checked ? dates[Math.max(0, nearest(state.asOf) - 12)] : "" }));
  compare.addEventListener("change", () => { if (compare.value && compare.reportValidity()) change({ compare: compare.value }); });
  knownAt.addEventListener("change", () => change({ knownAt: knownAt.value.trim() }));
  follow();
  return { follow, dates };
}
