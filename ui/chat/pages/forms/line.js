// A quiet line of text that is no markdown: it may come from a person or a document.

export default function (component) {
  const root = rootOf(component, "section", "line");
  root.textContent = component.data.text;
}
