// The blocks of an answer in their form: paragraphs, lists, tables, entries and code, each with the chips of its sources.

function chip(root, { key, n, place }) {
  const node = button("chip", `Source ${n}: ${place}`, () => root.send("open", key), String(n));
  node.title = place;
  node.dataset.source = key;
  return node;
}

function chipsOf(root, chips) {
  const holder = el("span", "chips"); // chips stay together, and with the word before them
  holder.append("\u2060", ...chips.map((data) => chip(root, data)));
  return chips.length ? [holder] : [];
}

function texts(parts) {
  return parts.map(({ text, mark }) => (mark ? el("mark", "", text) : text));
}

function sentence(root, { parts, chips }) {
  return el("span", "sentence", ...texts(parts), ...chipsOf(root, chips), " ");
}

// What is over the length that is shown at once; see turn.css.
function classes(name, beyond) {
  return beyond ? `${name} beyond` : name;
}

// The paragraphs of an item, its chips at the end of the last that is always shown.
function paragraphs(root, { paragraphs: said, chips }) {
  const last = Math.max(0, said.findLastIndex(({ beyond }) => !beyond));
  return said.map(({ parts, lines, beyond }, place) =>
    el("p", classes(lines ? "lines" : "", beyond), ...texts(parts), ...(place === last ? chipsOf(root, chips) : [])));
}

function table(root, columns, items) {
  const head = el("tr", "", ...columns.map((name) => el("th", "", name)), el("td", ""));
  const rows = items.map(({ cells, beyond, chips }) =>
    el("tr", classes("sentence", beyond), ...cells.map(({ parts }) => el("td", "", ...texts(parts))), el("td", "", ...chipsOf(root, chips))));
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  const named = columns.some(Boolean);
  const node = el("div", "table", el("table", "", ...(named ? [el("thead", "", head)] : []), el("tbody", "", ...rows)));
  node.tabIndex = 0; // wider than a phone, it scrolls, and has to be reachable by keyboard
  node.setAttribute("role", "region");
  node.setAttribute("aria-label", named ? columns.join(", ") : "Table");
  return node;
}

function values(root, { cells, beyond, chips }) {
  const pairs = cells.map(({ name, parts }, place) => el("div", "", ...(name ? [el("dt", "", name)] : []),
    el("dd", "", ...texts(parts), ...(place === cells.length - 1 ? chipsOf(root, chips) : []))));
  return el("dl", classes("sentence", beyond), ...pairs);
}

const FORMS = {
  prose: (root, items) => el("p", "", ...items.map(({ paragraphs: [{ parts }], chips, beyond }) => {
    const node = sentence(root, { parts, chips });
    node.classList.toggle("beyond", beyond);
    return node;
  })),
  item: (root, items) => list(root, "ul", items),
  step: (root, items) => list(root, "ol", items),
  entry: (root, items) => el("div", "", ...items.map((item) => el("div", classes("sentence entry", item.beyond),
    ...(item.term.length ? [el("p", "term", ...texts(item.term))] : []), ...paragraphs(root, item)))),
  code: (root, items) => el("div", "", ...items.map(({ paragraphs: [{ parts }], chips, beyond }) => {
    const code = el("pre", "", el("code", "", ...texts(parts)));
    code.tabIndex = 0;
    return el("div", classes("sentence code", beyond), code, ...chipsOf(root, chips));
  })),
};

function list(root, tag, items) {
  return el(tag, "", ...items.map((item) => el("li", classes(item.number ? "sentence numbered" : "sentence", item.beyond),
    ...(item.number ? [el("span", "number", item.number)] : []), el("div", "", ...paragraphs(root, item)))));
}

function block(root, { form, label, columns, items }) {
  const node = form !== "row" ? FORMS[form](root, items)
    : columns.length ? table(root, columns, items) : el("div", "", ...items.map((item) => values(root, item)));
  const whose = label ? el("strong", "whose", `${label}: `) : "";
  if (form === "prose") node.prepend(whose);
  const holder = el("div", classes(`block ${form}`, items.every(({ beyond }) => beyond)));
  holder.append(...(label && form !== "prose" ? [el("p", "", whose)] : []), node);
  return holder;
}
