"use strict";
// Views of what decides: rules and their bounds, the classifier, rights.

// Pages that reach the filters, of the sources that the judged sample is of.
const filtered = () => (data.rules ? sum(data.outcomes.filter((row) => data.rules.sources.includes(row[0]) && !["skipped", "damaged"].includes(row[1]) && row[2] !== "extract"), (row) => row[4]) : 0);
const bound = (value) => Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });

// What a rule does with its bound at an edge: bins up to that edge are on its low side.
function atEdge(measured, edge) {
  const low = (counts) => sum(counts.slice(0, edge + 1), (count) => count), all = (counts) => sum(counts, (count) => count);
  const outside = (counts) => (measured.side === "least" ? low(counts) : all(counts) - low(counts));
  return { alone: outside(measured.passed) + outside(measured.failed), only: outside(measured.passed) };
}

function boundSlider(measured) {
  const recipeEdge = measured.edges.indexOf(measured.bound), pages = data.rules.pages, population = filtered();
  const chart = make("div", { class: "chart" }), status = make("p", { id: "bound-told", role: "status" });
  const slider = make("input", { type: "range", id: "bound", min: "0", max: String(measured.edges.length - 1), step: "1", value: String(recipeEdge) });
  const before = atEdge(measured, recipeEdge);
  const label = (at) => (at === 0 ? `below ${bound(measured.edges[0])}` : bound(measured.edges[at - 1]));
  const update = () => {
    const edge = Number(slider.value), now = atEdge(measured, edge), more = before.only - now.only;
    const inside = (at) => (measured.side === "least" ? at > edge : at <= edge);
    const bins = measured.passed.map((count, at) => ({ label: at === 0 && measured.edges[0] === 0 ? "0" : label(at), title: at === measured.edges.length ? `${bound(measured.edges[at - 1])} and more` : `${label(at)} to ${bound(measured.edges[at])}`,
      parts: [[inside(at) ? "kept" : "dropped", count], ["unused", measured.failed[at]]] }));
    chart.replaceChildren(histogram(`Pages by ${words(measured.rule)}`, bins, [[recipeEdge + 1, "bound", `recipe ${bound(measured.bound)}`], ...(edge === recipeEdge ? [] : [[edge + 1, "moved", bound(measured.edges[edge])]])]));
    const [low, high] = interval(Math.abs(more), pages);
    const change = edge === recipeEdge ? "" : more === 0 ? " As many pages would stay." : ` ${number(Math.abs(more))} ${more > 0 ? "more" : "fewer"} would stay, ${percent(Math.abs(more), pages)} of the sample: of ${number(population)} pages about ${number((Math.abs(more) / pages) * population)} (${number(low * population)} to ${number(high * population)}).`;
    status.textContent = `With the bound at ${bound(measured.edges[edge])}${edge === recipeEdge ? ", the recipe's," : ""} the rule drops ${number(now.alone)} of ${number(pages)} pages, ${number(now.only)} of them that no other rule drops.${change}`;
    slider.setAttribute("aria-valuetext", bound(measured.edges[edge]));
  };
  slider.addEventListener("input", update);
  const back = make("button", { type: "button" }, "the recipe's");
  back.addEventListener("click", () => { slider.value = String(recipeEdge); update(); });
  update();
  return [make("div", { class: "controls" }, make("label", { class: "wide" }, `Bound: the ${measured.side} that passes `, slider), back), status,
    legend([["kept", "stays"], ["dropped", "dropped by this rule alone"], ["unused", "dropped by another rule, at any bound"]]), chart];
}

function rules(section, rule = "", value = "") {
  const judged = data.rules;
  if (!judged || !judged.pages) { section.append(make("p", {}, "OUT holds no judged pages: the run has no crawl, or output.unjudged is 0.")); return; }
  section.append(make("p", {}, `A sample of ${number(judged.pages)} pages as extracted, by hash, of ${judged.sources.join(", ")}; each was judged by every rule of the recipe separately. ${number(judged.dropped)} (${percent(judged.dropped, judged.pages)}) are dropped by at least one.`));
  const alone = Object.fromEntries(judged.rules.map((row) => [row.rule, row.alone]));
  const optionName = (option) => `${words(option.rule)}${judged.histograms.filter((another) => another.rule === option.rule).length > 1 ? `, bound ${bound(option.bound)}` : ""}`;
  const first = [...judged.histograms].sort((a, b) => alone[b.rule] - alone[a.rule])[0];
  const current = judged.histograms.find((entry) => entry.rule === rule && (!value || String(entry.bound) === value)) || judged.histograms.find((entry) => entry.rule === rule) || first;
  if (current) {
    const key = (entry) => JSON.stringify([entry.rule, String(entry.bound)]);
    section.append(make("h3", {}, "If the bound were elsewhere"), make("div", { class: "controls" }, choice("Rule", judged.histograms.map((entry) => [key(entry), optionName(entry)]), key(current), (chosen) => { location.hash = ["rules", ...JSON.parse(chosen)].map(encodeURIComponent).join("/"); })));
    if (data.meanings[current.rule]) section.append(make("p", { class: "soft" }, `${current.rule}: ${data.meanings[current.rule]}`));
    section.append(...boundSlider(current));
  }
  const measured = new Set(judged.histograms.map((entry) => entry.rule));
  section.append(make("h3", {}, "What each rule drops of the sample"), table(
    [["rule", (row) => (measured.has(row.rule) ? link(row.rule, "rules", row.rule) : row.rule), "", (row) => row.rule], ["drops", (row) => number(row.alone), "n", (row) => row.alone], ["of all", (row) => percent(row.alone, judged.pages), "n", (row) => row.alone],
      ["as the first", (row) => number(row.first), "n", (row) => row.first], ["no other does", (row) => number(row.only), "n", (row) => row.only],
      ["samples", (row) => (hasSamples("dropped", "filter", row.rule) ? link("texts", "samples", "dropped", "filter", row.rule) : "")], ["meaning", (row) => data.meanings[row.rule] || (row.rule === "language" ? "another language than those kept, or not sure enough" : "")]],
    judged.rules, { id: "rules", sortable: true }));
  if (judged.overlaps.length) section.append(make("h3", {}, "Rules that drop the same pages"), table(
    [["rule", (row) => row[0], "", (row) => row[0]], ["and", (row) => row[1], "", (row) => row[1]], ["pages both drop", (row) => number(row[2]), "n", (row) => row[2]], ["of the first rule's", (row) => percent(row[2], alone[row[0]]), "n", (row) => row[2] / alone[row[0]]], ["of the second's", (row) => percent(row[2], alone[row[1]]), "n", (row) => row[2] / alone[row[1]]]],
    judged.overlaps, { id: "overlaps", sortable: true }));
}

function calibration(measures) {
  const points = measures.calibration.map((bin) => [bin.mean_score, bin.references, `score ${decimal(bin.mean_score, 3)}: ${percent(bin.references, 1)} of ${number(bin.windows)} windows are references`]);
  const kept = measures.keep_rate ? measures.keep_rate.threshold.map((bin) => [bin.threshold, bin.kept, `from ${bin.threshold}: ${percent(bin.kept, 1)} kept`]) : [];
  return make("div", { class: "pair" },
    make("div", {}, make("h3", {}, "Calibration"), curves("Share of references by score", "mean score of a tenth", "share that are references", [{ name: "diagonal", points: [[0, 0], [1, 1]] }, { name: "achieved", points, dots: true }]),
      make("p", { class: "soft" }, "On the diagonal a score is the chance that a text is a reference. References and crawl weigh the same.")),
    kept.length ? make("div", {}, make("h3", {}, "What a threshold keeps of the crawl"), curves("Share kept by threshold", "threshold", "share kept", [{ name: "achieved", points: kept, dots: true }]),
      make("p", { class: "soft" }, `GPT-3's rule keeps by chance: ${measures.keep_rate.pareto.map((bin) => `alpha ${bin.alpha} ${percent(bin.kept, 1)}`).join(", ")}.`)) : null);
}

function quality(section) {
  const measures = data.quality;
  if (!measures) { section.append(make("p", {}, "The recipe asks for no classifier.")); return; }
  const names = ["f1", "auc", "precision", "recall", "brier", "auc_of_length", "auc_of_function_words", "spearman", "spearman_of_length"].filter((name) => typeof measures[name] === "number");
  section.append(table(names.map((name) => [words(name), (scored) => decimal(scored[name], 3), "n"]), [measures], { id: "measures" }),
    make("p", { class: "soft" }, "On sites and texts the classifier has not learned from."));
  if (measures.calibration && measures.calibration.length) section.append(calibration(measures));
  section.append(make("h3", {}, "Scores"), legend(["kept", "dropped"]));
  for (const [name, scored] of Object.entries(measures.documents || {})) {
    const droppedAt = scored.histogram.map((_, at) => sum(data.scores.filter((row) => row[0] === name && row[1] === at), (row) => row[2]));
    section.append(make("h3", {}, `${name}: ${number(scored.kept)} of ${number(scored.documents)} documents kept`),
      histogram(`Scores of ${name}`, scored.histogram.map((count, at) => ({ label: (at / scored.histogram.length).toFixed(2), parts: [["kept", count - droppedAt[at]], ["dropped", droppedAt[at]]] }))));
    if ((scored.lengths || []).length) section.append(lengthsOf(name, scored));
  }
  for (const [sign, entries] of Object.entries(measures.words || {})) section.append(make("h3", {}, `Words ${sign}`), make("p", {}, entries.map((entry) => entry.word).join(" ")));
  const harms = Object.entries(measures.corruptions || {});
  if (harms.length) section.append(make("h3", {}, "Which damage the score notices"), table([["damage", ([name]) => words(name), "", ([name]) => name], ["a reference outscores a damaged one", ([, share]) => percent(share, 1), "n", ([, share]) => share]], harms, { id: "corruptions", sortable: true }),
    make("p", { class: "soft" }, "50 % is chance: damage that the score does not notice."));
  for (const [state, title] of [["kept", "The lowest scores that were kept"], ["dropped", "The highest scores that were dropped"]]) {
    const examples = (measures.extremes || {})[state] || [];
    if (examples.length) section.append(make("h3", {}, title), ...examples.map((example) => make("article", {}, make("header", {}, make("strong", {}, `score ${decimal(example.score, 4)} `), `${example.source} `, make("span", { class: "soft" }, example.url || example.id)), make("pre", { tabindex: "0" }, example.text))));
  }
}

// Documents of a source by score and length.
function lengthsOf(name, scored) {
  const cells = scored.lengths, low = Math.min(...cells.map((cell) => cell[1])), high = Math.max(...cells.map((cell) => cell[1]));
  const rows = Array.from({ length: high - low + 1 }, (_, at) => number(data.edges[low + at]));
  return make("details", {}, make("summary", {}, "Score against length"), heat(`Scores and lengths of ${name}`, cells.map(([score, length, count]) => [score, length - low, count]), scored.histogram.map((_, at) => (at / scored.histogram.length).toFixed(2)), rows, "score from", "characters from"));
}

function rights(section) {
  const { refused, licenses, edits } = data.rights;
  const kept = (counts) => Object.entries(counts).map(([name, count]) => ({ name, count }));
  const reasons = data.outcomes.filter((row) => /^(optout|license)_/.test(row[3]));
  const byReason = unique(reasons.map((row) => row[3])).map((reason) => { const outcomes = reasons.filter((row) => row[3] === reason); return { reason, state: outcomes[0][1], stage: outcomes[0][2], records: sum(outcomes, (row) => row[4]) }; });
  section.append(make("h3", {}, "Pages kept out by what they or their sites say"), byReason.length ? table(
    [["reason", (row) => reasonCell(row)], ["records", (row) => number(row.records), "n", (row) => row.records], ["meaning", (row) => data.meanings[row.reason] || ""]], byReason, { id: "refusals", sortable: true }) : make("p", {}, "None: no site has opted out, or the recipe honours no opt-outs (rights)."));
  if (refused.rows && refused.rows.length) section.append(make("h3", {}, "By site"), make("p", { class: "soft" }, `${number(refused.rows.length)} of ${number(refused.count)} pairs of site and reason, those with the most records.`), table(
    [["site", (row) => row[0], "", (row) => row[0]], ["reason", (row) => row[1], "", (row) => row[1]], ["records", (row) => number(row[2]), "n", (row) => row[2]]], refused.rows, { id: "refused", sortable: true }));
  for (const [title, counts, id] of [["Licences that pages state", licenses, "licenses"], ["Personal data replaced or cut, of texts that were kept", edits, "edits"]]) if (Object.keys(counts).length) section.append(make("h3", {}, title), table(
    [["kind", (row) => row.name, "", (row) => row.name], ["times", (row) => (typeof row.count === "number" ? number(row.count) : JSON.stringify(row.count)), "n", (row) => row.count]], kept(counts), { id, sortable: true }));
}
