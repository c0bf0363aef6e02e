// The example for a schema: its pages, on which the value of each field is chosen.

export default function (component) {
  const root = rootOf(component, "section", "example");
  const { page, marks } = component.data;
  root.setAttribute("aria-label", page.alt);
  if (!root.firstElementChild) root.append(el("div", "tools"), el("div", "holder"));
  const [tools, holder] = root.children;
  keep(tools, page.count > 1 ? [{ index: page.index, count: page.count, label: page.label }] : [], () => pageSteps(page, (to) => root.send("page", String(to))));
  const here = marks.filter((mark) => mark.page === page.index).map(({ words, label, chosen }) => ({ words, label, kind: chosen ? "chosen" : "found" }));
  const sheet = drawSheet(holder, page, here, (words) => root.send("correct", JSON.stringify({ page: page.index, words })));
  if (root.shown !== JSON.stringify(here)) intoView(sheet);
  root.shown = JSON.stringify(here);
}
