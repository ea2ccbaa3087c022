// The pointer on shots: choosing, opening, playing what it rests on, and carrying shots to another place.
const EDGE = 72; // pixels at the upper and lower end in which carrying scrolls
const FASTEST = 22;
const SLACK = 6;
const LONG_PRESS = 420;

function listenToPointer(board) {
  const { store, view, actions, words } = board;
  const { scroller } = view;
  let press = null; // {id, x, y, timer}: held down, not yet carried
  let carried = null; // {ids, from, label, x, y, position, frame}
  let dropped = false; // the click that follows a drop is none

  function onClick(event) {
    const id = view.shotOf(event);
    if (dropped || !id) {
      if (!id && !dropped && event.composedPath()[0] === scroller) store.clear();
      dropped = false;
      return;
    }
    const column = event.composedPath().find((one) => one instanceof HTMLElement && one.dataset.column)?.dataset.column;
    if (column) view.list.column = column;
    if (event.shiftKey) store.choose(id, "range");
    else if (event.ctrlKey || event.metaKey) store.choose(id, "add");
    else {
      store.choose(id);
      board.openShot(id);
    }
    if (!isTyping(event.composedPath()[0])) view.focus(id);
  }

  function onDoubleClick(event) {
    const id = view.shotOf(event);
    if (!id || isTyping(event.composedPath()[0])) return;
    if (board.viewName === "list" && view.list.isWritten()) board.cells.start(id, view.list.column);
    else board.openShot(id, { entering: true });
  }

  function onDown(event) {
    dropped = false;
    const id = view.shotOf(event);
    if (event.button !== 0 || !id || isTyping(event.composedPath()[0])) return;
    letGo();
    press = { id, x: event.clientX, y: event.clientY, touch: event.pointerType === "touch", timer: 0 };
    if (press.touch) press.timer = setTimeout(pickUp, LONG_PRESS);
  }

  function onMove(event) {
    if (carried) {
      carried.x = event.clientX;
      carried.y = event.clientY;
      follow();
      return;
    }
    if (!press) {
      if (event.pointerType === "mouse" && board.viewName === "grid") view.grid.rest(view.shotOf(event));
      return;
    }
    const far = Math.hypot(event.clientX - press.x, event.clientY - press.y) > SLACK;
    if (far && press.touch) letGo(); // it scrolls
    else if (far) {
      press.x = event.clientX;
      press.y = event.clientY;
      pickUp();
    }
  }

  function pickUp() {
    const { id, x, y } = press;
    const rows = store.selected.has(id) ? store.rows().filter((row) => store.selected.has(row.id)) : [store.row(id)];
    letGo();
    if (!rows[0]) return;
    board.cells.commit();
    const label = make("div", "carried", rows.length === 1 ? rows[0].number : words.count("shots", rows.length));
    board.root.append(label);
    if (label.showPopover) {
      label.popover = "manual";
      label.showPopover();
    }
    carried = { id, rows, ids: rows.map((row) => row.id), label, x, y, position: 0, frame: 0 };
    board.root.classList.add("carrying");
    view.grid.rest(null);
    board.say("carrying", { what: label.textContent });
    follow();
    carried.frame = requestAnimationFrame(scrollAtEdges);
  }

  function scrollAtEdges() {
    if (!carried) return;
    const box = scroller.getBoundingClientRect();
    const up = box.top + EDGE - carried.y;
    const down = carried.y - (box.bottom - EDGE);
    const speed = up > 0 ? -up : down > 0 ? down : 0;
    if (speed) {
      scroller.scrollTop += Math.sign(speed) * Math.min(FASTEST, Math.abs(speed) / 3);
      follow();
    }
    carried.frame = requestAnimationFrame(scrollAtEdges);
  }

  // Puts the label at the pointer and the mark where the shots would go.
  function follow() {
    carried.label.style.transform = `translate(${carried.x + 14}px, ${carried.y + 12}px)`;
    const at = gapAt(carried.x, carried.y);
    const rows = store.rows();
    const before = rows.slice(0, at.index).filter((row) => !carried.ids.includes(row.id)).length;
    carried.position = before;
    view.mark.hidden = false;
    view.mark.className = `insertion ${board.viewName}`;
    view.mark.style.transform = `translate(${at.x}px, ${at.y}px)`;
    view.mark.style.width = board.viewName === "list" ? `${view.plan().width}px` : "";
    view.mark.style.height = board.viewName === "grid" ? `${view.plan().picture}px` : "";
    for (const id of carried.ids) view.nodeOf(id)?.classList.add("held");
  }

  // The gap between two shots that is nearest to the pointer: before which index, and where it is drawn.
  function gapAt(x, y) {
    const plan = view.plan();
    const box = scroller.getBoundingClientRect();
    const inside = { x: x - box.left, y: y - box.top + scroller.scrollTop - plan.top };
    const count = store.rows().length;
    if (board.viewName === "list") {
      const index = Math.max(0, Math.min(count, Math.round(inside.y / plan.line)));
      return { index, x: 0, y: plan.top + index * plan.line - 1 };
    }
    const lines = Math.ceil(count / plan.columns);
    const line = Math.max(0, Math.min(lines - 1, Math.floor(inside.y / plan.line)));
    const here = Math.min(plan.columns, count - line * plan.columns);
    const column = Math.max(0, Math.min(here, Math.round(inside.x / (plan.width + plan.gap))));
    const left = column * (plan.width + plan.gap) - plan.gap / 2 - 2;
    return { index: line * plan.columns + column, x: Math.max(0, left), y: plan.top + line * plan.line };
  }

  function onUp() {
    if (!carried) {
      letGo();
      return;
    }
    const { id, rows, ids, position } = carried;
    putDown();
    dropped = true;
    store.selected = new Set(ids);
    store.anchor = id;
    actions.move(rows, store.beforeAt(position, ids));
    view.focus(id);
  }

  function callOff() {
    letGo();
    if (!carried) return;
    putDown();
    dropped = true;
    board.say("called-off");
  }

  function letGo() {
    clearTimeout(press?.timer);
    press = null;
  }

  function putDown() {
    cancelAnimationFrame(carried.frame);
    for (const id of carried.ids) view.nodeOf(id)?.classList.remove("held");
    carried.label.remove();
    carried = null;
    view.mark.hidden = true;
    board.root.classList.remove("carrying");
    board.draw();
  }

  board.listen(scroller, "click", onClick);
  board.listen(scroller, "dblclick", onDoubleClick);
  board.listen(scroller, "pointerdown", onDown);
  board.listen(scroller, "pointerleave", () => view.grid.rest(null));
  board.listen(window, "pointermove", onMove);
  board.listen(window, "pointerup", onUp);
  board.listen(window, "pointercancel", callOff);
  board.listen(window, "blur", callOff);
  board.listen(scroller, "dragstart", (event) => event.preventDefault());
  board.listen(scroller, "contextmenu", (event) => (press?.touch || carried) && event.preventDefault());
  // A finger that carries does not scroll.
  board.listen(scroller, "touchmove", (event) => carried && event.preventDefault(), { passive: false });
  const onEscape = (event) => {
    if (event.key !== "Escape" || !carried) return;
    event.preventDefault();
    event.stopPropagation();
    callOff();
  };
  board.listen(window, "keydown", onEscape, true);
  board.endings.push(callOff);
}
