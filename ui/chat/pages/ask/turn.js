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

// The quiet line under an answer, and what can be done with it.
function keepTools(root, holder, shown, tools) {
  keep(holder, shown ? [{ status: shown.status }, ...tools] : [], ({ status, copy, shorter }) => {
    if (status) return el("span", "status", status);
    if (copy) return copyButton("Copy", () => copy);
    if (shorter) return button("quiet", "", () => root.send("shorter", true), icon("shorter"), el("span", "", shorter));
    return thumbs(root);
  });
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

// An answer that is not sure asks whether it is one; what the reader says changes at once what stands above it.
function verdict(root, { yes, no }) {
  const say = (rating, label) => {
    const node = button("secondary", "", () => {
      root.rating = root.rating === rating ? null : rating; // the same button again takes it back
      root.parts.remark.open = root.rating === "down";
      showRating(root);
      rate(root, root.rating);
    }, icon(rating === "up" ? "check" : "close"), label);
    node.dataset.rating = rating;
    return node;
  };
  const node = el("div", "", say("up", yes), say("down", no));
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", "Does this answer the question?");
  return node;
}

function showRating(root) {
  root.parts.lead.textContent = root.leads?.[root.rating ?? ""] ?? "";
  root.parts.answer.classList.toggle("open", Boolean(root.leads) && root.rating !== "up");
  for (const node of root.querySelectorAll("[data-rating]")) {
    node.setAttribute("aria-pressed", String(node.dataset.rating === root.rating));
  }
}

function showMore(root, [more, less]) {
  const node = button("quiet", "", () => unfold(root, root.parts.answer.classList.contains("folded")), el("span", "", more));
  node.dataset.words = JSON.stringify([less, more]);
  return node;
}

function unfold(root, open) {
  root.parts.answer.classList.toggle("folded", !open);
  for (const node of root.parts.more.children) {
    node.setAttribute("aria-expanded", String(open));
    node.firstElementChild.textContent = JSON.parse(node.dataset.words)[open ? 0 : 1];
  }
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
    lead: el("p", "lead"),
    answer: el("div", "answer folded"),
    more: el("div", "more"),
    leftOpen: el("p", "leftOpen"),
    verdict: el("div", "verdict"),
    notices: el("ul", "notices"),
    meta: el("div", "meta"),
    beside: el("section", "beside", el("h3"), el("div"), el("ul", "notices"), el("div", "meta")),
    remark: remarkForm(root),
    dropped: el("details", "dropped", el("summary"), el("ul")),
    near: el("section", "related", el("h3"), el("ul")),
    writing: el("p", "writing"),
    stage: el("div", "stage", el("span", "pulse"), el("span", "words"), button("quiet stop", "", () => root.send("stop", true), icon("stop"), "Stop")),
    stopped: el("p", "stopped", "Stopped."),
    failure: el("div", "failure"),
  };
  parts.stage.children[1].setAttribute("role", "status");
  parts.failure.setAttribute("role", "alert");
  parts.lead.setAttribute("role", "status");
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
  const { question, lookedUp, label, lead, answer, more, leftOpen, verdict: asked, notices, meta, remark, dropped, near, beside, writing, stage, stopped, failure: failed } = root.parts;
  const { answer: shown, feedback } = data;
  const busy = data.stage !== "";

  question.textContent = data.question;
  lookedUp.textContent = shown?.lookedUp ?? "";
  label.textContent = shown?.label ?? "";
  answer.classList.toggle("abstained", shown?.kind === "abstained");
  keep(answer, shown?.blocks ?? [], (item) => block(root, item));
  const folds = answer.querySelector(".beyond") !== null;
  keep(more, folds ? [shown.fold] : [], (words) => showMore(root, words));
  unfold(root, !answer.classList.contains("folded"));
  leftOpen.textContent = shown?.leftOpen ?? "";
  root.leads = shown?.unsure?.leads;
  keep(asked, shown?.unsure && feedback && !busy ? [shown.unsure] : [], (words) => verdict(root, words));
  keep(notices, shown?.notices ?? [], (text) => el("li", "", text));
  keep(writing, data.writing, (item) => {
    const node = sentence(root, item);
    if (busy) node.classList.add("fresh");
    return node;
  });
  const judged = feedback && !shown?.unsure && !busy;
  // What goes away when it is pressed comes last, so that nothing else moves under the pointer.
  keepTools(root, meta, shown, busy ? [] : [{ copy: shown?.copy }, ...(judged && data.judged === "answer" ? [{ thumbs: true }] : []),
    ...(data.shorter ? [{ shorter: data.shorter }] : [])]);
  const written = data.beside;
  beside.firstElementChild.textContent = written?.title ?? "";
  beside.firstElementChild.hidden = !written?.title;
  keep(beside.children[1], written?.blocks ?? [], (item) => block(root, item));
  keep(beside.children[2], written?.notices ?? [], (text) => el("li", "", text));
  beside.children[2].hidden = !written?.notices.length;
  keepTools(root, beside.lastElementChild, written, busy || !written ? [] : [...(written.copy ? [{ copy: written.copy }] : []),
    ...(judged && data.judged === "beside" ? [{ thumbs: true }] : [])]);
  const left = written?.leftOut.summary ? written.leftOut : shown?.leftOut;
  root.rating = feedback?.rating;
  if (feedback) fill(remark, feedback);
  dropped.firstElementChild.textContent = left?.summary ?? "";
  keep(dropped.lastElementChild, left?.sentences ?? [], leftOut);
  near.firstElementChild.textContent = shown?.closest ?? "";
  keep(near.lastElementChild, shown?.related ?? [], (item) => related(root, item));
  stage.children[1].textContent = data.stage;
  keep(failed, data.failure ? [data.failure] : [], (item) => el("div", "", ...failure(item, root)));

  for (const [node, visible] of [
    [lookedUp, shown?.lookedUp], [label, shown?.label], [lead, root.leads], [answer, shown?.blocks.length], [more, folds], [leftOpen, shown?.leftOpen], [asked, asked.childElementCount], [notices, shown?.notices.length], [meta, shown], [remark, root.rating === "down"],
    [dropped, left?.summary && !busy], [beside, written], [near, shown?.related.length],
    [writing, data.writing.length], [stage, busy], [stopped, data.state === "stopped"], [failed, data.failure],
  ]) node.hidden = !visible;

  for (const node of root.querySelectorAll("[data-source]")) {
    node.setAttribute("aria-pressed", String(node.dataset.source === data.active));
  }
  showRating(root);
  const opened = root.querySelector('[data-source][aria-pressed="true"]');
  if (opened?.closest(".beyond")) unfold(root, true); // the panel's steps lead to it
  if (opened && data.active !== root.active) keepInSight(opened);
  root.active = data.active;
  if (isNew && busy) {
    // A question just asked comes to the top, and its answer is read downwards from there.
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => root.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" }));
  }
  return () => window.removeEventListener("refdesk:source-closed", root.onSourceClosed);
}
