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

// The parts of a turn, in their order on the page, each made once and filled by render().
function skeleton(root) {
  const parts = {
    question: el("h2", "question"),
    label: el("p", "label"),
    answer: el("p", "answer"),
    meta: el("div", "meta"),
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
  const { question, label, answer, meta, near, writing, stage, stopped, failure: failed } = root.parts;
  const shown = data.answer;
  const busy = data.stage !== "";

  question.textContent = data.question;
  label.textContent = shown?.label ?? "";
  answer.classList.toggle("abstained", shown?.kind === "abstained");
  keep(answer, shown?.sentences ?? [], (item) => sentence(root, item));
  keep(writing, data.writing, (item) => {
    const node = sentence(root, item);
    if (busy) node.classList.add("fresh");
    return node;
  });
  keep(meta, shown ? [{ status: shown.status }, ...(busy ? [] : [{ copy: shown.copy }])] : [], ({ status, copy }) =>
    status ? el("span", "status", status) : copyButton("Copy", () => copy));
  keep(near.lastElementChild, shown?.related ?? [], (item) => related(root, item));
  stage.children[1].textContent = data.stage;
  keep(failed, data.failure ? [data.failure] : [], (item) => el("div", "", ...failure(item, root)));

  for (const [node, visible] of [
    [label, shown?.label], [answer, shown?.sentences.length], [meta, shown], [near, shown?.related.length],
    [writing, data.writing.length], [stage, busy], [stopped, data.state === "stopped"], [failed, data.failure],
  ]) node.hidden = !visible;

  for (const node of root.querySelectorAll("[data-source]")) {
    node.setAttribute("aria-pressed", String(node.dataset.source === data.active));
  }
  const opened = root.querySelector('[aria-pressed="true"]');
  if (opened && data.active !== root.active) keepInSight(opened);
  root.active = data.active;
  if (isNew && busy) {
    // A question just asked comes to the top, and its answer is read downwards from there.
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => root.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" }));
  }
  return () => window.removeEventListener("refdesk:source-closed", root.onSourceClosed);
}
