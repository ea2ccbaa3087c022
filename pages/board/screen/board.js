// The board itself: what belongs to one project's board on a page, from its first drawing until the page is left.
const boards = new WeakMap();
const LOWEST = 320; // pixels the board is high at least
const BELOW = 16;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".board");
  let board = boards.get(root);
  if (board && (board.projectId !== data.project_id || board.lang !== data.lang)) {
    board.end();
    board = null;
  }
  const isNew = !board;
  board ??= openBoard(root, data);
  boards.set(root, board);
  board.setTrigger = setTriggerValue;
  board.given(data, isNew);
  return () => {
    boards.get(root)?.end();
    boards.delete(root);
  };
}

function openBoard(root, data) {
  root.replaceChildren();
  const board = {
    root,
    projectId: data.project_id,
    lang: data.lang,
    api: data.api,
    words: makeWords(data.words, data.lang),
    presets: data.presets ?? [],
    mostBytes: data.most_bytes,
    mostMegabytes: Math.round(data.most_bytes / 2 ** 20),
    viewName: data.view === "list" ? "list" : "grid",
    pass: data.pass,
    size: Math.max(1, Math.min(3, Number(kept.read("size", "2")) || 2)),
    ended: false,
    endings: [],
    listen(target, type, act, options) {
      target.addEventListener(type, act, options);
      board.endings.push(() => target.removeEventListener(type, act, options));
    },
  };
  let frame = 0;
  let waiting = []; // {act, turns}: what is done once the studio's answer holds what was asked for
  const told = { selected: [], view: [], pass: [] }; // what Python was told and has not answered yet
  const given = {};
  let linesAsked = 0;

  board.draw = () => {
    frame ||= requestAnimationFrame(board.drawNow);
  };
  board.drawNow = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    if (board.ended) return;
    board.toolbar.draw();
    board.notices.draw();
    board.view.draw();
  };
  board.afterLook = (act) => waiting.push({ act, turns: 3 });
  board.hasFocus = () => Boolean(root.getRootNode().activeElement) && root.contains(root.getRootNode().activeElement);
  board.shareOf = (row) => {
    const render = board.store.shown()?.render;
    if (row.kind !== "rendering" && render?.shot_id !== row.id) return null;
    return render ? render.share : 0;
  };

  function tell(name, value, how = "") {
    told[name].push(value);
    board.address.follow(how);
  }

  // After a step back or forward what Python says is news.
  board.stepped = () => Object.keys(told).forEach((name) => (told[name] = []));

  // `how` it came about: "by-keys" on the way along the shots, or "instead" of one that is gone.
  board.openShot = (id, { entering = false, how = "" } = {}) => {
    if (id !== board.store.opened) {
      board.store.opened = id;
      tell("selected", id, how);
    }
    // The inspector may take the focus where somebody wants to go in.
    if (entering) document.dispatchEvent(new CustomEvent("storyboard-open", { detail: { id } }));
    board.draw();
  };
  board.setView = (name) => {
    if (name === board.viewName) return;
    board.viewName = name;
    tell("view", name);
    board.drawNow();
    board.view.reveal(board.store.indexOf(board.store.active));
    board.draw();
  };
  board.setPass = (pass) => {
    if (pass === board.pass) return;
    board.pass = pass;
    tell("pass", pass);
    board.net.forget();
    board.net.look();
    board.draw();
  };
  board.setSize = (size) => {
    board.size = size;
    kept.write("size", String(size));
    board.drawNow();
    board.view.reveal(board.store.indexOf(board.store.active));
    board.draw();
  };

  // Says to other parts of the page that something was written here, and to Python what only it can show.
  board.announceChange = () =>
    document.dispatchEvent(new CustomEvent("storyboard-changed", { detail: { from: "board" } }));
  board.tellOfChanges = (before, after) => {
    const id = board.store.opened;
    if (!id) return;
    const old = before.shots.find((row) => row.id === id);
    const now = after.shots.find((row) => row.id === id);
    if (changedBeyondText(old, now) && !isLeaving()) board.setTrigger("changed", { id, version: now?.version ?? null });
  };

  // What Python says. An echo of what it was told here is no news, however late it comes.
  board.given = (news, isNew) => {
    if (!isNew && news.lines_asked > linesAsked) board.dialogs.offerLines();
    linesAsked = news.lines_asked;
    for (const [name, adopt] of [["selected", adoptSelected], ["view", adoptView], ["pass", adoptPass]]) {
      const value = news[name] ?? null;
      if (!isNew && value === given[name]) {
        if (value === told[name].at(-1)) told[name] = [];
        continue;
      }
      given[name] = value;
      const echo = told[name].indexOf(value);
      if (echo >= 0) told[name].splice(0, echo + 1);
      else adopt(value);
    }
    if (Object.values(told).every((values) => !values.length)) board.address.complete();
    board.draw();
  };

  function adoptSelected(id) {
    board.store.opened = id;
    if (!id) return;
    board.store.selected = new Set([id]);
    board.store.active = board.store.anchor = id;
    const show = () => {
      const index = board.store.indexOf(id);
      board.drawNow();
      board.view.reveal(index);
      board.draw();
      return index >= 0;
    };
    if (!board.store.shown() || !show()) board.afterLook(show);
  }

  function adoptView(name) {
    board.viewName = name === "list" ? "list" : "grid";
  }

  function adoptPass(pass) {
    if (board.pass === pass) return;
    board.pass = pass;
    board.net.forget();
    board.net.look();
  }

  // As high as what is left of the window, so that the page around does not scroll too.
  function fitHeight() {
    let above = root.getBoundingClientRect().top;
    for (let node = root; node; node = node.parentNode ?? node.host) {
      if (node instanceof HTMLElement) above += node.scrollTop;
    }
    const high = `${Math.max(LOWEST, Math.round(innerHeight - Math.max(0, above) - BELOW))}px`;
    if (root.style.height !== high) root.style.height = high;
  }

  board.looked = () => {
    board.toasts.review();
    const now = waiting;
    waiting = now.filter((one) => {
      one.turns -= 1;
      return !one.act() && one.turns > 0;
    });
  };
  board.end = () => {
    board.ended = true;
    cancelAnimationFrame(frame);
    for (const ending of board.endings) ending();
    root.replaceChildren();
  };

  board.store = makeStore(board);
  board.address = makeAddress(board);
  board.toasts = makeToasts(board);
  board.net = makeNet(board);
  board.actions = makeActions(board);
  board.finish = makeFinish(board);
  board.forecast = makeForecast(board);
  board.dialogs = makeDialogs(board);
  board.cells = makeCells(board);
  board.view = makeView(board);
  board.toolbar = makeToolbar(board);
  board.notices = makeNotices(board);
  board.pictures = listenToPictures(board);
  listenToKeys(board);
  listenToPointer(board);
  root.prepend(
    board.toolbar.tools,
    board.notices.box,
    board.toolbar.status,
    board.view.scroller,
    board.notices.none,
    board.notices.empty,
  );
  fitHeight();
  board.listen(window, "resize", fitHeight);
  const around = new ResizeObserver(fitHeight);
  around.observe(document.body);
  board.endings.push(() => around.disconnect());
  board.net.look();
  return board;
}
