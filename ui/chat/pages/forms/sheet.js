// A page of a document as a picture, or its text where it has no pages, with the words that can be chosen on it.

const NEAR = 6; // pixels by which a word may be missed

function overlap(start, size, from, to) {
  return Math.max(0, Math.min(start + size, to) - Math.max(start, from));
}

// The numbers of the words within two points of the sheet, both in shares of it: those between the first and the last
// word where these stand in one line, as a text is selected, else those in the rectangle.
function wordsBetween(words, one, other, slack) {
  let [left, top, right, bottom] = [Math.min(one.x, other.x), Math.min(one.y, other.y), Math.max(one.x, other.x), Math.max(one.y, other.y)];
  for (const at of [wordAt(words, one, slack), wordAt(words, other, slack)]) {
    if (at < 0) continue;
    const [, x, y, width, height] = words[at];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + width), Math.max(bottom, y + height)];
  }
  return [...words.keys()].filter((place) => {
    const [, x, y, width, height] = words[place];
    return overlap(x, width, left, right) > .3 * width && overlap(y, height, top, bottom) > .5 * height;
  });
}

function wordAt(words, point, slack) {
  let best = -1, least = Infinity;
  words.forEach(([, x, y, width, height], place) => {
    const across = Math.max(x - point.x, point.x - x - width, 0) / slack.x;
    const down = Math.max(y - point.y, point.y - y - height, 0) / slack.y;
    const distance = Math.hypot(across, down);
    if (distance <= 1 && distance < least) [best, least] = [place, distance];
  });
  return best;
}

function placed(node, x, y, width, height) {
  Object.assign(node.style, { left: `${100 * x}%`, top: `${100 * y}%`, width: `${100 * width}%`, height: `${100 * height}%` });
  return node;
}

// A frame around words that stand together. Those far apart, as in two columns, have one for each line.
function frames({ words, source }, places) {
  const lines = [];
  for (const [, x, y, width, height] of places.map((place) => words[place]).filter(Boolean)) {
    const line = lines.find((known) => overlap(y, height, known.top, known.bottom) > .5 * height);
    if (line) Object.assign(line, { left: Math.min(line.left, x), right: Math.max(line.right, x + width), top: Math.min(line.top, y), bottom: Math.max(line.bottom, y + height) });
    else lines.push({ left: x, right: x + width, top: y, bottom: y + height });
  }
  const inset = source ? 0 : .08; // the lines of a text touch
  return lines.map(({ left, right, top, bottom }) => ({ left, right, top: top + inset * (bottom - top), bottom: bottom - inset * (bottom - top) }));
}

function paper(page) {
  const layer = el("div", "layer", ...page.words.map(([text, ...box], place) => {
    const word = placed(el("span", "word", text), ...box);
    word.dataset.place = place;
    return word;
  }));
  const node = el("div", page.source ? "paper" : "paper text");
  node.layer = layer;
  if (page.source) {
    const picture = el("img");
    picture.alt = page.alt;
    picture.src = `${page.source}?width=${1200 * Math.min(2, Math.ceil(window.devicePixelRatio || 1))}`;
    picture.addEventListener("error", () => picture.classList.add("lost"));
    node.style.aspectRatio = page.ratio;
    node.append(picture);
  } else {
    layer.style.width = `${page.columns}ch`;
    layer.style.height = `${page.lines * 1.7}em`;
  }
  layer.append(el("div", "marks"));
  node.append(layer);
  return node;
}

function point(layer, event) {
  const box = layer.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
}

function slackOf(layer) {
  return { x: NEAR / layer.clientWidth, y: NEAR / layer.clientHeight };
}

function listen(sheet) {
  let from = null;
  const within = (event) => {
    const { layer } = sheet.paper;
    return wordsBetween(sheet.page.words, from, point(layer, event), slackOf(layer));
  };
  const light = (places) => {
    for (const word of sheet.paper.layer.querySelectorAll(".word.lit")) word.classList.remove("lit");
    for (const place of places) sheet.paper.layer.querySelector(`[data-place="${place}"]`)?.classList.add("lit");
  };
  sheet.addEventListener("pointerdown", (event) => {
    if (event.button || !sheet.paper.contains(event.target)) return;
    from = point(sheet.paper.layer, event);
    if (event.pointerType === "mouse") sheet.setPointerCapture(event.pointerId); // a drag may end beside the page
  });
  sheet.addEventListener("pointermove", (event) => {
    const { layer } = sheet.paper;
    if (from) light(within(event));
    else if (event.pointerType === "mouse") light([wordAt(sheet.page.words, point(layer, event), slackOf(layer))]);
  });
  sheet.addEventListener("pointerleave", () => { if (!from) light([]); });
  sheet.addEventListener("pointercancel", () => { from = null; light([]); });
  sheet.addEventListener("pointerup", (event) => {
    if (!from) return;
    const chosen = within(event);
    from = null;
    light([]);
    if (chosen.length) sheet.onWords(chosen);
  });
}

// Draws `page` with `marks`, each {words, kind, label, scroll}, and calls `onWords` with the numbers of the words chosen.
function drawSheet(holder, page, marks, onWords) {
  let sheet = holder.querySelector(".sheet");
  if (!sheet) {
    sheet = el("div", "sheet");
    sheet.tabIndex = 0; // a scrolling area has to be reachable by keyboard
    sheet.setAttribute("role", "group");
    holder.append(sheet);
    listen(sheet);
  }
  sheet.onWords = onWords;
  const key = JSON.stringify(page);
  if (sheet.dataset.key !== key) {
    sheet.dataset.key = key;
    sheet.page = page;
    sheet.paper = paper(page);
    sheet.setAttribute("aria-label", page.alt);
    sheet.replaceChildren(sheet.paper);
    sheet.scrollTop = 0;
  }
  const drawn = marks.flatMap(({ words, kind, label }) => frames(page, words).map((line, place) => ({ ...line, kind, label: place ? "" : label })));
  const layer = sheet.paper.querySelector(".marks");
  keep(layer, drawn, ({ left, top, right, bottom, kind, label }) =>
    placed(el("div", `mark ${kind}`, ...(label ? [el("span", right > .8 ? "before" : "", label)] : [])), left, top, right - left, bottom - top));
  return sheet;
}

function intoView(sheet) {
  const mark = sheet.querySelector(".mark.chosen");
  if (!mark) return;
  const [outer, inner] = [sheet.getBoundingClientRect(), mark.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) sheet.scrollTop += inner.top - outer.top - sheet.clientHeight / 3;
  if (inner.left < outer.left || inner.right > outer.right) sheet.scrollLeft += inner.left - outer.left - 24;
}

function pageSteps(page, onPage) {
  const step = (name, label, to) => {
    const node = button("square", label, () => onPage(to), icon(name));
    node.title = label;
    node.disabled = to < 0 || to >= page.count;
    return node;
  };
  return el("div", "pages", step("previous", "Previous page", page.index - 1), el("span", "", page.label), step("next", "Next page", page.index + 1));
}
