"use strict";
// Draws the views of a report. All text of the data goes through textContent: it is never markup.
const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("main");
const SVG = document.getElementById("ns").namespaceURI;
const STATES = ["kept", "held_out", "unused", "dropped", "skipped", "damaged"];
const STAGES = data.stages;
const ratio = data.ledger.tokens_per_character || 0;

const number = (n) => (n === null || n === undefined ? "" : Math.round(n).toLocaleString("en-US"));
const percent = (part, total) => (total ? `${((100 * part) / total).toFixed(2)} %` : "");
const decimal = (n, digits) => (n === null || n === undefined ? "" : n.toFixed(digits));
const words = (name) => name.replace(/_/g, " ");
const sum = (rows, amount) => rows.reduce((total, row) => total + amount(row), 0);
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
      for (const another of heads) another.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
      fill([...rows].sort((a, b) => (down ? order(b, a) : order(a, b))));
    });
    return head;
  });
  fill(rows);
  const element = make("table", id ? { id: `table-${id}` } : {}, make("thead", {}, make("tr", {}, ...heads)), body);
  return make("div", { class: "scroll" }, element);
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

// Classes of marks, each by its name or as [class, label].
function legend(classes) {
  return make("div", { class: "legend" }, ...classes.map((entry) => (Array.isArray(entry) ? entry : [entry, words(entry)])).map(([name, title]) => make("span", {},
    draw("svg", { width: 12, height: 12, "aria-hidden": "true" }, draw("rect", { width: 12, height: 12, class: name })), title)));
}

// Horizontal bars: rows of {label, parts: [[class, amount]], note}.
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

// Vertical bars: bins of {label, parts: [[class, amount]]}; lines: [place in bins from the left, class, text].
function histogram(label, bins, lines = []) {
  const most = Math.max(1, ...bins.map((bin) => sum(bin.parts, (part) => part[1])));
  const width = 900, height = 160, top = 20, left = 60, wide = width / Math.max(1, bins.length);
  const chart = draw("svg", { viewBox: `0 0 ${left + width + 20} ${height + top + 30}`, role: "img", "aria-label": label, width: "100%" });
  const base = top + height;
  const say = (text, attributes) => { const node = draw("text", attributes); node.textContent = text; chart.append(node); };
  say(number(most), { x: left - 8, y: top + 5, "text-anchor": "end" });
  say("0", { x: left - 8, y: base + 4, "text-anchor": "end" });
  chart.append(draw("line", { x1: left, x2: left + width, y1: top, y2: top, class: "axis" }));
  bins.forEach((bin, at) => {
    let y = base;
    for (const [name, amount] of bin.parts) {
      const high = (height * amount) / most;
      y -= high;
      const title = draw("title");
      title.textContent = `${bin.title || bin.label}, ${words(name)}: ${number(amount)}`;
      chart.append(draw("rect", { x: left + at * wide, y, width: Math.max(1, wide - 2), height: high, class: `bar ${name}` }, title));
    }
    if (at % Math.ceil(bins.length / 12) === 0) say(bin.label, { x: left + at * wide, y: base + 18 });
  });
  chart.append(draw("line", { x1: left, x2: left + width, y1: base, y2: base, class: "axis" }));
  for (const [edge, name, text] of lines) {
    const x = left + edge * wide - 1;
    chart.append(draw("line", { x1: x, x2: x, y1: top, y2: base, class: name }));
    say(text, { x, y: top - 6, "text-anchor": edge > bins.length / 2 ? "end" : "start" });
  }
  return chart;
}

// Curves over [0, 1] in both directions: curves of {class, points: [[x, y]], dots: whether each point is one}.
function curves(label, across, up, series, lines = []) {
  const size = 300, left = 50, top = 28;
  const chart = draw("svg", { viewBox: `0 0 ${left + size + 30} ${top + size + 45}`, role: "img", "aria-label": label, class: "square" });
  const x = (value) => left + size * value, y = (value) => top + size * (1 - value);
  const say = (text, attributes) => { const node = draw("text", attributes); node.textContent = text; chart.append(node); };
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    chart.append(draw("line", { x1: x(0), x2: x(1), y1: y(tick), y2: y(tick), class: "axis" }));
    say(String(tick), { x: left - 8, y: y(tick) + 4, "text-anchor": "end" });
    say(String(tick), { x: x(tick), y: top + size + 18, "text-anchor": "middle" });
  }
  say(across, { x: x(0.5), y: top + size + 38, "text-anchor": "middle" });
  say(up, { x: left - 40, y: top - 14 });
  for (const [value, name, text] of lines) {
    chart.append(draw("line", { x1: x(value), x2: x(value), y1: y(0), y2: y(1), class: name }));
    say(text, { x: x(value) + (value > 0.5 ? -4 : 4), y: y(0.93), "text-anchor": value > 0.5 ? "end" : "start" });
  }
  for (const { name, points, dots } of series) {
    chart.append(draw("polyline", { points: points.map((point) => `${x(point[0])},${y(point[1])}`).join(" "), class: `curve ${name}` }));
    for (const [at, value, tip] of dots ? points : []) {
      const title = draw("title");
      title.textContent = tip || `${decimal(at, 3)}, ${decimal(value, 3)}`;
      chart.append(draw("circle", { cx: x(at), cy: y(value), r: 4, class: `dot ${name}` }, title));
    }
  }
  return chart;
}

// Squares the darker the more they hold: cells of [column, row, amount]; row 0 is at the bottom.
function heat(label, cells, columns, rows, across, up) {
  const most = Math.max(1, ...cells.map((cell) => cell[2]));
  const wide = 28, left = 90, top = 8, high = 18;
  const chart = draw("svg", { viewBox: `0 0 ${left + columns.length * wide + 60} ${top + rows.length * high + 42}`, role: "img", "aria-label": label, class: "heat" });
  const say = (text, attributes) => { const node = draw("text", attributes); node.textContent = text; chart.append(node); };
  for (const [column, row, amount] of cells) {
    const title = draw("title");
    title.textContent = `${across} ${columns[column]}, ${up} ${rows[row]}: ${number(amount)}`;
    chart.append(draw("rect", { x: left + column * wide, y: top + (rows.length - 1 - row) * high, width: wide - 1, height: high - 1, class: "bar achieved", "fill-opacity": (0.12 + 0.88 * Math.sqrt(amount / most)).toFixed(3) }, title));
  }
  rows.forEach((row, at) => { say(row, { x: left - 8, y: top + (rows.length - at) * high - 5, "text-anchor": "end" }); });
  columns.forEach((column, at) => { if (at % 4 === 0) say(column, { x: left + at * wide, y: top + rows.length * high + 16 }); });
  say(across, { x: left + (columns.length * wide) / 2, y: top + rows.length * high + 34, "text-anchor": "middle" });
  return chart;
}

const link = (text, ...path) => make("a", { href: `#${path.map(encodeURIComponent).join("/")}` }, text);
const hasSamples = (state, stage, reason) => data.samples.some((sample) => sample.state === state && sample.stage === stage && (sample.reason || "") === reason);
const reasonCell = (row, otherwise = "") => (hasSamples(row.state, row.stage, row.reason) ? link(row.reason || otherwise || "samples", "samples", row.state, row.stage, row.reason) : row.reason || otherwise);

// The 95 % interval of a share `count` of `total` (Wilson 1927).
function interval(count, total) {
  if (!total) return [0, 1];
  const z = 1.96, share = count / total, scale = 1 + (z * z) / total;
  const middle = share + (z * z) / (2 * total), wide = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  return [Math.max(0, (middle - wide) / scale), Math.min(1, (middle + wide) / scale)];
}
