"use strict";
// Views of what decides: rules and their bounds, the classifier, rights.

// Pages that reach the filters, of the sources that the judged sample is of.
const filtered = () => (data.rules ? sum(data.outcomes.filter((row) => data.rules.sources.includes(row[0]) && !["skipped", "damaged"].includes(row[1]) && row[2] !== "extract"), (row) => row[4]) : 0);
const bound = (value) => Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });

// What a rule does with its bound at an edge: bins up to that edge are on its low side.
function atEdge(one, edge) {
  const low = (counts) => sum(counts.slice(0, edge + 1), (count) => count), whole = (counts) => sum(counts, (count) => count);
  const outside = (counts) => (one.side === "least" ? low(counts) : whole(counts) - low(counts));
  return { alone: outside(one.passed) + outside(one.failed), only: outside(one.passed) };
}

function boundSlider(one) {
  const own = one.edges.indexOf(one.bound), pages = data.rules.pages, whole = filtered();
  const chart = make("div", { class: "chart" }), told = make("p", { id: "bound-told", role: "status" });
  const slider = make("input", { type: "range", id: "bound", min: "0", max: String(one.edges.length - 1), step: "1", value: String(own) });
  const before = atEdge(one, own);
  const label = (at) => (at === 0 ? `below ${bound(one.edges[0])}` : bound(one.edges[at - 1]));
  const update = () => {
    const edge = Number(slider.value), now = atEdge(one, edge), more = before.only - now.only;
    const inside = (at) => (one.side === "least" ? at > edge : at <= edge);
    const bins = one.passed.map((count, at) => ({ label: at === 0 && one.edges[0] === 0 ? "0" : label(at), told: at === one.edges.length ? `${bound(one.edges[at - 1])} and more` : `${label(at)} to ${bound(one.edges[at])}`,
      parts: [[inside(at) ? "kept" : "dropped", count], ["unused", one.failed[at]]] }));
    chart.replaceChildren(histogram(`Pages by ${words(one.rule)}`, bins, [[own + 1, "bound", `recipe ${bound(one.bound)}`], ...(edge === own ? [] : [[edge + 1, "moved", bound(one.edges[edge])]])]));
    const [low, high] = interval(Math.abs(more), pages);
    const change = edge === own ? "" : more === 0 ? " As many pages would stay." : ` ${number(Math.abs(more))} ${more > 0 ? "more" : "fewer"} would stay, ${percent(Math.abs(more), pages)} of the sample: of ${number(whole)} pages about ${number((Math.abs(more) / pages) * whole)} (${number(low * whole)} to ${number(high * whole)}).`;
    told.textContent = `With the bound at ${bound(one.edges[edge])}${edge === own ? ", the recipe's," : ""} the rule drops ${number(now.alone)} of ${number(pages)} pages, ${number(now.only)} of them that no other rule drops.${change}`;
    slider.setAttribute("aria-valuetext", bound(one.edges[edge]));
  };
  slider.addEventListener("input", update);
  const back = make("button", { type: "button" }, "the recipe's");
  back.addEventListener("click", () => { slider.value = String(own); update(); });
  update();
  return [make("div", { class: "controls" }, make("label", { class: "wide" }, `Bound: the ${one.side} that passes `, slider), back), told,
    legend([["kept", "stays"], ["dropped", "dropped by this rule alone"], ["unused", "dropped by another rule, at any bound"]]), chart];
}

function rules(section, rule = "", value = "") {
  const told = data.rules;
  if (!told || !told.pages) { section.append(make("p", {}, "OUT holds no judged pages: the run has no crawl, or output.unjudged is 0.")); return; }
  section.append(make("p", {}, `A sample of ${number(told.pages)} pages as extracted, by hash, of ${told.sources.join(", ")}; each was judged by every rule of the recipe by itself. ${number(told.dropped)} (${percent(told.dropped, told.pages)}) are dropped by at least one.`));
  const alone = Object.fromEntries(told.rules.map((row) => [row.rule, row.alone]));
  const named = (one) => `${words(one.rule)}${told.histograms.filter((other) => other.rule === one.rule).length > 1 ? `, bound ${bound(one.bound)}` : ""}`;
  const first = [...told.histograms].sort((a, b) => alone[b.rule] - alone[a.rule])[0];
  const one = told.histograms.find((own) => own.rule === rule && (!value || String(own.bound) === value)) || told.histograms.find((own) => own.rule === rule) || first;
  if (one) {
    const key = (own) => JSON.stringify([own.rule, String(own.bound)]);
    section.append(make("h3", {}, "If the bound were elsewhere"), make("div", { class: "controls" }, choice("Rule", told.histograms.map((own) => [key(own), named(own)]), key(one), (chosen) => { location.hash = ["rules", ...JSON.parse(chosen)].map(encodeURIComponent).join("/"); })));
    if (data.meanings[one.rule]) section.append(make("p", { class: "soft" }, `${one.rule}: ${data.meanings[one.rule]}`));
    section.append(...boundSlider(one));
  }
  const measured = new Set(told.histograms.map((own) => own.rule));
  section.append(make("h3", {}, "What each rule drops of the sample"), table(
    [["rule", (row) => (measured.has(row.rule) ? link(row.rule, "rules", row.rule) : row.rule), "", (row) => row.rule], ["drops", (row) => number(row.alone), "n", (row) => row.alone], ["of all", (row) => percent(row.alone, told.pages), "n", (row) => row.alone],
      ["as the first", (row) => number(row.first), "n", (row) => row.first], ["no other does", (row) => number(row.only), "n", (row) => row.only],
      ["samples", (row) => (hasSamples("dropped", "filter", row.rule) ? link("texts", "samples", "dropped", "filter", row.rule) : "")], ["meaning", (row) => data.meanings[row.rule] || (row.rule === "language" ? "another language than those kept, or not sure enough" : "")]],
    told.rules, { id: "rules", sortable: true }));
  if (told.overlaps.length) section.append(make("h3", {}, "Rules that drop the same pages"), table(
    [["rule", (row) => row[0], "", (row) => row[0]], ["and", (row) => row[1], "", (row) => row[1]], ["pages both drop", (row) => number(row[2]), "n", (row) => row[2]], ["of the first rule's", (row) => percent(row[2], alone[row[0]]), "n", (row) => row[2] / alone[row[0]]], ["of the second's", (row) => percent(row[2], alone[row[1]]), "n", (row) => row[2] / alone[row[1]]]],
    told.overlaps, { id: "overlaps", sortable: true }));
}

function calibration(told) {
  const points = told.calibration.map((one) => [one.mean_score, one.references, `score ${decimal(one.mean_score, 3)}: ${percent(one.references, 1)} of ${number(one.windows)} windows are references`]);
  const kept = told.keep_rate ? told.keep_rate.threshold.map((one) => [one.threshold, one.kept, `from ${one.threshold}: ${percent(one.kept, 1)} kept`]) : [];
  return make("div", { class: "pair" },
    make("div", {}, make("h3", {}, "Calibration"), curves("Share of references by score", "mean score of a tenth", "share that are references", [{ name: "diagonal", points: [[0, 0], [1, 1]] }, { name: "achieved", points, dots: true }]),
      make("p", { class: "soft" }, "On the diagonal a score is the chance that a text is a reference. References and crawl weigh the same.")),
    kept.length ? make("div", {}, make("h3", {}, "What a threshold keeps of the crawl"), curves("Share kept by threshold", "threshold", "share kept", [{ name: "achieved", points: kept, dots: true }]),
      make("p", { class: "soft" }, `GPT-3's rule keeps by chance: ${told.keep_rate.pareto.map((one) => `alpha ${one.alpha} ${percent(one.kept, 1)}`).join(", ")}.`)) : null);
}

function quality(section) {
  const told = data.quality;
  if (!told) { section.append(make("p", {}, "The recipe asks for no classifier.")); return; }
  const names = ["f1", "auc", "precision", "recall", "brier", "auc_of_length", "auc_of_function_words", "spearman", "spearman_of_length"].filter((name) => typeof told[name] === "number");
  section.append(table(names.map((name) => [words(name), (own) => decimal(own[name], 3), "n"]), [told], { id: "measures" }),
    make("p", { class: "soft" }, "On sites and texts the classifier has not learned from."));
  if (told.calibration && told.calibration.length) section.append(calibration(told));
  section.append(make("h3", {}, "Scores"), legend(["kept", "dropped"]));
  for (const [name, own] of Object.entries(told.documents || {})) {
    const gone = own.histogram.map((_, at) => sum(data.scores.filter((row) => row[0] === name && row[1] === at), (row) => row[2]));
    section.append(make("h3", {}, `${name}: ${number(own.kept)} of ${number(own.documents)} documents kept`),
      histogram(`Scores of ${name}`, own.histogram.map((count, at) => ({ label: (at / own.histogram.length).toFixed(2), parts: [["kept", count - gone[at]], ["dropped", gone[at]]] }))));
    if ((own.lengths || []).length) section.append(lengthsOf(name, own));
  }
  for (const [sign, several] of Object.entries(told.words || {})) section.append(make("h3", {}, `Words ${sign}`), make("p", {}, several.map((one) => one.word).join(" ")));
  const harms = Object.entries(told.corruptions || {});
  if (harms.length) section.append(make("h3", {}, "Which damage the score notices"), table([["damage", ([name]) => words(name), "", ([name]) => name], ["a reference outscores a damaged one", ([, share]) => percent(share, 1), "n", ([, share]) => share]], harms, { id: "corruptions", sortable: true }),
    make("p", { class: "soft" }, "50 % is chance: damage that the score does not notice."));
  for (const [state, title] of [["kept", "The lowest scores that were kept"], ["dropped", "The highest scores that were dropped"]]) {
    const several = (told.extremes || {})[state] || [];
    if (several.length) section.append(make("h3", {}, title), ...several.map((one) => make("article", {}, make("header", {}, make("strong", {}, `score ${decimal(one.score, 4)} `), `${one.source} `, make("span", { class: "soft" }, one.url || one.id)), make("pre", { tabindex: "0" }, one.text))));
  }
}

// Documents of a source by score and length.
function lengthsOf(name, own) {
  const found = own.lengths, low = Math.min(...found.map((cell) => cell[1])), high = Math.max(...found.map((cell) => cell[1]));
  const rows = Array.from({ length: high - low + 1 }, (_, at) => number(data.edges[low + at]));
  return make("details", {}, make("summary", {}, "Score against length"), heat(`Scores and lengths of ${name}`, found.map(([score, length, count]) => [score, length - low, count]), own.histogram.map((_, at) => (at / own.histogram.length).toFixed(2)), rows, "score from", "characters from"));
}

function rights(section) {
  const { refused, licenses, edits } = data.rights;
  const kept = (own) => Object.entries(own).map(([name, count]) => ({ name, count }));
  const reasons = data.outcomes.filter((row) => /^(optout|license)_/.test(row[3]));
  const byReason = unique(reasons.map((row) => row[3])).map((reason) => { const own = reasons.filter((row) => row[3] === reason); return { reason, state: own[0][1], stage: own[0][2], records: sum(own, (row) => row[4]) }; });
  section.append(make("h3", {}, "Pages kept out by what they or their sites say"), byReason.length ? table(
    [["reason", (row) => reasonCell(row)], ["records", (row) => number(row.records), "n", (row) => row.records], ["meaning", (row) => data.meanings[row.reason] || ""]], byReason, { id: "refusals", sortable: true }) : make("p", {}, "None: no site has opted out, or the recipe honours no opt-outs (rights)."));
  if (refused.rows && refused.rows.length) section.append(make("h3", {}, "By site"), make("p", { class: "soft" }, `${number(refused.rows.length)} of ${number(refused.count)} pairs of site and reason, those with the most records.`), table(
    [["site", (row) => row[0], "", (row) => row[0]], ["reason", (row) => row[1], "", (row) => row[1]], ["records", (row) => number(row[2]), "n", (row) => row[2]]], refused.rows, { id: "refused", sortable: true }));
  for (const [title, own, id] of [["Licences that pages state", licenses, "licenses"], ["Personal data replaced or cut, of texts that were kept", edits, "edits"]]) if (Object.keys(own).length) section.append(make("h3", {}, title), table(
    [["kind", (row) => row.name, "", (row) => row.name], ["times", (row) => (typeof row.count === "number" ? number(row.count) : JSON.stringify(row.count)), "n", (row) => row.count]], kept(own), { id, sortable: true }));
}
