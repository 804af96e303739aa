/* What changed since a day: the approved changesets, each a link to what it changed. */
import { ask, given } from "./state.js";
import { date, number, t } from "./words.js";

const { element } = window.clearway.tools;
const PAGE = 200, PAGES = 5, MOST = 50;

async function approvedSince(day) {
  const found = [];
  let before = "";
  for (let page = 0; ; page += 1) {
    const { changesets } = await ask(`/changesets?limit=${PAGE}${before}`);
    for (const one of changesets) if (one.recorded_at && one.recorded_at.slice(0, 10) >= day) found.push(one);
    const last = changesets[changesets.length - 1];
    // They come by when they were received, and may wait long for their approval: so earlier pages are looked at too.
    if (changesets.length < PAGE || found.length >= MOST || page === PAGES) return found.slice(0, MOST);
    before = `&before=${last.id}`;
  }
}

export async function showChanges() {
  const input = document.getElementById("since");
  if (!input) return;
  const list = document.getElementById("changes"), say = document.getElementById("changes-told");
  async function look() {
    if (!input.value) return;
    try {
      const found = await approvedSince(input.value);
      say.textContent = found.length === MOST ? t("changes_most", { number: number(MOST) }) : t("changes_count", { number: number(found.length) });
      list.replaceChildren(...found.map((one) => {
        const line = element("li"), link = element("a", one.message || one.source_name || `${one.id}`);
        link.href = `${given.base}/maps/review/${one.id}`;
        line.append(link, element("span", t("change_line", { date: date(one.recorded_at.slice(0, 10)), layer: one.layer, accepted: number(one.accepted), author: one.author })));
        return line;
      }));
    } catch (error) {
      say.textContent = error.message;
    }
  }
  const [year, month, day] = given.known_at.slice(0, 10).split("-").map(Number);
  input.value = new Date(Date.UTC(year, month - 1, day - 30)).toISOString().slice(0, 10);
  input.addEventListener("change", look);
  await look();
}
