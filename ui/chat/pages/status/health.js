// What is wrong, and then facts in sections: a name, what it is, and what there is to say of it.

function problem({ what, remedy }) {
  return el("li", "", icon("warning"), el("div", "", el("p", "what", what), ...(remedy ? [el("p", "", ...withCode(remedy))] : [])));
}

function section({ title, facts }) {
  return el("section", "", el("h2", "", title), el("dl", "", ...facts.map(({ name, value, more }) =>
    el("div", "", el("dt", "", name), el("dd", "", el("p", "value", value), ...more.map((line) => el("p", "more", ...withCode(line))))))));
}

export default function (component) {
  const { well, problems, sections } = component.data;
  const root = rootOf(component, "article", "health");
  if (!root.firstElementChild) root.append(el("p", "well"), el("ul", "problems"), el("div"));
  const [fine, wrong, rest] = root.children;
  wrong.setAttribute("aria-label", "What is wrong");
  fine.replaceChildren(...(well ? [icon("check"), well] : []));
  fine.hidden = !well;
  keep(wrong, problems, problem);
  wrong.hidden = problems.length === 0;
  keep(rest, sections, section);
}
