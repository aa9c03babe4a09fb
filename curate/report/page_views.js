"use strict";
// Views of the outcomes of the records: overview, stages, mixture, lengths, sites, times, changes.

function overview(section) {
  section.append(make("h3", {}, "Why has the corpus this size?"));
  const sentences = (kind) => data.why.filter((sentence) => sentence.kind === kind).map((sentence) => make("li", {}, sentence.text));
  section.append(make("ul", { class: "why", id: "why" }, ...sentences("fact")));
  const advice = sentences("advice");
  if (advice.length) section.append(make("div", { class: "advice" }, make("strong", {}, "For more of it"), make("ul", { class: "why", id: "advice" }, ...advice)));
  section.append(make("h3", {}, "Outcomes of each source"), make("ul", { class: "why" }, ...sentences("source")));
  const sources = unique(data.outcomes.map((row) => row[0]));
  section.append(legend(STATES), bars("Records by source and outcome", sources.map((name) => {
    const outcomes = data.outcomes.filter((row) => row[0] === name);
    const parts = STATES.map((state) => [state, sum(outcomes.filter((row) => row[1] === state), (row) => row[4])]);
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
  const droppedBy = (stage) => rows.filter((row) => row[1] === "dropped" && row[2] === stage);
  const early = rows.filter((row) => row[1] === "skipped" || row[1] === "damaged");
  let left = sum(rows, amount);
  const steps = [{ label: "read", parts: [["kept", left]], note: number(left) }];
  const take = (label, taken, name) => {
    const count = sum(taken, amount);
    if (!taken.length) return;
    left -= count;
    steps.push({ label, parts: [["kept", left], [name, count]], note: `${number(left)} left, ${number(count)} gone` });
  };
  take("skipped, damaged", early, "skipped");
  for (const stage of unique(rows.map((row) => row[2])).sort((a, b) => STAGES.indexOf(a) - STAGES.indexOf(b))) take(stage, droppedBy(stage), "dropped");
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
  const entries = [...merged.values()].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || b.records - a.records || (a.reason < b.reason ? -1 : 1));
  const total = sum(entries, (row) => row.records), characters = sum(entries, (row) => row.characters);
  section.append(table(
    [["outcome", (row) => words(row.state)], ["stage", (row) => row.stage],
      ["reason", (row) => (hasSamples(row.state, row.stage, row.reason) ? link(row.reason || "samples", "samples", row.state, row.stage, row.reason) : row.reason)],
      ["records", (row) => number(row.records), "n", (row) => row.records], ["share", (row) => percent(row.records, total), "n"],
      ["characters", (row) => number(row.characters), "n", (row) => row.characters],
      ["tokens (estimated)", (row) => (ratio ? number(row.characters * ratio) : ""), "n", (row) => row.characters],
      ["meaning", (row) => data.meanings[row.reason] || ""]],
    entries, { id: "outcomes", sortable: true, total: ["all", "", "", number(total), "", number(characters), ratio ? number(characters * ratio) : "", ""] }));
  const cuts = Object.entries(data.ledger.characters.cut).flatMap(([stage, own]) => Object.entries(own).map(([rule, count]) => ({ stage, rule, count })));
  if (cuts.length && !source) section.append(make("h3", {}, "Cut out of texts that were kept so far"), table(
    [["stage", (row) => row.stage], ["rule", (row) => row.rule], ["characters", (row) => number(row.count), "n", (row) => row.count]], cuts, { id: "cuts", sortable: true }));
}

function mixture(section) {
  const names = Object.keys(data.mixture).sort();
  section.append(legend(["target", "achieved"]), bars("Target and achieved share of the training tokens", names.flatMap((name) => {
    const shares = data.mixture[name], show = (share) => percent(share, 1);
    return [{ label: `${name}, target`, parts: [["target", shares.target]], note: show(shares.target), show },
      { label: `${name}, achieved`, parts: [["achieved", shares.achieved]], note: show(shares.achieved), show }];
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
  const codes = Object.keys(data.languages).sort((a, b) => data.languages[b].tokens - data.languages[a].tokens || (a < b ? -1 : 1));
  if (codes.some(Boolean)) {
    const of = (code) => data.languages[code], all = sum(codes, (code) => of(code).tokens) || 1;
    section.append(make("h3", {}, "Languages"), make("p", {}, "Of the documents that reached the mix, each once."), table(
      [["language", (code) => code || "not identified"], ["documents", (code) => number(of(code).documents), "n", (code) => of(code).documents],
        ["tokens", (code) => number(of(code).tokens), "n", (code) => of(code).tokens], ["share", (code) => percent(of(code).tokens / all, 1), "n", (code) => of(code).tokens],
        ["bytes per token", (code) => decimal(of(code).bytes / (of(code).tokens || 1), 2), "n", (code) => of(code).bytes / (of(code).tokens || 1)]],
      codes, { id: "languages", sortable: true }));
  }
  if (!data.cells.length) return;
  const scores = (row) => (row.low === null ? "" : `${decimal(row.low, 4)} to ${decimal(row.high, 4)}`);
  section.append(make("h3", {}, "Cells"), make("p", {}, "What was drawn separately: documents of a source, a label, or neighbouring quality scores."), table(
    [["source", (row) => row.source], ["label", (row) => row.label || ""], ["scores", scores], ["target", (row) => percent(row.target, 1), "n", (row) => row.target],
      ["achieved", (row) => percent(row.achieved, 1), "n", (row) => row.achieved], ["target tokens", (row) => number(row.target_tokens), "n", (row) => row.target_tokens],
      ["tokens", (row) => number(row.tokens), "n", (row) => row.tokens], ["tokens there were", (row) => number(row.has_tokens), "n", (row) => row.has_tokens],
      ["documents there were", (row) => number(row.has_documents), "n", (row) => row.has_documents], ["epochs", (row) => decimal(row.epochs, 3), "n", (row) => row.epochs]],
    data.cells, { id: "cells", sortable: true }));
}

function lengths(section, source = "") {
  const sources = [["", "all sources"], ...unique(data.lengths.map((row) => row[0])).map((name) => [name, name])];
  section.append(make("div", { class: "controls" }, choice("Source", sources, source, (value) => { location.hash = `lengths/${encodeURIComponent(value)}`; })));
  const chosen = data.lengths.filter((row) => !source || row[0] === source);
  const states = STATES.filter((state) => chosen.some((row) => row[1] === state));
  const first = Math.min(...chosen.map((row) => row[2])), last = Math.max(...chosen.map((row) => row[2]));
  const bins = [];
  for (let at = first; at <= last; at += 1) bins.push({ label: number(data.edges[at]), parts: states.map((state) => [state, sum(chosen.filter((row) => row[2] === at && row[1] === state), (row) => row[3])]) });
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

function times(section) {
  if (!data.run) { section.append(make("p", {}, "OUT has no run.json: what the run cost is not known.")); return; }
  const run = data.run, size = (bytes) => (bytes === null ? "" : `${number(bytes / 2 ** 20)} MiB`);
  section.append(make("p", {}, `${run.begun} to ${run.ended}, engine ${run.engine}, curate ${run.curate}: ${decimal(run.seconds, 1)} s, the process that drives it held ${size(run.peak_bytes)} at most.`),
    bars("Seconds by stage", run.stages.map((stage) => ({ label: stage.stage, parts: [["kept", stage.seconds]], note: `${decimal(stage.seconds, 1)} s` }))),
    table([["stage", (stage) => stage.stage], ["seconds", (stage) => decimal(stage.seconds, 1), "n"], ["units", (stage) => number(stage.units), "n"], ["seconds of work", (stage) => decimal(stage.work_seconds, 1), "n"], ["most memory of a worker", (stage) => size(stage.peak_bytes), "n"]], run.stages, { id: "times" }));
  section.append(make("p", { class: "soft" }, "A stage that was done before takes no time now; its seconds of work are those of when it was done, on all workers."));
}

function drift(section) {
  const changes = data.against, share = (row, name) => percent(row[name], 1);
  if (Object.keys(changes.texts).length) section.append(make("p", { id: "common" }, `Texts that both runs have, under any id: ${number(changes.texts.b_in_a)} of this one's, ${number(changes.texts.a_in_b)} of the earlier one's.`));
  section.append(make("p", {}, "Population stability index: below 0.1 little has changed, above 0.25 much. A measure has changed where the index is above 0.1 and above what chance makes of two samples of one corpus; for words, above twice that, or one word alone by six standard errors."),
    table([["of", (row) => row.name], ["index", (row) => decimal(row.psi, 3), "n", (row) => row.psi], ["by chance", (row) => decimal(row.chance, 3), "n", (row) => row.chance ?? 0], ["changed", (row) => (row.changed ? "yes" : "no"), "", (row) => String(row.changed)],
      ["most", (row) => row.most], ["before", (row) => share(row, "before"), "n"], ["now", (row) => share(row, "now"), "n"]], changes.measures, { id: "drift", sortable: true }));
  if (changes.most.length) section.append(make("h3", {}, "What changed most"), legend([["target", "before"], ["achieved", "now"]]), bars("Shares before and now", changes.most.flatMap((row) => [["target", row.before], ["achieved", row.now]].map(([name, amount], at) => (
    { label: at ? "" : row.bin, parts: [[name, amount]], note: `${percent(amount, 1)}${at ? "" : ` of ${row.measure}`}`, show: (part) => percent(part, 1) })))), table(
    [["measure", (row) => row.measure, "", (row) => row.measure], ["of", (row) => row.bin, "", (row) => row.bin], ["before", (row) => share(row, "before"), "n", (row) => row.before], ["now", (row) => share(row, "now"), "n", (row) => row.now], ["adds", (row) => decimal(row.part, 4), "n", (row) => row.part]],
    changes.most, { id: "most", sortable: true }));
  section.append(make("h3", {}, "Outcomes"), table(
    [["outcome", (row) => words(row.state)], ["stage", (row) => row.stage], ["reason", (row) => row.reason], ["before", (row) => number(row.before), "n", (row) => row.before], ["now", (row) => number(row.now), "n", (row) => row.now], ["change", (row) => number(row.now - row.before), "n", (row) => Math.abs(row.now - row.before)]],
    data.against.outcomes, { id: "changes", sortable: true }));
}
