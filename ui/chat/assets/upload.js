// Files and whole folders on their way to the desk: each goes to the disk as it comes, then all are queued together,
// unless the server has queued each as it came.
// The reader may go to another page meanwhile; only closing the browser's tab ends it.

const AT_ONCE = 3;

// Every file below a dropped file or folder, with its path in it. A folder's entries come in parts, until none come.
async function* within(entry, folder = "") {
  const path = folder + entry.name;
  if (entry.isFile) {
    yield { path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) };
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const inner of entries) yield* within(inner, `${path}/`);
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const found = entries.length ? [] : [...transfer.files].map((file) => ({ path: file.name, file }));
  for (const entry of entries) for await (const one of within(entry)) found.push(one);
  return found;
}

function chosen(input) {
  const found = [...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  input.value = ""; // the same file may be chosen again
  return found;
}

function size(bytes) {
  const million = bytes / 1024 ** 2;
  return million >= 10 ? `${Math.round(million).toLocaleString()} MB` : million >= .1 ? `${million.toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`;
}

function send(url, file, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => resolve(request.status === 201 ? null : request.responseText);
    request.onerror = request.onabort = () => resolve("");
    request.send(file);
  });
}

// What the server says of a file that it would not take, in one sentence.
function refusal(answer) {
  try {
    const { what, remedy } = JSON.parse(answer);
    return [what, remedy].filter(Boolean).map((text) => text.replace(/\.?$/, ".")).join(" ");
  } catch {
    return "It could not be sent: Refdesk does not answer. Start it again, then add the file again.";
  }
}

// Files that no reader knows stay here, and so do hidden ones: a folder often has both.
function sorted(found, { suffixes, longest, mapping }) {
  const taken = [], left = [], problems = [];
  for (const one of found) {
    const name = one.path.slice(one.path.lastIndexOf("/") + 1);
    const hidden = one.path.split("/").some((part) => part.startsWith(".") || part.startsWith("~$"));
    if (hidden || one.path.includes("__MACOSX/")) continue;
    if (name === mapping) taken.push({ ...one, quiet: true });
    else if (!suffixes.some((suffix) => name.toLowerCase().endsWith(suffix))) left.push(one);
    else if (one.file.size > longest) problems.push({ name: one.path, why: `It is larger than ${size(longest)}.` });
    else taken.push(one);
  }
  if (left.length) {
    const kinds = [...new Set(left.map(({ path }) => path.slice(path.lastIndexOf(".") + 1).toLowerCase()))].slice(0, 5).join(", ");
    problems.push({ name: left.length === 1 ? left[0].path : `${left.length.toLocaleString()} files`, why: `Not of a kind that is read (${kinds}).` });
  }
  return { taken, problems };
}

async function upload(root, found) {
  const { route, query, queued } = root.data;
  const { taken, problems } = sorted(found, root.data);
  const run = { total: taken.reduce((sum, { file }) => sum + file.size, 0), sent: 0, done: 0, files: taken.length, problems, query };
  root.runs = [...root.runs.filter((earlier) => !earlier.over), run];
  const came = [];
  const waiting = [...taken];
  show(root);
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next; (next = waiting.shift()); ) {
      const { path, file, quiet } = next;
      let before = 0;
      const url = `${route}?${new URLSearchParams({ ...query, path })}`;
      const answer = await send(url, file, (loaded) => {
        run.sent += loaded - before;
        before = loaded;
        show(root);
      });
      run.sent += file.size - before;
      run.done += 1;
      if (answer === null) { if (!quiet) came.push(path); }
      else problems.push({ name: path, why: refusal(answer) });
      show(root);
    }
  }));
  if (came.length && !queued) {
    const body = JSON.stringify({ ...query, paths: came });
    const answer = await fetch(route, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => null);
    if (!answer?.ok) problems.push({ name: "", why: refusal(answer ? await answer.text() : "") });
  }
  run.over = true;
  show(root);
  if (came.length) root.send("added", String(came.length));
}

function show(root) {
  const { coming, problems } = root.parts;
  const running = root.runs.filter((run) => !run.over);
  keep(coming, running.map(({ query }, place) => ({ place, query })), () =>
    el("div", "", el("div", "line", el("span", "")), el("progress", "")));
  running.forEach((run, place) => {
    const node = coming.children[place];
    node.firstElementChild.firstElementChild.textContent =
      `Sending ${run.done.toLocaleString()} of ${run.files.toLocaleString()} ${run.files === 1 ? "file" : "files"}, ${size(run.sent)} of ${size(run.total)}`;
    node.lastElementChild.max = run.total || 1;
    node.lastElementChild.value = run.sent;
    node.lastElementChild.setAttribute("aria-label", "Sending files");
  });
  keep(problems, root.runs.flatMap((run) => run.problems), ({ name, why }) =>
    el("li", "", el("span", "name", name), name ? ": " : "", why));
  problems.hidden = !problems.children.length;
}

function picker(label, attribute, root) {
  const input = el("input");
  input.type = "file";
  input.hidden = true;
  input.multiple = true;
  if (attribute) input.setAttribute(attribute, "");
  input.setAttribute("aria-label", label);
  input.addEventListener("change", () => upload(root, chosen(input)));
  return [button("secondary", "", () => input.click(), icon("add"), label), input];
}

function skeleton(root) {
  const drop = el("div", "drop", el("p", "", el("span", "what", "Drop files or folders here"), el("br"), el("span", "hint")),
    ...picker("Choose files", "", root), ...picker("Choose a folder", "webkitdirectory", root));
  const parts = { drop, coming: el("div", "coming"), problems: el("ul", "problems") };
  parts.coming.setAttribute("role", "status");
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    upload(root, await dropped(event.dataTransfer));
  });
  root.append(...Object.values(parts));
  return parts;
}

export default function (component) {
  const root = rootOf(component, "section", "upload");
  root.data = component.data;
  root.runs ??= [];
  root.parts ??= skeleton(root);
  root.querySelector(".hint").textContent = component.data.hint;
  show(root);
}
