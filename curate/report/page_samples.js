"use strict";
// Views of texts: samples with their labels, what the labels say, pairs of duplicates, benchmark texts.

// The text of a sample, what its rule objects to marked. Spans count code points, as Python does.
function withMarks(sample) {
  const points = [...sample.text], parts = [];
  let last = 0;
  for (const { start, end } of sample.spans || []) {
    if (start >= points.length) break;
    parts.push(points.slice(last, start).join(""), make("mark", {}, points.slice(start, end).join("")));
    last = end;
  }
  return [...parts, points.slice(last).join("")];
}

// Labels given here, by source and id; they leave the page as JSON lines only.
const given = new Map();
let rater = "";
let showGiven = () => {};

function labelLines() {
  return [...given.values()].map((label) => `${JSON.stringify({ ...label, rater })}\n`).join("");
}

function labelBar() {
  const name = make("input", { id: "rater", size: "12", value: rater });
  const count = make("output", { id: "label-count" });
  const save = make("a", { id: "label-save", download: "labels.jsonl", role: "button" }, "Save labels");
  showGiven = () => {
    rater = name.value;
    count.textContent = `${number(given.size)} labels `;
    if (save.href) URL.revokeObjectURL(save.href);
    if (given.size) save.href = URL.createObjectURL(new Blob([labelLines()], { type: "application/jsonl" }));
    else save.removeAttribute("href");
  };
  name.addEventListener("input", showGiven);
  showGiven();
  return make("div", { class: "controls" }, make("label", {}, "Your name ", name), count, save,
    make("span", { class: "soft" }, "Bring them back by curate label OUT --import labels.jsonl"));
}

function labelButtons(sample) {
  const key = JSON.stringify([sample.source, sample.id]);
  if (sample.text === null || !sample.id) return null;
  const buttons = ["good", "acceptable", "bad"].map((label) => make("button", { type: "button", "data-label": label }, label));
  const update = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(given.get(key)?.label === button.dataset.label));
  };
  for (const button of buttons) button.addEventListener("click", () => {
    const label = button.dataset.label;
    if (given.get(key)?.label === label) given.delete(key);
    else given.set(key, { id: sample.id, source: sample.source, state: sample.state, stage: sample.stage, reason: sample.reason, label });
    update();
    showGiven();
  });
  update();
  return make("div", { class: "labels", role: "group", "aria-label": "Label of this text" }, ...buttons);
}

window.addEventListener("beforeunload", (event) => { if (given.size) event.preventDefault(); });

function labelled(section) {
  const labels = data.labels, share = (row) => `${percent(row.low, 1)} to ${percent(row.high, 1)}`;
  section.append(make("p", {}, `${number(labels.labels)} documents labelled, ${number(labels.ratings)} ratings.`),
    make("h3", {}, "How much is bad of what was dropped and kept"),
    table([["outcome", (row) => words(row.state)], ["stage", (row) => row.stage],
      ["reason", (row) => (hasSamples(row.state, row.stage, row.reason) ? link(row.reason || "samples", "samples", row.state, row.stage, row.reason) : row.reason)],
      ["records", (row) => number(row.records), "n", (row) => row.records], ["labels", (row) => number(row.labels), "n", (row) => row.labels],
      ["bad", (row) => percent(row.bad, 1), "n", (row) => row.bad], ["95 % interval", share, "n"]], labels.outcomes, { id: "labels", sortable: true }));
  if (labels.classifier) section.append(make("p", {}, `A good document outscores a bad one in ${percent(labels.classifier.auc, 1)} of pairs (${share(labels.classifier)}).`));
  section.append(make("h3", {}, "Raters"), table([["rater", (row) => row.rater], ["labels", (row) => number(row.labels), "n"],
    ["gold right", (row) => `${number(row.right)} of ${number(row.gold)}`, "n"], ["repeats the same", (row) => `${number(row.same)} of ${number(row.repeats)}`, "n"],
    ["", (row) => (row.used ? "" : "left out: too much of the gold is wrong")]], labels.raters, { id: "raters" }));
  const { all, used } = labels.agreement;
  for (const [name, agreement] of [["all raters", all], ["raters in use", used]]) if (agreement.alpha !== null) section.append(make("p", {}, `Krippendorff's alpha of ${name}: ${decimal(agreement.alpha, 3)}, over ${number(agreement.documents)} documents.`));
}

// The host of a URL without www, as the sites are counted.
const siteOf = (url) => { const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?:www\.)?([^/?#:]+)/i.exec(url || ""); return match ? match[1].toLowerCase() : ""; };

function samples(section, state = "", stage = "", reason = "", source = "", site = "") {
  const keys = unique(data.samples.map((sample) => JSON.stringify([sample.state, sample.stage, sample.reason || ""])));
  const wanted = JSON.stringify([state, stage, reason]);
  const key = keys.includes(wanted) ? wanted : keys[0];
  if (!key) { section.append(make("p", {}, "The run kept no samples.")); return; }
  const [ownState, ownStage, ownReason] = JSON.parse(key);
  const go = (value, ...from) => { location.hash = ["samples", ...JSON.parse(value), ...from].map(encodeURIComponent).join("/"); };
  const ofReason = data.samples.filter((sample) => sample.state === ownState && sample.stage === ownStage && (sample.reason || "") === ownReason);
  const named = (all, names) => [["", all], ...unique(names.filter(Boolean)).map((name) => [name, name])];
  section.append(make("div", { class: "controls" },
    choice("Outcome", keys.map((entry) => [entry, JSON.parse(entry).filter(Boolean).map(words).join(", ")]), key, (value) => go(value, source)),
    choice("Source", named("all sources", data.samples.map((sample) => sample.source)), source, (value) => go(key, value)),
    choice("Site", named("all sites", ofReason.map((sample) => siteOf(sample.url))), site, (value) => go(key, source, value))));
  if (data.meanings[ownReason]) section.append(make("p", {}, `${ownReason}: ${data.meanings[ownReason]}`));
  const shown = ofReason.filter((sample) => (!source || sample.source === source) && (!site || siteOf(sample.url) === site));
  section.append(labelBar());
  for (const sample of shown) {
    const judged = sample.value === null || sample.value === undefined ? null : make("p", {}, sample.bound === null || sample.bound === undefined ? `score ${Number(sample.value.toPrecision(4))}` : `measured ${Number(sample.value.toPrecision(4))}, the bound is ${sample.bound}`);
    section.append(make("article", {}, make("header", {}, make("strong", {}, sample.id || "(no id)"), ` ${sample.source} `, make("span", { class: "soft" }, sample.url || "")), labelButtons(sample), judged,
      sample.text === null ? make("p", { class: "soft" }, "There is no text.") : make("pre", { tabindex: "0" }, ...withMarks(sample)),
      ["kept", "unused", "held_out"].includes(sample.state) && (sample.spans || []).length ? make("p", { class: "soft" }, "Marked: what the filters' edits cut out of it.") : null,
      sample.more ? make("p", { class: "soft" }, `… ${number(sample.more)} more characters`) : null));
  }
  if (!shown.length) section.append(make("p", {}, "There is no such sample."));
}

const wordsOf = (text) => text.match(/\s+|[^\s]+/g) || [];

// Two texts, the words that only one of them has marked: the longest common subsequence of words.
function withDifferences(left, right) {
  const a = wordsOf(left), b = wordsOf(right), wide = b.length + 1;
  let begin = 0, end = 0;
  while (begin < Math.min(a.length, b.length) && a[begin] === b[begin]) begin += 1;
  while (end < Math.min(a.length, b.length) - begin && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const rows = a.length - end, columns = b.length - end, longest = new Uint16Array((rows + 1) * wide);
  for (let i = rows - 1; i >= begin; i -= 1) for (let j = columns - 1; j >= begin; j -= 1) longest[i * wide + j] = a[i] === b[j] ? longest[(i + 1) * wide + j + 1] + 1 : Math.max(longest[(i + 1) * wide + j], longest[i * wide + j + 1]);
  const sides = [[], []], plain = (word) => { sides[0].push([word, false]); sides[1].push([word, false]); };
  a.slice(0, begin).forEach(plain);
  let i = begin, j = begin;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && a[i] === b[j]) { plain(a[i]); i += 1; j += 1; }
    else if (j >= columns || (i < rows && longest[(i + 1) * wide + j] >= longest[i * wide + j + 1])) { sides[0].push([a[i], true]); i += 1; }
    else { sides[1].push([b[j], true]); j += 1; }
  }
  a.slice(rows).forEach(plain);
  return sides.map((side) => {
    const parts = [];
    for (const [word, marked] of side) {
      const last = parts[parts.length - 1];
      if (last && last[1] === marked) last[0] += word;
      else parts.push([word, marked]);
    }
    return parts.map(([text, marked]) => (marked ? make("mark", {}, text) : text));
  });
}

function duplicates(section) {
  const removals = data.duplicates, curve = removals.curve;
  section.append(table([["rule", (row) => row.rule], ["documents removed", (row) => number(row.count), "n", (row) => row.count]], removals.rules, { id: "duplicates", sortable: true }));
  const size = removals.similarity.length;
  if (removals.similarity.some((count) => count)) section.append(make("h3", {}, "Similarity of what was removed to what stays (Jaccard)"),
    histogram("Similarity", removals.similarity.map((count, at) => ({ label: (at / size).toFixed(2), parts: [["removed", count]] })), curve ? [[curve.threshold * size, "bound", `threshold ${curve.threshold}`]] : []));
  if (curve) section.append(make("h3", {}, "Which near-duplicates are found"), curves("Share of pairs found, by similarity", "Jaccard similarity", "share found", [{ name: "achieved", points: curve.found.map((share, at) => [at / (curve.found.length - 1), share]) },
    ...(curve.check ? [{ name: "checked", dots: true, points: curve.check.recall.map((bin) => [(bin.low + bin.high) / 2, bin.found, `${percent(bin.found, 1)} of ${number(bin.pairs)} pairs of ${decimal(bin.low, 2)} to ${decimal(bin.high, 2)}; expected ${percent(bin.expected, 1)}`]) }] : [])], [[curve.threshold, "bound", `threshold ${curve.threshold}`]]),
    make("p", { class: "soft" }, `Expected of ${number(curve.bands)} bands of ${number(curve.rows)} rows. What is found below the threshold is kept.${curve.check ? ` The dots are what a self-check found of near-duplicates planted in ${number(curve.check.texts)} documents.` : " curate dedup --self-check adds what is found of planted ones."}`));
  if (removals.sizes.length) section.append(make("h3", {}, "Copies of a document that stays"), table(
    [["copies removed", (row) => (row[0] === row[1] ? number(row[0]) : `${number(row[0])} to ${number(row[1])}`), "n"], ["documents", (row) => number(row[2]), "n"]], removals.sizes, { id: "sizes" }));
  if (data.passages.length) section.append(make("h3", {}, "Passages that are repeated most"), table(
    [["times", (row) => number(row.times), "n", (row) => row.times], ["bytes", (row) => number(row.bytes), "n", (row) => row.bytes], ["begins", (row) => row.begins], ["document", (row) => row.id || "kept by none"]], data.passages, { id: "passages", sortable: true }));
  section.append(make("h3", {}, "Pairs"), make("p", { class: "soft" }, "The least similar first; words that only one side has are marked."));
  const half = (title, id, parts) => make("div", {}, make("strong", {}, `${title} `), make("span", { class: "soft" }, id), parts === null ? make("p", { class: "soft" }, "Its text is not in this run.") : make("pre", { tabindex: "0" }, ...parts));
  const similar = (pair) => (pair.jaccard === null ? 2 : pair.jaccard);
  for (const pair of [...removals.pairs].sort((a, b) => similar(a) - similar(b))) {
    const texts = [pair.removed_text, pair.kept_text];
    const [removed, kept] = texts.includes(null) ? texts.map((text) => (text === null ? null : [text])) : withDifferences(...texts);
    section.append(make("article", {}, make("header", {}, `${pair.rule}${pair.jaccard === null ? "" : `, similarity ${decimal(pair.jaccard, 3)}`}`),
      make("div", { class: "pair" }, half("removed", pair.removed_id, removed), half("kept", pair.kept_id, kept))));
  }
  if (!removals.pairs.length) section.append(make("p", {}, "No document was removed for another."));
}

function contamination(section) {
  const overlaps = data.contamination;
  if (!overlaps) { section.append(make("p", {}, "The recipe names no benchmarks.")); return; }
  section.append(make("p", {}, `${number(overlaps.cut)} documents were cut, ${number(overlaps.removed)} characters removed with ${number(overlaps.settings.window)} around each text that was found; ${number(overlaps.dropped)} documents were dropped.`));
  section.append(legend([["dropped", "found and cut out"], ["kept", "not found"], ["unused", "too short to look for"]]), bars("Items of each benchmark", overlaps.benchmarks.map((benchmark) => ({ label: benchmark.name,
    parts: [["dropped", benchmark.dirty], ["kept", benchmark.clean], ["unused", benchmark.too_short]], note: benchmark.dirty_share === null ? "nothing to look for" : `${percent(benchmark.dirty_share, 1)} found` }))));
  section.append(table([["benchmark", (benchmark) => benchmark.name, "", (benchmark) => benchmark.name], ["items", (benchmark) => number(benchmark.items), "n", (benchmark) => benchmark.items], ["found", (benchmark) => number(benchmark.dirty), "n", (benchmark) => benchmark.dirty], ["not found", (benchmark) => number(benchmark.clean), "n", (benchmark) => benchmark.clean],
    ["only as common phrases", (benchmark) => number(benchmark.common_only), "n", (benchmark) => benchmark.common_only], ["too short", (benchmark) => number(benchmark.too_short), "n", (benchmark) => benchmark.too_short], ["n-gram", (benchmark) => number(benchmark.ngram), "n"], ["fields", (benchmark) => benchmark.fields.join(", ")]], overlaps.benchmarks, { id: "benchmarks", sortable: true }));
  if (overlaps.exempt.length) section.append(make("h3", {}, "Common phrases, left in"), make("p", { class: "soft" }, `${number(overlaps.exempt.length)} of ${number(overlaps.exempt_count)}: in more than ${number(overlaps.settings.max_documents)} documents.`), table(
    [["documents", (row) => number(row.documents), "n", (row) => row.documents], ["phrase", (row) => row.ngram], ["items", (row) => Object.entries(row.items).map(([name, count]) => `${name} ${number(count)}`).join(", ")]], overlaps.exempt, { id: "exempt", sortable: true }));
  section.append(make("h3", {}, "Where they were found"));
  for (const context of overlaps.contexts) section.append(make("article", {}, make("header", {}, make("strong", {}, `${context.benchmark}, item ${context.item}, ${context.field} `), `${context.source} `, make("span", { class: "soft" }, context.url || context.id)),
    make("pre", { tabindex: "0" }, context.before, make("mark", {}, context.found), context.after)));
  if (!overlaps.contexts.length) section.append(make("p", {}, "No text of a benchmark was found."));
}
