"use strict";
// Draws the views of a report. All text of the data goes through textContent: it is never markup.
const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("main");
const SVG = document.getElementById("ns").namespaceURI;
const STATES = ["kept", "held_out", "unused", "dropped", "skipped", "damaged"];
const STAGES = data.stages;
const ratio = data.ledger.tokens_per_character || 0;

const number = (n) => (n === null || n === undefined ? "" : Math.round(n).toLocaleString("en-US"));
const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(2)} %` : "");
const decimal = (n, digits) => (n === null || n === undefined ? "" : n.toFixed(digits));
const words = (name) => name.replace(/_/g, " ");
const sum = (rows, what) => rows.reduce((total, row) => total + what(row), 0);
const unique = (names) => [...new Set(names)].sort();

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A column is [name, cell of a row, "n" where it is a number, value to sort by].
function table(columns, rows, { total = null, sortable = false, id = "" } = {}) {
  const body = make("tbody");
  const fill = (several) => {
    body.replaceChildren(
      ...several.map((row) =>
        make("tr", {}, ...columns.map(([, cell, kind]) => make("td", { class: kind || "" }, cell(row)))),
      ),
    );
    if (total) body.append(make("tr", { class: "sum" }, ...total.map((cell, at) => make("td", { class: columns[at][2] || "" }, cell))));
  };
  const heads = columns.map(([name, , kind, value], at) => {
    if (!sortable || !value) return make("th", { class: kind || "", scope: "col" }, name);
    const button = make("button", { type: "button" }, name);
    const head = make("th", { class: kind || "", scope: "col" }, button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
      fill([...rows].sort((a, b) => (down ? order(b, a) : order(a, b))));
    });
    return head;
  });
  fill(rows);
  const whole = make("table", id ? { id: `table-${id}` } : {}, make("thead", {}, make("tr", {}, ...heads)), body);
  return make("div", { class: "scroll" }, whole);
}

function choice(label, options, chosen, then) {
  const select = make("select", {}, ...options.map(([value, name]) => {
    const option = make("option", { value }, name);
    if (value === chosen) option.selected = true;
    return option;
  }));
  select.addEventListener("change", () => then(select.value));
  return make("label", {}, `${label} `, select);
}

function legend(classes) {
  return make("div", { class: "legend" }, ...classes.map((name) => make("span", {},
    draw("svg", { width: 12, height: 12 }, draw("rect", { width: 12, height: 12, class: name })), words(name))));
}

// Bars that lie: rows of {label, parts: [[class, amount]], note}.
function bars(label, rows) {
  const most = Math.max(1e-9, ...rows.map((row) => sum(row.parts, (part) => part[1])));
  const left = 190, width = 560, height = 24;
  const chart = draw("svg", { viewBox: `0 0 ${left + width + 190} ${rows.length * height + 4}`, role: "img", "aria-label": label, width: "100%" });
  rows.forEach((row, at) => {
    const y = at * height + 2;
    const text = draw("text", { x: left - 8, y: y + 15, "text-anchor": "end" });
    text.textContent = row.label.length > 28 ? `${row.label.slice(0, 27)}…` : row.label;
    chart.append(text);
    let x = left;
    for (const [name, amount] of row.parts) {
      const wide = (width * amount) / most;
      const title = draw("title");
      title.textContent = `${row.label}, ${words(name)}: ${row.show ? row.show(amount) : number(amount)}`;
      chart.append(draw("rect", { x, y, width: Math.max(0, wide), height: height - 6, class: `bar ${name}` }, title));
      x += wide;
    }
    const note = draw("text", { x: x + 6, y: y + 15 });
    note.textContent = row.note;
    chart.append(note);
  });
  return chart;
}

// Bars that stand: bins of {label, parts: [[class, amount]]}.
function histogram(label, bins) {
  const most = Math.max(1, ...bins.map((bin) => sum(bin.parts, (part) => part[1])));
  const width = 900, height = 200, wide = width / Math.max(1, bins.length);
  const chart = draw("svg", { viewBox: `0 0 ${width + 20} ${height + 40}`, role: "img", "aria-label": label, width: "100%" });
  bins.forEach((bin, at) => {
    let y = height + 10;
    for (const [name, amount] of bin.parts) {
      const high = (height * amount) / most;
      y -= high;
      const title = draw("title");
      title.textContent = `${bin.label}, ${words(name)}: ${number(amount)}`;
      chart.append(draw("rect", { x: 10 + at * wide, y, width: Math.max(1, wide - 2), height: high, class: `bar ${name}` }, title));
    }
    if (at % Math.ceil(bins.length / 12) === 0) {
      const text = draw("text", { x: 10 + at * wide, y: height + 28 });
      text.textContent = bin.label;
      chart.append(text);
    }
  });
  chart.append(draw("line", { x1: 10, x2: width + 10, y1: height + 10, y2: height + 10, class: "axis" }));
  return chart;
}

const link = (text, ...place) => make("a", { href: `#${place.map(encodeURIComponent).join("/")}` }, text);
const hasSamples = (state, stage, reason) => data.samples.some((one) => one.state === state && one.stage === stage && (one.reason || "") === reason);

function overview(section) {
  section.append(make("h3", {}, "Why has the corpus this size?"));
  const told = (kind) => data.why.filter((one) => one.kind === kind).map((one) => make("li", {}, one.text));
  section.append(make("ul", { class: "why", id: "why" }, ...told("fact")));
  const advice = told("advice");
  if (advice.length) section.append(make("div", { class: "advice" }, make("strong", {}, "For more of it"), make("ul", { class: "why", id: "advice" }, ...advice)));
  section.append(make("h3", {}, "What became of each source"), make("ul", { class: "why" }, ...told("source")));
  const sources = unique(data.outcomes.map((row) => row[0]));
  section.append(legend(STATES), bars("Records by source and outcome", sources.map((name) => {
    const own = data.outcomes.filter((row) => row[0] === name);
    const parts = STATES.map((state) => [state, sum(own.filter((row) => row[1] === state), (row) => row[4])]);
    return { label: name, parts, note: `${number(sum(parts, (part) => part[1]))} records` };
  })));
  section.append(make("h3", {}, "What is in the shards"), table(
    [["split", (row) => row.split], ["files", (row) => number(row.files), "n"], ["rows", (row) => number(row.rows), "n"],
      ["tokens", (row) => number(row.tokens), "n"], ["bytes", (row) => number(row.bytes), "n"]], data.shards, { id: "shards" }));
  section.append(make("p", { class: "soft" }, `Tokens are counted by ${data.tokenizer}; seed ${data.seed}; ${data.inputs} input files.`));
}

function funnel(section, source = "", unit = "records") {
  const sources = [["", "all sources"], ...unique(data.outcomes.map((row) => row[0])).map((name) => [name, name])];
  const units = [["records", "records"], ["characters", "characters"], ...(ratio ? [["tokens", "tokens (estimated)"]] : [])];
  const go = (...place) => { location.hash = place.map(encodeURIComponent).join("/"); };
  section.append(make("div", { class: "controls" },
    choice("Source", sources, source, (value) => go("funnel", value, unit)),
    choice("Count", units, unit, (value) => go("funnel", source, value))));
  const rows = data.outcomes.filter((row) => !source || row[0] === source);
  const amount = (row) => (unit === "records" ? row[4] : unit === "characters" ? row[5] : row[5] * ratio);
  const gone = (stage) => rows.filter((row) => row[1] === "dropped" && row[2] === stage);
  const early = rows.filter((row) => row[1] === "skipped" || row[1] === "damaged");
  let left = sum(rows, amount);
  const steps = [{ label: "read", parts: [["kept", left]], note: number(left) }];
  const take = (label, several, name) => {
    const count = sum(several, amount);
    if (!several.length) return;
    left -= count;
    steps.push({ label, parts: [["kept", left], [name, count]], note: `${number(left)} left, ${number(count)} gone` });
  };
  take("skipped, damaged", early, "skipped");
  for (const stage of unique(rows.map((row) => row[2])).sort((a, b) => STAGES.indexOf(a) - STAGES.indexOf(b))) take(stage, gone(stage), "dropped");
  take("unused", rows.filter((row) => row[1] === "unused"), "unused");
  take("held out", rows.filter((row) => row[1] === "held_out"), "held_out");
  section.append(bars(`What was left after each stage, ${unit}`, steps));
  const merged = new Map();
  for (const [, state, stage, reason, records, characters] of rows) {
    const key = [state, stage, reason].join("/");
    const old = merged.get(key) || { state, stage, reason, records: 0, characters: 0 };
    old.records += records; old.characters += characters;
    merged.set(key, old);
  }
  const several = [...merged.values()].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || b.records - a.records || (a.reason < b.reason ? -1 : 1));
  const whole = sum(several, (row) => row.records), characters = sum(several, (row) => row.characters);
  section.append(table(
    [["outcome", (row) => words(row.state)], ["stage", (row) => row.stage],
      ["reason", (row) => (hasSamples(row.state, row.stage, row.reason) ? link(row.reason || "samples", "samples", row.state, row.stage, row.reason) : row.reason)],
      ["records", (row) => number(row.records), "n", (row) => row.records], ["share", (row) => percent(row.records, whole), "n"],
      ["characters", (row) => number(row.characters), "n", (row) => row.characters],
      ["tokens (estimated)", (row) => (ratio ? number(row.characters * ratio) : ""), "n", (row) => row.characters],
      ["meaning", (row) => data.meanings[row.reason] || ""]],
    several, { id: "outcomes", sortable: true, total: ["all", "", "", number(whole), "", number(characters), ratio ? number(characters * ratio) : "", ""] }));
  const cuts = Object.entries(data.ledger.characters.cut).flatMap(([stage, own]) => Object.entries(own).map(([rule, count]) => ({ stage, rule, count })));
  if (cuts.length && !source) section.append(make("h3", {}, "Cut out of texts that went on"), table(
    [["stage", (row) => row.stage], ["rule", (row) => row.rule], ["characters", (row) => number(row.count), "n", (row) => row.count]], cuts, { id: "cuts", sortable: true }));
}

function mixture(section) {
  const names = Object.keys(data.mixture).sort();
  section.append(legend(["target", "achieved"]), bars("Target and achieved share of the training tokens", names.flatMap((name) => {
    const own = data.mixture[name], show = (share) => percent(share, 1);
    return [{ label: `${name}, target`, parts: [["target", own.target]], note: show(own.target), show },
      { label: `${name}, achieved`, parts: [["achieved", own.achieved]], note: show(own.achieved), show }];
  })));
  const reached = (name) => data.reached[name] || {};
  section.append(table(
    [["source", (name) => name], ["target", (name) => percent(data.mixture[name].target, 1), "n"], ["achieved", (name) => percent(data.mixture[name].achieved, 1), "n"],
      ["target tokens", (name) => number(data.mixture[name].target_tokens), "n"], ["tokens", (name) => number(data.mixture[name].tokens), "n"],
      ["documents", (name) => number(data.mixture[name].documents), "n"], ["epochs", (name) => decimal(data.mixture[name].epochs, 3), "n"],
      ["tokens there were", (name) => number(reached(name).tokens), "n"], ["documents there were", (name) => number(reached(name).documents), "n"],
      ["one epoch allows", (name) => (data.mixture[name].target ? number((reached(name).tokens || 0) / data.mixture[name].target) : ""), "n"]],
    names, { id: "mixture" }));
  section.append(make("p", { class: "soft" }, "The source whose one epoch allows the fewest tokens limits the mix, unless mix.tokens says how many."));
  if (!data.cells.length) return;
  const scores = (row) => (row.low === null ? "" : `${decimal(row.low, 4)} to ${decimal(row.high, 4)}`);
  section.append(make("h3", {}, "Cells"), make("p", {}, "What was drawn by itself: documents of a source, a label, or neighbouring quality scores."), table(
    [["source", (row) => row.source], ["label", (row) => row.label || ""], ["scores", scores], ["target", (row) => percent(row.target, 1), "n", (row) => row.target],
      ["achieved", (row) => percent(row.achieved, 1), "n", (row) => row.achieved], ["target tokens", (row) => number(row.target_tokens), "n", (row) => row.target_tokens],
      ["tokens", (row) => number(row.tokens), "n", (row) => row.tokens], ["tokens there were", (row) => number(row.has_tokens), "n", (row) => row.has_tokens],
      ["documents there were", (row) => number(row.has_documents), "n", (row) => row.has_documents], ["epochs", (row) => decimal(row.epochs, 3), "n", (row) => row.epochs]],
    data.cells, { id: "cells", sortable: true }));
}

// The text of a sample, what its rule objects to marked. Spans count code points, as Python does.
function withMarks(one) {
  const points = [...one.text], parts = [];
  let last = 0;
  for (const { start, end } of one.spans || []) {
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
  return [...given.values()].map((one) => `${JSON.stringify({ ...one, rater })}\n`).join("");
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

function labelButtons(one) {
  const key = JSON.stringify([one.source, one.id]);
  if (one.text === null || !one.id) return null;
  const buttons = ["good", "acceptable", "bad"].map((label) => make("button", { type: "button", "data-label": label }, label));
  const update = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(given.get(key)?.label === button.dataset.label));
  };
  for (const button of buttons) button.addEventListener("click", () => {
    const label = button.dataset.label;
    if (given.get(key)?.label === label) given.delete(key);
    else given.set(key, { id: one.id, source: one.source, state: one.state, stage: one.stage, reason: one.reason, label });
    update();
    showGiven();
  });
  update();
  return make("div", { class: "labels", role: "group", "aria-label": "Label of this text" }, ...buttons);
}

window.addEventListener("beforeunload", (event) => { if (given.size) event.preventDefault(); });

function labelled(section) {
  const told = data.labels, share = (row) => `${percent(row.low, 1)} to ${percent(row.high, 1)}`;
  section.append(make("p", {}, `${number(told.labels)} documents labelled, ${number(told.ratings)} ratings.`),
    make("h3", {}, "How much is bad of what was dropped and kept"),
    table([["outcome", (row) => words(row.state)], ["stage", (row) => row.stage],
      ["reason", (row) => (hasSamples(row.state, row.stage, row.reason) ? link(row.reason || "samples", "samples", row.state, row.stage, row.reason) : row.reason)],
      ["records", (row) => number(row.records), "n", (row) => row.records], ["labels", (row) => number(row.labels), "n", (row) => row.labels],
      ["bad", (row) => percent(row.bad, 1), "n", (row) => row.bad], ["95 % interval", share, "n"]], told.outcomes, { id: "labels", sortable: true }));
  if (told.classifier) section.append(make("p", {}, `A good document outscores a bad one in ${percent(told.classifier.auc, 1)} of pairs (${share(told.classifier)}).`));
  section.append(make("h3", {}, "Raters"), table([["rater", (row) => row.rater], ["labels", (row) => number(row.labels), "n"],
    ["gold right", (row) => `${number(row.right)} of ${number(row.gold)}`, "n"], ["repeats the same", (row) => `${number(row.same)} of ${number(row.repeats)}`, "n"],
    ["", (row) => (row.used ? "" : "left out: too much of the gold is wrong")]], told.raters, { id: "raters" }));
  const { all, used } = told.agreement;
  for (const [name, own] of [["all raters", all], ["raters in use", used]]) if (own.alpha !== null) section.append(make("p", {}, `Krippendorff's alpha of ${name}: ${decimal(own.alpha, 3)}, over ${number(own.documents)} documents.`));
}

function samples(section, state = "", stage = "", reason = "", source = "") {
  const keys = unique(data.samples.map((one) => JSON.stringify([one.state, one.stage, one.reason || ""])));
  const wanted = JSON.stringify([state, stage, reason]);
  const key = keys.includes(wanted) ? wanted : keys[0];
  if (!key) { section.append(make("p", {}, "The run kept no samples.")); return; }
  const [ownState, ownStage, ownReason] = JSON.parse(key);
  const go = (value, from) => { location.hash = ["samples", ...JSON.parse(value), from].map(encodeURIComponent).join("/"); };
  const sources = [["", "all sources"], ...unique(data.samples.map((one) => one.source)).map((name) => [name, name])];
  section.append(make("div", { class: "controls" },
    choice("Outcome", keys.map((one) => [one, JSON.parse(one).filter(Boolean).map(words).join(", ")]), key, (value) => go(value, source)),
    choice("Source", sources, source, (value) => go(key, value))));
  if (data.meanings[ownReason]) section.append(make("p", {}, `${ownReason}: ${data.meanings[ownReason]}`));
  const own = data.samples.filter((one) => one.state === ownState && one.stage === ownStage && (one.reason || "") === ownReason && (!source || one.source === source));
  section.append(labelBar());
  for (const one of own) {
    const judged = one.value === null || one.value === undefined ? null : make("p", {}, one.bound === null || one.bound === undefined ? `score ${Number(one.value.toPrecision(4))}` : `measured ${Number(one.value.toPrecision(4))}, the bound is ${one.bound}`);
    section.append(make("article", {}, make("header", {}, make("strong", {}, one.id || "(no id)"), ` ${one.source} `, make("span", { class: "soft" }, one.url || "")), labelButtons(one), judged,
      one.text === null ? make("p", { class: "soft" }, "There is no text.") : make("pre", { tabindex: "0" }, ...withMarks(one)),
      one.more ? make("p", { class: "soft" }, `… ${number(one.more)} more characters`) : null));
  }
  if (!own.length) section.append(make("p", {}, "There is no sample of this source."));
}

function duplicates(section) {
  const found = data.duplicates;
  section.append(table([["rule", (row) => row.rule], ["documents removed", (row) => number(row.count), "n", (row) => row.count]], found.rules, { id: "duplicates", sortable: true }));
  if (found.similarity.some((count) => count)) section.append(make("h3", {}, "Similarity of what was removed to what stays (Jaccard)"),
    histogram("Similarity", found.similarity.map((count, at) => ({ label: (at / found.similarity.length).toFixed(2), parts: [["removed", count]] }))));
  if (found.sizes.length) section.append(make("h3", {}, "Copies of a document that stays"), table(
    [["copies removed", (row) => (row[0] === row[1] ? number(row[0]) : `${number(row[0])} to ${number(row[1])}`), "n"], ["documents", (row) => number(row[2]), "n"]], found.sizes, { id: "sizes" }));
  section.append(make("h3", {}, "Pairs"));
  const half = (title, id, text) => make("div", {}, make("strong", {}, `${title} `), make("span", { class: "soft" }, id), text === null ? make("p", { class: "soft" }, "Its text is not in this run.") : make("pre", { tabindex: "0" }, text));
  for (const pair of found.pairs) section.append(make("article", {}, make("header", {}, `${pair.rule}${pair.jaccard === null ? "" : `, similarity ${decimal(pair.jaccard, 3)}`}`),
    make("div", { class: "pair" }, half("removed", pair.removed_id, pair.removed_text), half("kept", pair.kept_id, pair.kept_text))));
  if (!found.pairs.length) section.append(make("p", {}, "No document was removed for another."));
}

function lengths(section, source = "") {
  const sources = [["", "all sources"], ...unique(data.lengths.map((row) => row[0])).map((name) => [name, name])];
  section.append(make("div", { class: "controls" }, choice("Source", sources, source, (value) => { location.hash = `lengths/${encodeURIComponent(value)}`; })));
  const own = data.lengths.filter((row) => !source || row[0] === source);
  const states = STATES.filter((state) => own.some((row) => row[1] === state));
  const first = Math.min(...own.map((row) => row[2])), last = Math.max(...own.map((row) => row[2]));
  const bins = [];
  for (let at = first; at <= last; at += 1) bins.push({ label: number(data.edges[at]), parts: states.map((state) => [state, sum(own.filter((row) => row[2] === at && row[1] === state), (row) => row[3])]) });
  section.append(make("p", {}, "Documents by the characters of their texts as extracted; each bar begins at the number below it."), legend(states), histogram("Documents by length", bins),
    table([["characters from", (bin) => bin.label, "n"], ...states.map((state, at) => [words(state), (bin) => number(bin.parts[at][1]), "n"])], bins, { id: "lengths" }));
}

function sites(section) {
  section.append(make("p", {}, `${number(data.sites.rows.length)} of ${number(data.sites.count)} sites, those with the most records.`));
  const column = (at, name) => [name, (row) => number(row[at]), "n", (row) => row[at]];
  section.append(table(
    [["site", (row) => row[0], "", (row) => row[0]], column(1, "records"), column(2, "documents"), column(3, "kept"),
      ["kept of documents", (row) => percent(row[3], row[2]), "n", (row) => (row[2] ? row[3] / row[2] : 0)], column(4, "characters kept"),
      ["most dropped by", (row) => row[5], "", (row) => row[5]],
      ["for", (row) => (hasSamples("dropped", row[5], row[6]) ? link(row[6], "samples", "dropped", row[5], row[6]) : row[6]), "", (row) => row[6]], column(7, "so many")],
    data.sites.rows, { id: "sites", sortable: true }));
}

function quality(section) {
  const told = data.quality;
  if (!told) { section.append(make("p", {}, "The recipe asks for no classifier.")); return; }
  const names = ["f1", "auc", "precision", "recall", "brier", "auc_of_length", "spearman", "spearman_of_length"].filter((name) => typeof told[name] === "number");
  section.append(table([["measure", (name) => words(name)], ["", (name) => decimal(told[name], 3), "n"]], names, { id: "measures" }));
  section.append(make("p", { class: "soft" }, "On sites and texts the classifier has not learned from."), legend(["kept", "dropped"]));
  for (const [name, own] of Object.entries(told.documents || {})) {
    const gone = own.histogram.map((_, at) => sum(data.scores.filter((row) => row[0] === name && row[1] === at), (row) => row[2]));
    section.append(make("h3", {}, `${name}: ${number(own.kept)} of ${number(own.documents)} documents kept`),
      histogram(`Scores of ${name}`, own.histogram.map((count, at) => ({ label: (at / own.histogram.length).toFixed(2), parts: [["kept", count - gone[at]], ["dropped", gone[at]]] }))));
  }
  for (const [sign, several] of Object.entries(told.words || {})) section.append(make("h3", {}, `Words ${sign}`), make("p", {}, several.map((one) => one.word).join(" ")));
}

function times(section) {
  if (!data.run) { section.append(make("p", {}, "OUT has no run.json: what the run cost is not known.")); return; }
  const run = data.run, size = (bytes) => (bytes === null ? "" : `${number(bytes / 2 ** 20)} MiB`);
  section.append(make("p", {}, `${run.begun} to ${run.ended}, engine ${run.engine}, curate ${run.curate}: ${decimal(run.seconds, 1)} s, the process that drives it held ${size(run.peak_bytes)} at most.`),
    bars("Seconds by stage", run.stages.map((one) => ({ label: one.stage, parts: [["kept", one.seconds]], note: `${decimal(one.seconds, 1)} s` }))),
    table([["stage", (one) => one.stage], ["seconds", (one) => decimal(one.seconds, 1), "n"], ["units", (one) => number(one.units), "n"], ["seconds of work", (one) => decimal(one.work_seconds, 1), "n"], ["most memory of a worker", (one) => size(one.peak_bytes), "n"]], run.stages, { id: "times" }));
  section.append(make("p", { class: "soft" }, "A stage that was done before takes no time now; its seconds of work are those of when it was done, on all workers."));
}

function drift(section) {
  const told = data.against, share = (row, name) => percent(row[name], 1);
  if (Object.keys(told.texts).length) section.append(make("p", { id: "common" }, `Texts that both runs have, whatever their ids: ${number(told.texts.b_in_a)} of this one's, ${number(told.texts.a_in_b)} of the earlier one's.`));
  section.append(make("p", {}, "Population stability index: below 0.1 little has changed, above 0.25 much. A measure has changed where the index is above 0.1 and above what chance makes of two samples of one corpus; for words, above twice that, or one word alone by six standard errors."),
    table([["of", (row) => row.name], ["index", (row) => decimal(row.psi, 3), "n", (row) => row.psi], ["by chance", (row) => decimal(row.chance, 3), "n", (row) => row.chance ?? 0], ["changed", (row) => (row.changed ? "yes" : "no"), "", (row) => String(row.changed)],
      ["most", (row) => row.most], ["before", (row) => share(row, "before"), "n"], ["now", (row) => share(row, "now"), "n"]], told.measures, { id: "drift", sortable: true }));
  if (told.most.length) section.append(make("h3", {}, "What changed most"), table(
    [["measure", (row) => row.measure, "", (row) => row.measure], ["of", (row) => row.bin, "", (row) => row.bin], ["before", (row) => share(row, "before"), "n", (row) => row.before], ["now", (row) => share(row, "now"), "n", (row) => row.now], ["adds", (row) => decimal(row.part, 4), "n", (row) => row.part]],
    told.most, { id: "most", sortable: true }));
  section.append(make("h3", {}, "Outcomes"), table(
    [["outcome", (row) => words(row.state)], ["stage", (row) => row.stage], ["reason", (row) => row.reason], ["before", (row) => number(row.before), "n", (row) => row.before], ["now", (row) => number(row.now), "n", (row) => row.now], ["change", (row) => number(row.now - row.before), "n", (row) => Math.abs(row.now - row.before)]],
    data.against.outcomes, { id: "changes", sortable: true }));
}

const VIEWS = [["overview", "Overview", overview], ["funnel", "Stages and reasons", funnel], ["mixture", "Mixture", mixture], ["samples", "Samples", samples],
  ["duplicates", "Duplicates", duplicates], ["lengths", "Lengths", lengths], ["sites", "Sites", sites], ["quality", "Classifier", quality], ["times", "Times", times],
  ...(data.labels ? [["labels", "Labels", labelled]] : []), ...(data.against ? [["drift", "Changes", drift]] : [])];
const nav = document.querySelector("nav");
nav.append(...VIEWS.map(([name, title]) => make("a", { href: `#${name}` }, title)));

function render(view, place) {
  const [name, title, fill] = view;
  const section = make("section", { id: `view-${name}`, "aria-label": title }, make("h2", {}, title));
  fill(section, ...place);
  if (data.shortened && name === "samples") section.append(make("p", { class: "soft" }, data.shortened));
  return section;
}

function show() {
  const [name, ...place] = location.hash.slice(1).split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
  const view = VIEWS.find((one) => one[0] === name) || VIEWS[0];
  for (const one of nav.children) {
    if (one.getAttribute("href") === `#${view[0]}`) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  main.replaceChildren(render(view, view[0] === name ? place : []));
  window.scrollTo(0, 0);
}

window.addEventListener("hashchange", () => { if (location.hash !== "#main") show(); });
window.addEventListener("beforeprint", () => main.replaceChildren(...VIEWS.map((view) => render(view, []))));
window.addEventListener("afterprint", show);
show();
