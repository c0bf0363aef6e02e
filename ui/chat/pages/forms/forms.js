// The forms of a schema, each with its outcome, to open and to remove.

const SIGNS = { accepted: "check", good: "check", check: "warning", bad: "close", waiting: "waiting" };

function entry(root, { id, name, said, tone, note, current, opens }) {
  const open = button("open", "", () => root.send("open", id),
    el("span", `sign ${tone}`, icon(SIGNS[tone])), el("span", "name", name), el("span", `said ${tone}`, said), el("span", "note", note));
  open.disabled = !opens;
  if (current) open.setAttribute("aria-current", "true");
  const remove = button("square", `Remove ${name}`, () => root.send("remove", id), icon("delete"));
  remove.title = "Remove the file and what was read from it";
  return el("li", current ? "current" : "", open, remove);
}

export default function (component) {
  const root = rootOf(component, "nav", "forms");
  root.setAttribute("aria-label", component.data.label);
  if (!root.firstElementChild) root.append(el("ul"));
  const list = root.firstElementChild;
  keep(list, component.data.rows, (row) => entry(root, row));
  const current = list.querySelector(".current");
  if (current && current.dataset.key !== root.dataset.seen) {
    root.dataset.seen = current.dataset.key;
    const [outer, inner] = [list.getBoundingClientRect(), current.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) list.scrollTop += inner.top - outer.top - list.clientHeight / 2;
  }
}
