// What was read from a form, beside the page it was read from. A value is chosen in the list or on the page, then put
// right: by the words clicked on the page, by words that are typed, or by saying that the document does not hold it.

function bar({ sure, said, corrected, check }) {
  if (!said) return el("span");
  const node = el("span", corrected ? "sure said" : "sure", ...(corrected ? [icon("check"), said] : [el("span", "track", el("span"))]));
  if (!corrected) node.querySelector(".track span").style.width = `${100 * sure}%`;
  node.title = said;
  if (!corrected) node.append(el("span", "unseen", said));
  return check ? el("span", "side", el("span", "check", "Check this"), node) : el("span", "side", node);
}

function choose(root, key) {
  root.chosen = root.chosen === key ? null : key;
  root.typed = "";
  const field = root.data.fields.find((one) => one.key === root.chosen);
  const page = field?.marks[0]?.page;
  if (page !== undefined && root.data.page && page !== root.data.page.index) root.send("page", String(page));
  draw(root);
  root.querySelector(`[data-field="${CSS.escape(key)}"] .row`)?.focus({ preventScroll: true });
}

function correct(root, said) {
  root.sent = root.chosen;
  const { name, number } = root.data.fields.find(({ key }) => key === root.chosen);
  root.send("correct", JSON.stringify({ form: root.data.id, field: name, number, ...said }));
}

function correction(root, { label, none, trouble }) {
  const input = el("input");
  input.type = "text";
  input.value = root.typed;
  input.autocomplete = "off";
  input.addEventListener("input", () => { root.typed = input.value; });
  const form = el("form", "", el("label", "", el("span", "", "Click the right words on the page, or type them here"), input), el("button", "secondary", "Find"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) correct(root, { text: input.value });
  });
  const alert = el("p", "trouble", trouble);
  alert.setAttribute("role", "alert");
  alert.hidden = !trouble;
  const without = button("secondary", `${none}: ${label}`, () => correct(root, { missing: true }), none);
  without.hidden = !none;
  const leave = button("quiet", "", () => choose(root, root.chosen), "Cancel");
  return el("div", "correction", form, alert, el("div", "ways", without, leave));
}

function field(root, one) {
  const value = one.value ? el("span", "value", one.value) : el("span", "value absent", one.absent);
  const row = button("row", "", () => choose(root, one.key), el("span", "label", one.label), bar(one), value,
    ...(one.meaning ? [el("span", "meaning", one.meaning)] : []));
  row.title = one.hint;
  row.setAttribute("aria-expanded", String(one.open));
  const node = el("li", `${one.check ? "unsure" : ""} ${one.open ? "open" : ""}`, row);
  node.dataset.field = one.key;
  if (one.others) {
    const next = button("quiet", "", () => { root.chosen = one.key; correct(root, { next: true }); root.chosen = null; }, "Use the next one");
    node.append(el("p", "others", one.others, " ", next));
  }
  if (one.open) node.append(correction(root, one));
  return node;
}

function marksOf(root) {
  const { fields, page } = root.data;
  return fields.flatMap(({ key, marks, check }) => marks.filter((mark) => mark.page === page.index).map(({ words }) => ({
    words,
    kind: key === root.chosen ? "chosen" : check ? "unsure" : "found",
  })));
}

// Words on the page: the value of the field that is being put right, else the field that they are already the value of.
function onWords(root, words) {
  if (root.chosen) return correct(root, { page: root.data.page.index, words });
  const known = root.data.fields.find(({ marks }) => marks.some((mark) => mark.page === root.data.page.index && words.every((word) => mark.words.includes(word))));
  if (known) choose(root, known.key);
  else {
    root.parts.hint.classList.add("asked");
    setTimeout(() => root.parts.hint.classList.remove("asked"), 1200);
  }
}

function skeleton(root) {
  const parts = {
    header: el("header"), outcome: el("p", "outcome"), list: el("ul"), accept: el("div", "accept"),
    tools: el("div", "tools"), hint: el("p", "hint"), holder: el("div", "holder"), notes: el("div", "notes"),
  };
  const values = el("div", "values", parts.outcome, parts.list, parts.accept);
  const page = el("div", "page", el("div", "above", parts.hint, parts.tools), parts.holder, parts.notes);
  root.append(parts.header, el("div", "beside", values, page));
  parts.outcome.setAttribute("role", "status");
  root.addEventListener("keydown", (event) => { if (event.key === "Escape" && root.chosen) choose(root, root.chosen); });
  return parts;
}

function head(root, { name, position, previous, next }) {
  const step = (sign, label, to) => {
    const node = button("square", label, () => root.send("open", to), icon(sign));
    node.title = label;
    node.disabled = !to;
    return node;
  };
  return [el("h2", "", name), el("span", "position", position), step("previous", "Previous document", previous), step("next", "Next document", next)];
}

function acceptance(root, { id, accepted }) {
  const accept = (said) => root.send("accept", JSON.stringify({ form: id, accepted: said }));
  if (accepted) return [el("span", "accepted", icon("check"), "Accepted"), button("quiet", "", () => accept(false), icon("undo"), "Take back")];
  return [button("primary", "", () => accept(true), icon("check"), "Accept and go on"), el("span", "fine", "All values as they stand here.")];
}

function draw(root) {
  const { data, parts } = root;
  const chosen = data.fields.find(({ key }) => key === root.chosen);
  keep(parts.header, [[data.id, data.name, data.position, data.previous, data.next]], () => el("div", "", ...head(root, data)));
  parts.outcome.textContent = data.detail || data.said;
  parts.outcome.className = `outcome ${data.tone}`;
  keep(parts.list, data.fields.map((one) => ({ ...one, open: one.key === root.chosen })), (one) => field(root, one));
  keep(parts.accept, [[data.id, data.accepted]], () => el("div", "", ...acceptance(root, data)));
  parts.accept.hidden = !data.fields.length;
  const { page } = data;
  root.querySelector(".page").hidden = !page;
  if (!page) return;
  parts.hint.textContent = chosen ? `Click the right words for “${chosen.label}”, or drag over several.` : "Choose a value to see where it stands, or to put it right.";
  keep(parts.tools, [{ index: page.index, count: page.count, label: page.label, picture: Boolean(page.source), large: Boolean(root.large) }], () => tools(root, page));
  const sheet = drawSheet(parts.holder, page, marksOf(root), (words) => onWords(root, words));
  sheet.classList.toggle("large", Boolean(root.large && page.source));
  keep(parts.notes, page.notes, (note) => el("p", "", note));
  if (root.shown !== `${data.id} ${page.index} ${root.chosen}`) intoView(sheet);
  root.shown = `${data.id} ${page.index} ${root.chosen}`;
}

function tools(root, page) {
  const larger = button("square", "Show the page larger", () => { root.large = !root.large; draw(root); }, icon("larger"));
  larger.title = "Show the page larger";
  larger.setAttribute("aria-pressed", String(Boolean(root.large)));
  larger.hidden = !page.source;
  return el("div", "", ...(page.count > 1 ? [pageSteps(page, (to) => root.send("page", String(to)))] : []), larger);
}

export default function (component) {
  const root = rootOf(component, "section", "form");
  const { data } = component;
  if (root.data?.id !== data.id) root.chosen = null;
  root.typed ??= "";
  // What was sent has been taken, or the reason why not stands in the field, which stays open.
  if (root.sent && !data.fields.find(({ key }) => key === root.sent)?.trouble) {
    if (root.chosen === root.sent) root.chosen = null;
  }
  const came = root.sent;
  root.sent = null;
  root.data = data;
  root.parts ??= skeleton(root);
  root.setAttribute("aria-label", data.name);
  draw(root);
  if (came) root.querySelector(`[data-field="${CSS.escape(came)}"] ${root.chosen ? "input" : ".row"}`)?.focus({ preventScroll: true });
}
