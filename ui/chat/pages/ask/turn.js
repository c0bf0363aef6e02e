// One question and its answer, in all its states.

const PANEL_ENTERS = 300; // milliseconds
const STILL_FRAMES = 12;

// The panel takes room, on a phone more than half of it, and Streamlit follows the end of a page that grows. Once both are
// done, what the panel was opened from comes back into sight.
function keepInSight(node) {
  let top, still = 0;
  const look = () => {
    const now = node.getBoundingClientRect().top;
    still = now === top ? still + 1 : 0;
    top = now;
    if (still > STILL_FRAMES) node.scrollIntoView({ block: "nearest" });
    else if (node.isConnected) requestAnimationFrame(look);
  };
  setTimeout(look, PANEL_ENTERS);
}

function chip(root, { key, n, place }) {
  const node = button("chip", `Source ${n}: ${place}`, () => root.send("open", key), String(n));
  node.title = place;
  node.dataset.source = key;
  return node;
}

function sentence(root, { parts, chips }) {
  const node = el("span", "sentence");
  for (const { text, mark } of parts) node.append(mark ? el("mark", "", text) : text);
  if (chips.length) {
    const holder = el("span", "chips"); // chips stay together, and with the word before them
    holder.append("\u2060", ...chips.map((data) => chip(root, data)));
    node.append(holder);
  }
  node.append(" ");
  return node;
}

function related(root, { key, place, quote }) {
  const node = button("near", `Open ${place}`, () => root.send("open", key), el("span", "place", place), el("span", "quote", quote));
  node.dataset.source = key;
  return el("li", "", node);
}

function failure({ what, why, safe }, root) {
  return [
    el("p", "what", what),
    el("p", "", why),
    el("p", "", safe),
    button("secondary", "", () => root.send("again", true), "Ask again"),
  ];
}

// The verdict goes out as JSON: all that a component sends is text.
function rate(root, rating, rightAnswer = "", note = "") {
  root.send("rate", JSON.stringify({ rating, rightAnswer, note }));
}

function thumb(root, rating, label) {
  const node = button("quiet thumb", "", () => {
    const given = root.rating === rating ? null : rating; // the same thumb again takes it back
    root.parts.remark.open = given === "down";
    rate(root, given);
  }, icon(rating), el("span", "", label));
  node.dataset.rating = rating;
  return node;
}

function thumbs(root) {
  const node = el("span", "thumbs", thumb(root, "up", "Right"), thumb(root, "down", "Wrong"));
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", "Is this answer right?");
  return node;
}

function field(name, label) {
  const input = el("input");
  input.name = name;
  input.autocomplete = "off";
  return el("label", "", el("span", "", label), input);
}

// What would be right, and what is wrong: closed unless the reader has just said that the answer is wrong.
function remarkForm(root) {
  const save = el("button", "secondary", "Save");
  const form = el("form", "", field("rightAnswer", "Right answer"), field("note", "Note"), save);
  const node = el("details", "remark", el("summary"), form);
  form.addEventListener("keydown", (event) => event.stopPropagation()); // or Streamlit takes letters for its shortcuts
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    rate(root, "down", form.elements.rightAnswer.value, form.elements.note.value);
    node.open = false;
    node.firstElementChild.focus();
  });
  return node;
}

function fill(remark, { remark: said, longest, ...stored }) {
  remark.firstElementChild.textContent = said;
  for (const input of remark.querySelectorAll("input")) {
    input.maxLength = longest;
    if (input.dataset.stored === stored[input.name]) continue; // what is being typed stays
    input.value = input.dataset.stored = stored[input.name];
  }
}

function leftOut({ text, why }) {
  return el("li", "", el("del", "", text), el("span", "why", why ? `Left out: ${why}` : "Left out"));
}

// The parts of a turn, in their order on the page, each made once and filled by render().
function skeleton(root) {
  const parts = {
    question: el("h2", "question"),
    lookedUp: el("p", "lookedUp"),
    label: el("p", "label"),
    answer: el("p", "answer"),
    notices: el("ul", "notices"),
    meta: el("div", "meta"),
    remark: remarkForm(root),
    dropped: el("details", "dropped", el("summary"), el("ul")),
    near: el("section", "related", el("h3", "", "Nearest passages"), el("p", "hint", "Related, but they do not answer the question."), el("ul")),
    writing: el("p", "writing"),
    stage: el("div", "stage", el("span", "pulse"), el("span", "words"), button("quiet stop", "", () => root.send("stop", true), icon("stop"), "Stop")),
    stopped: el("p", "stopped", "Stopped."),
    failure: el("div", "failure"),
  };
  parts.stage.children[1].setAttribute("role", "status");
  parts.failure.setAttribute("role", "alert");
  root.append(...Object.values(parts));
  // The source panel says when it closes, so that the keyboard goes on from the chip that opened it.
  root.onSourceClosed = (event) => root.querySelector(`[data-source="${CSS.escape(event.detail)}"]`)?.focus();
  window.addEventListener("refdesk:source-closed", root.onSourceClosed);
  return parts;
}

export default function (component) {
  const { data } = component;
  const root = rootOf(component, "article", "turn");
  const isNew = !root.parts;
  root.parts ??= skeleton(root);
  const { question, lookedUp, label, answer, notices, meta, remark, dropped, near, writing, stage, stopped, failure: failed } = root.parts;
  const { answer: shown, feedback } = data;
  const busy = data.stage !== "";

  question.textContent = data.question;
  lookedUp.textContent = shown?.lookedUp ?? "";
  label.textContent = shown?.label ?? "";
  answer.classList.toggle("abstained", shown?.kind === "abstained");
  keep(answer, shown?.sentences ?? [], (item) => sentence(root, item));
  keep(notices, shown?.notices ?? [], (text) => el("li", "", text));
  keep(writing, data.writing, (item) => {
    const node = sentence(root, item);
    if (busy) node.classList.add("fresh");
    return node;
  });
  const tools = busy || !shown ? [] : [{ copy: shown.copy }, ...(feedback ? [{ thumbs: true }] : [])];
  keep(meta, shown ? [{ status: shown.status }, ...tools] : [], ({ status, copy }) =>
    status ? el("span", "status", status) : copy ? copyButton("Copy", () => copy) : thumbs(root));
  root.rating = feedback?.rating;
  if (feedback) fill(remark, feedback);
  dropped.firstElementChild.textContent = shown?.leftOut.summary ?? "";
  keep(dropped.lastElementChild, shown?.leftOut.sentences ?? [], leftOut);
  keep(near.lastElementChild, shown?.related ?? [], (item) => related(root, item));
  stage.children[1].textContent = data.stage;
  keep(failed, data.failure ? [data.failure] : [], (item) => el("div", "", ...failure(item, root)));

  for (const [node, visible] of [
    [lookedUp, shown?.lookedUp], [label, shown?.label], [answer, shown?.sentences.length], [notices, shown?.notices.length], [meta, shown], [remark, root.rating === "down"],
    [dropped, shown?.leftOut.summary && !busy], [near, shown?.related.length],
    [writing, data.writing.length], [stage, busy], [stopped, data.state === "stopped"], [failed, data.failure],
  ]) node.hidden = !visible;

  for (const node of root.querySelectorAll("[data-source]")) {
    node.setAttribute("aria-pressed", String(node.dataset.source === data.active));
  }
  for (const node of root.querySelectorAll("[data-rating]")) {
    node.setAttribute("aria-pressed", String(node.dataset.rating === root.rating));
  }
  const opened = root.querySelector('[data-source][aria-pressed="true"]');
  if (opened && data.active !== root.active) keepInSight(opened);
  root.active = data.active;
  if (isNew && busy) {
    // A question just asked comes to the top, and its answer is read downwards from there.
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => root.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" }));
  }
  return () => window.removeEventListener("refdesk:source-closed", root.onSourceClosed);
}
