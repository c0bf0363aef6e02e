// What is being done with the documents, and what was done of late. A card for each job.

function files(root, { id, files: listed, more, retry }) {
  const rows = listed.map(({ name, status, why }) =>
    el("li", "", el("span", "name", name), el("span", "status", status), el("span", "why", why)));
  return el("details", "files", el("summary"), el("ul", "", ...rows, ...(more ? [el("li", "why", more)] : [])),
    ...(retry ? [button("secondary", "", () => root.send("again", id), retry)] : []));
}

// A card stays while its job goes on: what is open in it stays open.
function card(root, job) {
  const side = job.running
    ? button("quiet", `Stop: ${job.title}`, () => root.send("stop", job.id), icon("stop"), "Stop")
    : button("square", `Put away: ${job.title}`, () => root.send("close", job.id), icon("close"));
  return el("article", "", el("header", "", el("span", "what", job.title), side), el("progress", ""), el("p", "line"), el("p", "error"), el("div", ""));
}

export default function (component) {
  const root = rootOf(component, "section", "jobs");
  const { jobs } = component.data;
  keep(root, jobs.map(({ id, title, running }) => ({ id, title, running })), (shown) => card(root, jobs.find((job) => job.id === shown.id)));
  jobs.forEach((job, place) => {
    const [, bar, line, error, holder] = root.children[place].children;
    bar.hidden = !job.running;
    bar.setAttribute("aria-label", job.title);
    if (job.share === null) bar.removeAttribute("value");
    else bar.value = job.share;
    line.textContent = job.line;
    line.setAttribute("role", job.running ? "status" : "");
    error.textContent = job.error;
    error.hidden = !job.error;
    const listed = job.summary ? [job] : [];
    const open = holder.querySelector("details")?.open;
    keep(holder, listed.map(({ files: rows, more, retry }) => ({ rows, more, retry })), () => files(root, job));
    for (const node of holder.children) {
      node.firstElementChild.textContent = job.summary;
      node.open = open ?? job.opened;
    }
  });
}
