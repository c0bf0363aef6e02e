// The open source: the passage in its surroundings, with the exact words marked.

function close(root, key) {
  window.dispatchEvent(new CustomEvent("refdesk:source-closed", { detail: key }));
  root.send("close", true);
}

function step(root, name, label, key) {
  const node = button("square", label, () => {
    root.stepped = name;
    root.send("open", key);
  }, icon(name));
  node.disabled = !key;
  node.dataset.step = name;
  node.title = label;
  return node;
}

function header(root, data) {
  const shut = button("square", "Close source", () => close(root, data.key), icon("close"));
  shut.title = "Close source";
  const sort = data.related ? "Closest passage" : "Source";
  return el(
    "header", "",
    el("span", "position", `${sort} ${data.position}`),
    step(root, "previous", "Previous source", data.previous),
    step(root, "next", "Next source", data.next),
    shut,
  );
}

function body(data) {
  const mark = el("mark", "", data.marked);
  const passage = el("div", "passage", data.before, mark, data.after);
  passage.tabIndex = 0; // a scrolling area has to be reachable by keyboard
  passage.setAttribute("role", "group");
  passage.setAttribute("aria-label", "The passage in its surroundings");
  return passage;
}

export default function (component) {
  const { data } = component;
  const root = rootOf(component, "aside", "source");
  if (root.dataset.shown === JSON.stringify(data)) return;
  root.dataset.shown = JSON.stringify(data);
  root.setAttribute("aria-label", "Source");
  root.tabIndex = -1;
  root.onkeydown = (event) => {
    if (event.key === "Escape") close(root, data.key); // and return nothing: false would cancel every other key
  };

  if (data.missing) {
    root.replaceChildren(header(root, data), ...Object.values(data.missing).filter(Boolean).map((text) => el("p", "missing", text)));
    root.focus({ preventScroll: true });
    return;
  }
  const passage = body(data);
  const where = [data.page, data.heading].filter(Boolean).join(" · ");
  root.replaceChildren(
    header(root, data),
    el("h2", "", data.title),
    el("p", "where", where),
    passage,
    el("footer", "", el("span", "path", data.path), copyButton("Copy passage", () => data.copy)),
  );
  const mark = passage.querySelector("mark");
  passage.scrollTop = mark.offsetTop - passage.offsetTop - passage.clientHeight / 3;
  // The keyboard stays on the step that was taken, else it comes to the panel that a chip has just opened.
  const again = root.querySelector(`[data-step="${root.stepped}"]:not(:disabled)`);
  (again ?? root).focus({ preventScroll: true });
  root.stepped = undefined;
}
