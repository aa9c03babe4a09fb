"use strict";
// The list of views, and which of them is shown.

const VIEWS = [["overview", "Overview", overview], ["funnel", "Stages and reasons", funnel], ["rules", "Rules", rules], ["samples", "Samples", samples], ["mixture", "Mixture", mixture],
  ["duplicates", "Duplicates", duplicates], ["lengths", "Lengths", lengths], ["sites", "Sites", sites], ["quality", "Classifier", quality], ["contamination", "Contamination", contamination], ["rights", "Rights", rights], ["times", "Times", times],
  ...(data.labels ? [["labels", "Labels", labelled]] : []), ...(data.against ? [["drift", "Changes", drift]] : [])];
const nav = document.querySelector("nav");
nav.append(...VIEWS.map(([name, title]) => make("a", { href: `#${name}` }, title)));

function render(view, path) {
  const [name, title, fill] = view;
  const section = make("section", { id: `view-${name}`, "aria-label": title }, make("h2", {}, title));
  fill(section, ...path);
  if (data.shortened && name === "samples") section.append(make("p", { class: "soft" }, data.shortened));
  return section;
}

function show() {
  const [name, ...path] = location.hash.slice(1).split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
  const view = VIEWS.find((entry) => entry[0] === name) || VIEWS[0];
  for (const anchor of nav.children) {
    if (anchor.getAttribute("href") === `#${view[0]}`) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  main.replaceChildren(render(view, view[0] === name ? path : []));
  window.scrollTo(0, 0);
}

window.addEventListener("hashchange", () => { if (location.hash !== "#main") show(); });
window.addEventListener("beforeprint", () => main.replaceChildren(...VIEWS.map((view) => render(view, []))));
window.addEventListener("afterprint", show);
show();
