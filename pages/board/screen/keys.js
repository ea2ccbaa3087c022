// The keyboard: what each key does on the board and, outside of boxes for text, on the whole page.
function listenToKeys(board) {
  const { store, view, actions } = board;
  let follow = 0;

  function onKey(event) {
    const from = event.composedPath()[0];
    const typing = isTyping(from);
    const own = event.composedPath().includes(board.root);
    // The page around has single-letter keys of its own, which are not meant here.
    if (own) event.stopPropagation();
    if (event.defaultPrevented || event.isComposing || typing || board.dialogs.isOpen()) return;
    const onShot = event.composedPath().includes(view.scroller);
    const meant = (onShot && onBoard(event)) || anywhere(event);
    if (meant && meant !== "typed") event.preventDefault();
  }

  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;

  function anywhere(event) {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    const key = event.key.toLowerCase();
    if (command && key === "z") return did(event.shiftKey ? actions.redo() : actions.undo());
    if (command && key === "y") return did(actions.redo());
    if (plain(event) && event.key === "?") return did(board.dialogs.showKeys());
    if (plain(event) && event.key === "/") return did(board.toolbar.focusFilter());
    return false;
  }

  const did = () => true;

  // True where the key meant something here; "typed" where the browser is to type it.
  function onBoard(event) {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    const key = event.key;
    if (key.startsWith("Arrow")) return arrow(event, command);
    if (command) return withCommand(event, key.toLowerCase());
    if (event.altKey) return false;
    const listing = board.viewName === "list";
    if (key === "Home" || key === "End") return goTo(key === "Home" ? 0 : store.rows().length - 1, event);
    if (key === "PageUp" || key === "PageDown") return go(key === "PageUp" ? -view.page() : view.page(), event);
    if (key === "Escape") return escape();
    if (key === "Delete") return did(actions.remove(store.targets()));
    if (!store.active) return false;
    const inCell = listing && cell(event);
    if (inCell) return inCell;
    if (key === "Enter") return did(board.openShot(store.active, { entering: true }));
    if (key === " ") return did(listing ? null : view.grid.toggle(store.active));
    if (key.toLowerCase() === "r") return did(actions.render(store.targets()));
    return false;
  }

  function withCommand(event, key) {
    if (key === "a") return did(store.chooseAll(store.rows().map((row) => row.id)));
    if (key === "d") return did(actions.duplicate(store.targets()));
    if (key === " " && store.active) return did(store.choose(store.active, "add"));
    if (key === "home" || key === "end") return goTo(key === "home" ? 0 : store.rows().length - 1, event);
    return false;
  }

  // Writing in the list's cells. A letter opens the box and is then typed into it by the browser itself.
  function cell(event) {
    const { column } = view.list;
    if (!view.list.isWritten()) return false;
    if (event.key === "Enter" || event.key === "F2") return did(board.cells.start(store.active, column));
    if (event.key === "Backspace" && !(column in CHOICES)) return did(board.cells.start(store.active, column, { text: "" }));
    if (event.key.length !== 1) return false;
    if (column in CHOICES) {
      if (event.key === " ") return did(board.cells.start(store.active, column));
      return false;
    }
    board.cells.start(store.active, column, { text: "" });
    return "typed";
  }

  function arrow(event, command) {
    const listing = board.viewName === "list";
    const across = event.key === "ArrowLeft" || event.key === "ArrowRight";
    const sign = event.key === "ArrowLeft" || event.key === "ArrowUp" ? -1 : 1;
    if (event.altKey) {
      const rows = store.targets();
      if (!rows.length) return false;
      const active = store.active;
      actions.moveBy(rows, sign * (across ? 1 : view.columns()));
      view.focus(active);
      return true;
    }
    if (listing && across) {
      view.list.step(sign);
      view.focus(store.active);
      return true;
    }
    return go(sign * (across ? 1 : view.columns()), event, command);
  }

  function go(places, event, command = false) {
    const last = store.rows().length - 1;
    const now = store.indexOf(store.active);
    let to = now + places;
    if (Math.abs(places) > 1) {
      // Down from the last line but one reaches the last shot, though none stands right below.
      const line = (index) => Math.floor(index / view.columns());
      if (to > last) to = line(now) < line(last) || Math.abs(places) > view.columns() ? last : now;
      if (to < 0) to = Math.abs(places) > view.columns() ? 0 : now;
    }
    return goTo(Math.max(0, Math.min(last, to)), event, command);
  }

  function goTo(index, event, command = false) {
    const row = store.rows()[index];
    if (!row) return true;
    if (event.shiftKey) store.choose(row.id, "range");
    else if (!command) store.choose(row.id);
    view.focus(row.id);
    if (!event.shiftKey && !command) openLater(row.id);
    return true;
  }

  // Where a shot is open beside the board, the one that is gone to follows, but not each on the way.
  function openLater(id) {
    clearTimeout(follow);
    if (store.opened === null) return;
    follow = setTimeout(() => store.active === id && board.openShot(id, { how: "by-keys" }), 300);
  }

  function escape() {
    if (store.selected.size > 1) {
      store.choose(store.active ?? [...store.selected][0]);
    } else {
      store.clear();
      if (store.opened !== null) board.openShot(null);
    }
    return true;
  }

  board.listen(board.root, "keydown", onKey);
  board.listen(document, "keydown", onKey);
  for (const type of ["keyup", "keypress"]) board.listen(board.root, type, (event) => event.stopPropagation());
  board.endings.push(() => clearTimeout(follow));
}
