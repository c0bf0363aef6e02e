// Something went wrong: what happened, and what to do. It stays until the next try.

export default function (component) {
  const { data } = component;
  const root = rootOf(component, "div", "notice");
  root.setAttribute("role", "alert");
  root.replaceChildren(...[data.what, data.where, data.remedy].filter(Boolean).map((text, index) => el("p", index ? "" : "what", ...withCode(text))));
}
