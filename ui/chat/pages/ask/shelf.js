// The list of conversations in the sidebar.

// On a phone the sidebar lies over the page, and choosing something in it should show what was chosen.
function leaveSidebar() {
  if (window.matchMedia("(max-width: 767px)").matches) {
    document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  }
}

function entry(root, { id, title, current }) {
  const open = button("open", "", () => {
    root.send("open", id);
    leaveSidebar();
  }, title);
  open.title = title;
  if (current) open.setAttribute("aria-current", "page");
  const remove = button("square remove", `Delete conversation: ${title}`, () => line.replaceChildren(...confirmation()), icon("delete"));
  remove.title = "Delete";
  const line = el("li", "", open, remove);

  function confirmation() {
    const no = button("quiet", "", () => line.replaceChildren(open, remove), "Keep");
    const yes = button("quiet danger", "", () => root.send("remove", id), "Delete");
    queueMicrotask(() => no.focus());
    return [el("span", "ask", "Delete this conversation?"), yes, no];
  }
  return line;
}

function group(root, { day, conversations }) {
  return el("section", "", el("h2", "", day), el("ul", "", ...conversations.map((item) => entry(root, item))));
}

export default function (component) {
  const root = rootOf(component, "nav", "shelf");
  root.setAttribute("aria-label", "Conversations");
  if (!root.firstElementChild) {
    const fresh = button("secondary", "", () => {
      root.send("fresh", true);
      leaveSidebar();
    }, icon("add"), "New conversation");
    root.append(fresh, el("div", "groups"), el("p", "foot"));
  }
  keep(root.querySelector(".groups"), component.data.groups, (item) => group(root, item));
  root.lastElementChild.textContent = component.data.foot;
}
