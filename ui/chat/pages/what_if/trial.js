// What the desk makes of a question: its decision, what it quotes, and the passages in the order in which it uses them.

function marked(parts) {
  return parts.map(({ text, mark }) => (mark ? el("mark", "", text) : text));
}

function scale({ share, threshold }) {
  const track = el("div", "track", el("span", "share"), el("span", "threshold"));
  track.setAttribute("aria-hidden", "true");
  track.children[0].style.width = `${100 * share}%`;
  track.children[1].style.left = `${100 * threshold}%`;
  return track;
}

function verdict(data) {
  return el(
    "div", "verdict",
    ...(data.lookedUp ? [el("p", "fine", data.lookedUp)] : []),
    el("p", "decision", data.decision),
    scale(data),
    el("p", "fine", data.probability),
    el("details", "signals", el("summary", "", "Its signals"), el("dl", "", ...data.signals.flatMap(([name, value]) => [el("dt", "", name), el("dd", "", value)]))),
    ...(data.quote.length ? [el("p", "label", data.answered ? "Quoted" : "It would have quoted"), el("blockquote", "", ...marked(data.quote))] : []),
  );
}

function passage(root, item, first) {
  const facts = [item.found, `margin ${item.margin}`].join(" · ");
  const summary = el(
    "summary", "",
    el("span", "rank", String(item.rank)),
    el("span", "what", item.place, ...(item.cited ? [el("span", "tag", "quoted")] : [])),
    el("span", "fine", facts, ...(item.was ? [" · ", el("strong", "", item.was)] : [])),
  );
  const node = el("details", "", summary, ...(item.heading ? [el("p", "label", item.heading)] : []), el("p", "text", ...marked(item.parts)));
  if (item.editable) node.append(button("secondary", `Change ${item.place}`, () => root.send("open", item.id), "Change"));
  node.open = first;
  return node;
}

export default function (component) {
  const { data } = component;
  const root = rootOf(component, "article", "trial");
  if (!root.firstElementChild) root.append(el("ul", "changes"), el("div"), el("div", "passages"));
  const [changes, top, passages] = root.children;
  keep(changes, data.changes, (text) => el("li", "", text));
  changes.hidden = !data.changes.length;
  keep(top, [data], verdict);
  keep(passages, data.passages, (item, index) => passage(root, item, index === 0));
}
