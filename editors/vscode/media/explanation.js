// Shows what the extension sends, and says what was clicked. The HTML comes from Markdown in which
// HTML is text, and the page's policy lets nothing be loaded.
(() => {
  const vscode = acquireVsCodeApi();
  const element = (id) => document.getElementById(id);
  const [title, state, stop, text, problem] = ["title", "state", "stop", "text", "problem"].map(element);

  window.addEventListener("message", ({ data }) => {
    const root = document.scrollingElement;
    const isAtEnd = root.scrollTop + root.clientHeight >= root.scrollHeight - 8;
    title.textContent = data.title;
    state.textContent = data.state;
    stop.hidden = data.state === "";
    problem.textContent = data.problem;
    text.innerHTML = data.html;
    if (isAtEnd && data.state !== "") {
      root.scrollTop = root.scrollHeight;
    }
  });
  stop.addEventListener("click", () => vscode.postMessage({ stop: true }));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link !== null) {
      event.preventDefault();
      vscode.postMessage({ open: link.getAttribute("href") });
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !stop.hidden) {
      vscode.postMessage({ stop: true });
    }
  });
  vscode.postMessage({ ready: true });
})();
