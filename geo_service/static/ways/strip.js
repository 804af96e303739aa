/* The strip of a way: metres by evidence from its beginning to its end, by mouse and by arrow keys. */
export function strip(box, say, shown) {
  const parts = [...box.querySelectorAll("[data-part]")];
  let at = 0;

  function show(place) {
    at = Math.max(0, Math.min(parts.length - 1, place));
    for (const [k, part] of parts.entries()) part.classList.toggle("cw-at-it", k === at);
    box.setAttribute("aria-valuenow", String(at + 1));
    box.setAttribute("aria-valuetext", parts[at].title);
    say.textContent = parts[at].title;
    shown(at);
  }
  /* The stretch under a place of the strip: slivers too narrow to point at are reached by keys. */
  function under(event) {
    const { left, width } = box.getBoundingClientRect(), share = 100 * (event.clientX - left) / width;
    return parts.findLastIndex((part) => Number.parseFloat(part.style.left) <= share);
  }
  const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
  box.addEventListener("keydown", (event) => {
    if (event.key in STEPS) show(at + STEPS[event.key]);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(parts.length - 1);
    else return;
    event.preventDefault();
  });
  box.addEventListener("focus", () => show(at));
  box.addEventListener("mousemove", (event) => show(under(event)));
  box.addEventListener("click", (event) => show(under(event)));
  const gone = () => {
    for (const part of parts) part.classList.remove("cw-at-it");
    shown(-1);
  };
  box.addEventListener("blur", gone);
  box.addEventListener("mouseleave", gone);
}
