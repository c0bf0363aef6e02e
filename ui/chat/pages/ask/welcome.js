// The page before the first question: what Refdesk is, what it holds, and where to begin.

function suggestions(root, questions) {
  const list = el("ul", "suggestions", ...questions.map((text) => el("li", "", button("suggestion", "", () => root.send("ask", text), text))));
  list.setAttribute("aria-label", "Questions the documents answer");
  return list;
}

function firstSteps(steps) {
  return el("dl", "steps", ...steps.flatMap(({ command, does }) => [el("dt", "", el("code", "", command)), el("dd", "", does)]));
}

export default function (component) {
  const { data } = component;
  const root = rootOf(component, "section", "welcome");
  if (root.dataset.shown === JSON.stringify(data)) return;
  root.dataset.shown = JSON.stringify(data);
  root.replaceChildren(
    el("h1", "", data.title),
    el("p", "lead", data.lead),
    el("p", "holdings", data.holdings),
    ...(data.questions.length ? [suggestions(root, data.questions)] : []),
    ...(data.steps.length ? [firstSteps(data.steps)] : []),
  );
}
