// The part that scrolls: which shots are in view, where each stands, and which has the focus. It draws no more than these.
const MARGIN = 400; // pixels drawn beyond what is in view

function makeView(board) {
  const { store, words } = board;
  const scroller = make("div", "scroller");
  const canvas = make("div", "canvas");
  const mark = make("div", "insertion");
  mark.hidden = true;
  scroller.append(canvas);
  const painters = { grid: makeGrid(board), list: makeList(board) };
  let painter = null;
  let nodes = new Map();
  let width = 0;
  let height = 0;
  let plan = null;

  function usePainter() {
    const wanted = painters[board.viewName];
    if (painter === wanted) return;
    painter?.leave?.();
    painter = wanted;
    nodes = new Map();
    canvas.replaceChildren();
    canvas.className = `canvas ${board.viewName}`;
    if (painter.head) canvas.append(painter.head);
    canvas.append(mark);
    scroller.scrollTop = 0;
  }

  function draw() {
    usePainter();
    const rows = store.rows();
    // A list of nothing is none to who hears the page.
    setAttribute(canvas, "role", rows.length ? painter.role : null);
    setAttribute(canvas, "aria-multiselectable", rows.length ? "true" : null);
    setAttribute(canvas, "aria-label", rows.length ? words.say("board-label") : null);
    if (!width || !store.shown()) return;
    if (store.indexOf(store.active) < 0) store.active = rows[0]?.id ?? null;
    // Read before anything is written, so that the browser lays out once.
    const top = scroller.scrollTop;
    plan = painter.plan(width, store.shown().project);
    setAttribute(canvas, "aria-rowcount", painter.role === "grid" ? rows.length + 1 : null);
    const lines = Math.ceil(rows.length / plan.columns);
    const tall = `${plan.top + lines * plan.line}px`;
    if (canvas.style.height !== tall) canvas.style.height = tall;
    const first = Math.max(0, Math.floor((top - plan.top - MARGIN) / plan.line)) * plan.columns;
    const last = Math.min(rows.length, Math.ceil((top - plan.top + height + MARGIN) / plan.line) * plan.columns);
    const wanted = new Set(Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index));
    // The one tab stop, and whoever has the focus, is always there.
    const active = store.indexOf(store.active);
    if (active >= 0) wanted.add(active);
    const order = [...wanted].sort((one, other) => one - other);
    const ids = new Set(order.map((index) => rows[index].id));
    for (const [id, node] of nodes) {
      if (ids.has(id)) continue;
      painter.gone?.(id);
      node.remove();
      nodes.delete(id);
    }
    const inOrder = order.map((index) => draws(rows, index));
    arrange(canvas, [...(painter.head ? [painter.head] : []), ...inOrder, mark], holderOfFocus());
  }

  function draws(rows, index) {
    const row = rows[index];
    let node = nodes.get(row.id);
    if (!node) {
      node = painter.make(row);
      node.dataset.id = row.id;
      nodes.set(row.id, node);
    }
    painter.fill(node, row, { index, plan, next: rows[index + 1], count: rows.length });
    const place = placeOf(index);
    const way = `translate(${place.x}px, ${place.y}px)`;
    if (node.style.transform !== way) node.style.transform = way;
    return node;
  }

  function placeOf(index) {
    const column = index % plan.columns;
    return { x: column * (plan.width + plan.gap), y: plan.top + Math.floor(index / plan.columns) * plan.line };
  }

  const focused = () => board.root.getRootNode().activeElement;

  function holderOfFocus() {
    const node = focused();
    return node && canvas.contains(node) ? node.closest("[data-id]") : null;
  }

  function reveal(index) {
    if (index < 0 || !plan) return;
    const { y } = placeOf(index);
    const above = painter.head ? plan.top : 0;
    if (y - above < scroller.scrollTop) scroller.scrollTop = Math.max(0, y - above - (index < plan.columns ? plan.top : 0));
    else if (y + plan.line > scroller.scrollTop + height) scroller.scrollTop = y + plan.line - height;
  }

  // Gives a shot the focus, wherever it is; what is chosen stays as it is.
  function focus(id) {
    if (!id) return;
    store.active = id;
    board.drawNow();
    reveal(store.indexOf(id));
    board.drawNow();
    const node = nodes.get(id);
    if (node) painter.target(node).focus({ preventScroll: true });
  }

  const view = {
    scroller,
    mark,
    draw,
    focus,
    reveal,
    hasFocus: () => Boolean(holderOfFocus()),
    columns: () => plan?.columns ?? 1,
    page: () => Math.max(1, Math.floor(height / (plan?.line ?? 1)) - 1) * (plan?.columns ?? 1),
    nodeOf: (id) => nodes.get(id),
    painter: () => painter,
    list: painters.list,
    grid: painters.grid,
    plan: () => plan,
    placeOf,

    // Shows a shot that may have come just now, and chooses it and those with it.
    goTo(id, ids = id ? [id] : []) {
      if (!id) return;
      board.afterLook(() => {
        const there = ids.filter((one) => store.indexOf(one) >= 0);
        if (!there.length) return false;
        store.selected = new Set(there);
        store.active = store.anchor = there[0];
        board.drawNow();
        reveal(store.indexOf(there[0]));
        if (board.hasFocus()) focus(there[0]);
        else board.draw();
        return true;
      });
    },

    lastChosen() {
      const chosen = store.rows().filter((row) => store.selected.has(row.id));
      return chosen.at(-1)?.id ?? null;
    },

    shotOf(event) {
      const node = event.composedPath().find((one) => one instanceof HTMLElement && one.dataset.id);
      return node && canvas.contains(node) ? node.dataset.id : null;
    },
  };

  board.listen(scroller, "scroll", () => board.draw(), { passive: true });
  const sizes = new ResizeObserver(([entry]) => {
    const box = entry.contentRect;
    if (box.width === width && box.height === height) return;
    ({ width, height } = box);
    board.root.dataset.room = width >= 920 ? "wide" : width >= 560 ? "middle" : "narrow";
    board.drawNow();
  });
  sizes.observe(scroller);
  board.endings.push(() => sizes.disconnect());
  return view;
}
