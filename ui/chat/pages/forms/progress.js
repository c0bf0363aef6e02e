// How far something is that takes its time, and a way to stop it.

export default function (component) {
  const root = rootOf(component, "section", "progress");
  if (!root.firstElementChild) {
    const line = el("p", "line");
    line.setAttribute("role", "status");
    root.append(el("div", "", line, button("quiet", "", () => root.send("stop", "all"), icon("stop"), "Stop")), el("progress"));
  }
  const [{ firstElementChild: line }, bar] = root.children;
  line.textContent = component.data.line;
  bar.value = component.data.share;
  bar.setAttribute("aria-label", component.data.line);
}
