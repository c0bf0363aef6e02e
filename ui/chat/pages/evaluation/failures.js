// Questions that went wrong, to open and read.

function pairs(rows) {
  return el("dl", "", ...rows.flatMap(([name, value]) => [el("dt", "", name), el("dd", "", value)]));
}

function failure(root, tried, { question, rows, passages, facts }) {
  const given = rows.find(([name]) => name === "Given" || name === "After it");
  return el(
    "details", "",
    el("summary", "", el("span", "question", question), el("span", "fine", `${given[0]}: ${given[1]}`)),
    pairs(rows),
    ...passages.flatMap(({ label, parts }) => [
      el("p", "label", label),
      el("blockquote", "", ...parts.map(({ text, mark }) => (mark ? el("mark", "", text) : text))),
    ]),
    el("details", "facts", el("summary", "", "Scores and signals"), pairs(facts)),
    ...(tried ? [button("secondary", "", () => root.send("ask", question), "Try it in “What if”")] : []),
  );
}

export default function (component) {
  const root = rootOf(component, "section", "failures");
  keep(root, component.data.items, (item) => failure(root, component.data.tried, item));
}
