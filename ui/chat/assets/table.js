// A table of texts and numbers. A share comes as a number with a bar, and its 95% interval on the bar.

function cell({ number }, content, name) {
  if (typeof content === "string") return el(name, number ? "number" : "", content);
  const { text, value, low, high } = content;
  const track = el("span", "track", el("span", "interval"), el("span", "value"));
  track.setAttribute("aria-hidden", "true");
  track.children[0].style.left = `${100 * low}%`;
  track.children[0].style.width = `${100 * (high - low)}%`;
  track.children[1].style.left = `${100 * value}%`;
  return el("td", "share", el("span", "", el("span", "number", text), track));
}

export default function (component) {
  const { columns, rows } = component.data;
  const root = rootOf(component, "section", "table");
  if (!root.firstElementChild) {
    root.append(el("table", "", el("thead"), el("tbody")));
    root.tabIndex = 0; // wider than a phone, it scrolls, and has to be reachable by keyboard
    root.setAttribute("role", "region");
  }
  root.setAttribute("aria-label", columns[0].label);
  root.classList.toggle("few", columns.length < 4); // there is room for wide bars
  const [head, body] = root.firstElementChild.children;
  keep(head, [columns], () => el("tr", "", ...columns.map((column) => {
    const node = cell(column, column.label, "th");
    node.scope = "col";
    return node;
  })));
  keep(body, rows, (row) => el("tr", "", ...row.map((content, place) => cell(columns[place], content, place ? "td" : "th"))));
  for (const first of body.querySelectorAll("th")) first.scope = "row";
}
