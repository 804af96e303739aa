/* The words of a page in its language, and numbers and dates as that language writes them. */
"use strict";
window.clearwaySay = (() => {
  let kept;
  /* A page with a map loads its scripts before its data: read at the first word. */
  const data = () => (kept ??= JSON.parse(document.getElementById("clearway-data").textContent));
  /* Browsers often lack Azerbaijani: it writes numbers as German does, and the catalogue has its months. */
  const locale = () => (data().language === "az" ? "de" : data().language);
  function t(key, put = {}) {
    const { words } = data();
    if (!(key in words)) throw new Error(`no words for ${key}`);
    return words[key].replace(/\{(\w+)\}/g, (all, name) => (name in put ? put[name] : all));
  }
  const of = (prefix, code) => data().words[`${prefix}_${code}`] ?? code;
  const number = { format: (value, digits = 0) => value.toLocaleString(locale(), { maximumFractionDigits: digits }) };
  function date(iso) {
    const [year, month, day] = iso.split("-").map(Number);
    return t("date_form", { day, month: t("months").split(",")[month - 1], year });
  }
  /* What the service says is English, whatever the page speaks: those who hear the page are told so. */
  function own(node, text) {
    node.textContent = text;
    if (data().language !== "en") node.lang = "en";
    return node;
  }
  return { t, of, number, date, own, get language() { return data().language; } };
})();
