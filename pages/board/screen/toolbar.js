// The two lines above the shots: how they are shown, what is found among them, and what can be done with the chosen ones.
const KINDS = ["stale", "never", "empty", "waiting", "failed", "done"];

function makeToolbar(board) {
  const { words, store, actions, dialogs } = board;
  const tools = make("div", "tools");
  const status = make("div", "status");
  const say = words.say;

  // --- the first line: the view, the filter, undo, the order ---
  const grid = button(say("view-grid"), () => board.setView("grid"), { symbol: "grid", bare: true });
  const list = button(say("view-list"), () => board.setView("list"), { symbol: "list", bare: true });
  const views = groupOf(say("view-label"), grid, list);

  const size = make("input", "size");
  Object.assign(size, { type: "range", min: "1", max: "3", step: "1" });
  size.setAttribute("aria-label", say("size-label"));
  size.addEventListener("input", () => board.setSize(Number(size.value)));

  const filter = make("div", "filter");
  const text = make("input");
  Object.assign(text, { type: "search", placeholder: say("filter-hint") });
  text.setAttribute("aria-label", say("filter-label"));
  text.addEventListener("input", () => store.setFilter({ text: text.value.trim() }));
  text.addEventListener("keydown", onFilterKey);
  const kind = make("select");
  kind.setAttribute("aria-label", say("filter-kind"));
  for (const one of ["", ...KINDS]) {
    const choice = make("option", "", say(one ? `kind-${one}` : "kind-all"));
    choice.value = one;
    kind.append(choice);
  }
  kind.addEventListener("change", () => store.setFilter({ kind: kind.value }));
  filter.append(icon("search"), text, kind);

  const draft = button(say("pass-draft"), () => board.setPass("draft"));
  const real = button(say("pass-real"), () => board.setPass("real"));
  const passes = groupOf(say("pass-label"), draft, real);
  passes.classList.add("passes");
  const undo = button(say("undo"), actions.undo, { symbol: "undo", bare: true });
  const redo = button(say("redo"), actions.redo, { symbol: "redo", bare: true });

  const files = make("input");
  Object.assign(files, { type: "file", multiple: true, hidden: true, accept: "image/*,.heic,.heif,.avif,.txt,.csv,.tsv" });
  files.addEventListener("change", () => {
    if (files.files.length) board.pictures.take([...files.files], board.view.lastChosen());
    files.value = "";
  });
  const addEmpty = (start) => actions.add([{ prompt: "", start }]).catch(actions.refused);
  const adding = makeMenu(
    board,
    say("add"),
    () => [
      { text: say("add-pictures"), act: () => files.click() },
      { text: say("add-lines"), act: () => dialogs.offerLines() },
      { text: say("add-cut"), act: () => addEmpty("cut") },
      store.shown()?.shots.length ? { text: say("add-continuing"), act: () => addEmpty("continue") } : null,
    ],
    { symbol: "plus", name: "add" },
  );
  const more = makeMenu(
    board,
    say("more"),
    () => [
      { node: () => sizeLine() },
      { text: say("notify"), isOn: () => board.finish.isOn("notify"), turn: board.finish.switchNotify },
      { text: say("sound"), isOn: () => board.finish.isOn("sound"), turn: board.finish.switchSound },
      { text: say("renumber"), act: actions.renumber },
      { text: say("keys-title"), act: dialogs.showKeys, key: "?" },
    ],
    { symbol: "more", bare: true },
  );
  const order = button("", () => board.forecast.render(), { symbol: "play", name: "primary order" });
  board.forecast.serve(order);
  tools.append(views, size, filter, make("span", "space"), passes, groupOf("", undo, redo), adding, files, more, order);

  // --- the second line: figures, or what can be done with the chosen shots ---
  const figures = make("span", "figures");
  const stale = button("", () => chooseStale(), { name: "quiet" });
  const chosen = make("b", "count");
  const several = make("div", "several");
  const startMenu = makeMenu(board, say("start-several"), () => startItems(), { name: "quiet" });
  const presetMenu = makeMenu(board, say("preset-several"), () => presetItems(), { name: "quiet" });
  several.append(
    chosen,
    button(say("render-several"), () => actions.render(store.targets()), { name: "quiet" }),
    button(say("move-several"), () => dialogs.askPlace(), { name: "quiet" }),
    button(say("duplicate"), () => actions.duplicate(store.targets()), { name: "quiet" }),
    button(say("length-several"), () => dialogs.askLength(), { name: "quiet" }),
    startMenu,
    presetMenu,
    button(say("delete"), () => actions.remove(store.targets()), { name: "quiet" }),
    button(say("clear"), () => store.clear(), { symbol: "close", bare: true, name: "quiet" }),
  );
  status.append(figures, stale, several);
  presetMenu.hidden = board.presets.length === 0;

  function groupOf(label, ...buttons) {
    const group = make("div", "group");
    group.setAttribute("role", "group");
    if (label) group.setAttribute("aria-label", label);
    group.append(...buttons);
    return group;
  }

  // Where the board is narrow its slider is in the menu.
  function sizeLine() {
    const line = make("label", "item size-line", say("size-label"));
    const copy = size.cloneNode();
    copy.value = String(board.size);
    copy.addEventListener("input", () => board.setSize(Number(copy.value)));
    line.append(copy);
    return line;
  }

  function startItems() {
    return ["cut", "continue"].map((start) => ({
      text: say(`start-${start}-long`),
      act() {
        const rows = store.targets();
        actions.editMany(rows, { start }, words.count("start-set", rows.length, { value: say(`start-${start}`) }));
      },
    }));
  }

  function presetItems() {
    return [{ id: null, label: say("preset-project") }, ...board.presets].map((preset) => ({
      text: preset.label,
      act() {
        const rows = store.targets();
        const said = words.count("preset-set", rows.length, { value: preset.label });
        actions.editMany(rows, { preset: preset.id }, said);
      },
    }));
  }

  function chooseStale() {
    const ids = store.rows().filter((row) => row.kind === "stale").map((row) => row.id);
    store.chooseAll(ids);
    board.view.focus(ids[0]);
  }

  function onFilterKey(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Escape") {
      text.value = kind.value = "";
      store.setFilter({ text: "", kind: "" });
    }
    if (event.key === "Escape" || event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      store.prune();
      const first = store.indexOf(store.active) >= 0 ? store.active : store.rows()[0]?.id;
      board.view.focus(first);
    }
  }

  function drawOrder(data) {
    const n = data.to_render;
    const done = data.shots.length > 0 && data.shots.every((row) => row.kind === "done");
    order.hidden = Boolean(data.render) && n === 0;
    order.disabled = n === 0;
    let words_ = say("nothing-to-render");
    if (n > 0) words_ = say("render-changed", { n: words.number(n) });
    else if (done) words_ = say("all-rendered");
    setButtonText(order, words_);
  }

  function drawStatus(data) {
    const rows = store.rows();
    const count = store.selected.size;
    several.hidden = count === 0;
    figures.hidden = stale.hidden = count > 0;
    if (count > 0) {
      setText(chosen, words.say("selected", { n: words.number(count) }));
      return;
    }
    const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
    const all = `${words.count("shots", rows.length)} · ${words.length(seconds)}`;
    setText(figures, store.isFiltered() ? say("filtered", { shown: all, all: words.number(data.shots.length) }) : all);
    const old = rows.filter((row) => row.kind === "stale").length;
    stale.hidden = old === 0;
    setButtonText(stale, words.count("select-stale", old));
  }

  return {
    tools,
    status,
    pickFiles: () => files.click(),
    focusFilter() {
      text.focus();
      text.select();
    },
    draw() {
      const data = store.shown();
      const grids = board.viewName === "grid";
      setAttribute(grid, "aria-pressed", grids);
      setAttribute(list, "aria-pressed", !grids);
      size.hidden = !grids;
      board.root.dataset.size = board.size;
      if (size.value !== String(board.size)) size.value = String(board.size);
      setAttribute(size, "aria-valuetext", say(`size-${board.size}`));
      for (const line of [tools, status]) line.classList.toggle("unknown", !data);
      if (!data) return;
      passes.hidden = !data.project.has_real;
      setAttribute(draft, "aria-pressed", board.pass === "draft");
      setAttribute(real, "aria-pressed", board.pass === "real");
      undo.disabled = !data.project.can_undo;
      redo.disabled = !data.project.can_redo;
      drawOrder(data);
      drawStatus(data);
    },
  };
}
