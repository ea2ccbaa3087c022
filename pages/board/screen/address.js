// The address of the page: which view, which pass and which shot are shown, and what of it one can go back to. Python
// is told of all three by the address alone, so that it and what is shown cannot part.
const SERIES = 3000; // milliseconds within which keys that follow each other are one way to a shot

function makeAddress(board) {
  let lastByKeys = -SERIES;
  let telling = false;

  function addressOf({ view, pass, shot }) {
    const asked = new URLSearchParams(location.search);
    asked.set("view", view);
    asked.set("pass", pass);
    if (shot) asked.set("shot", shot);
    else asked.delete("shot");
    return `${location.pathname}?${asked}${location.hash}`;
  }

  const replace = (shown) => history.replaceState(history.state, "", addressOf(shown));
  const shown = () => ({ view: board.viewName, pass: board.pass, shot: board.store.opened });

  // Streamlit follows its page's address where the browser says that it is another.
  function tell() {
    telling = true;
    window.dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
    telling = false;
  }

  // A step of the browser itself.
  board.listen(window, "popstate", () => telling || board.stepped());

  return {
    // Whoever comes back to this entry sees what it shows, whatever was chosen since.
    complete() {
      if (!isLeaving() && new URLSearchParams(location.search).get("project") === board.projectId) replace(shown());
    },

    // A new entry for what was chosen; shots passed by keys share one, and what is gone leaves none.
    follow(how) {
      if (isLeaving()) return;
      const now = performance.now();
      const again = how === "instead" || (how === "by-keys" && now - lastByKeys < SERIES);
      if (how === "by-keys") lastByKeys = now;
      if (again) replace(shown());
      else history.pushState({}, "", addressOf(shown()));
      tell();
    },
  };
}
