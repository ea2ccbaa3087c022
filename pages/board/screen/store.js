// What the board shows: the studio's last answer with what was asked for since on top of it, filtered, and chosen from.
const NEXT_TO_TEXT = ["prompt", "name", "dialogue", "notes", "version"]; // the inspector's own boxes know of these
const OF_A_PASS = new Set(["take", "take_ratio", "takes", "tone", "state", "kind", "why", "shows", "frame"]);

function makeStore(board) {
  const { words } = board;
  let base = null;
  let pending = []; // {apply, done}: changes shown already, until an answer of the studio holds them
  let shownNow = null;
  let rowsNow = null;
  let problem = "";
  let filter = { text: "", kind: "" };
  let held = null; // the shot in whose cell somebody types is shown whatever the filter says

  const changed = () => {
    shownNow = null;
    rowsNow = null;
    board.draw();
  };

  const store = {
    selected: new Set(),
    active: null,
    anchor: null,
    opened: null,
    problem: () => problem,
    filter: () => filter,
    finished: () => pending.filter((one) => one.done),
    isWorking: () => Boolean(base?.render) || Boolean(base?.shots.some((row) => row.kind === "waiting")),

    shown() {
      if (!shownNow && base) shownNow = pending.reduce((data, one) => one.apply(data), base);
      return shownNow;
    },

    rows() {
      if (!rowsNow) {
        const asked = filter.text.normalize("NFKC").toLocaleLowerCase();
        rowsNow = (store.shown()?.shots ?? []).filter((row) => row.id === held || isAsked(row, asked, filter.kind));
      }
      return rowsNow;
    },

    row: (id) => store.shown()?.shots.find((row) => row.id === id) ?? null,
    indexOf: (id) => store.rows().findIndex((row) => row.id === id),
    isFiltered: () => Boolean(filter.text || filter.kind),

    setFilter(asked) {
      filter = { ...filter, ...asked };
      changed();
    },

    hold(id) {
      held = id;
      if (store.isFiltered()) changed();
    },

    // The studio's answer; `covered` are the changes that it holds already. None: it is as it was.
    take(data, covered) {
      const before = base;
      pending = pending.filter((one) => !covered.includes(one));
      problem = "";
      if (data) base = keepSame(base, data);
      if (data && before) board.tellOfChanges(before, base);
      if (data) board.finish.follow(before, base);
      changed();
      store.prune();
      board.looked();
    },

    failed(sentence) {
      problem = sentence;
      board.draw();
    },

    // A row as the studio says it is, until a look that began after it; below what is still asked for.
    takeRow(row) {
      if (!base?.shots.some((one) => one.id === row.id)) return;
      const place = pending.findIndex((one) => !one.done);
      pending.splice(place < 0 ? pending.length : place, 0, { apply: withRows([row.id], row), done: true });
      changed();
    },

    // As `takeRow`, of what was saved elsewhere on the page, where the draft is meant: of the other pass it says nothing.
    takeSaved(row) {
      if (!row) return;
      const bare = Object.entries(row).filter(([name]) => !OF_A_PASS.has(name));
      store.takeRow(board.pass === "draft" ? row : Object.fromEntries(bare));
    },

    // Show a change at once and ask for it; where it is refused it is taken back and said.
    async change(apply, work) {
      const one = { apply, done: false };
      if (apply) pending.push(one);
      changed();
      try {
        const answer = await board.net.inOrder(work);
        one.done = true;
        board.net.look();
        board.announceChange();
        return answer;
      } catch (error) {
        pending = pending.filter((other) => other !== one);
        changed();
        throw error;
      }
    },

    forget() {
      base = null;
      pending = [];
      changed();
    },

    choose(id, how = "only") {
      const ids = store.rows().map((row) => row.id);
      if (how === "range" && ids.includes(store.anchor)) {
        const [from, to] = [ids.indexOf(store.anchor), ids.indexOf(id)].sort((one, other) => one - other);
        store.selected = new Set(ids.slice(from, to + 1));
      } else if (how === "add") {
        store.selected = new Set(store.selected);
        if (!store.selected.delete(id)) store.selected.add(id);
        store.anchor = id;
      } else {
        store.selected = new Set([id]);
        store.anchor = id;
      }
      store.active = id;
      board.draw();
    },

    chooseAll(ids) {
      store.selected = new Set(ids);
      if (ids.length && !store.selected.has(store.active)) store.active = store.anchor = ids[0];
      board.draw();
    },

    clear() {
      store.selected = new Set();
      board.draw();
    },

    // What an order is for: the chosen shots in their order, or the one that has the focus.
    targets() {
      const chosen = store.rows().filter((row) => store.selected.has(row.id));
      if (chosen.length) return chosen;
      const active = store.row(store.active);
      return active ? [active] : [];
    },

    prune() {
      const shots = store.shown()?.shots ?? [];
      const there = new Set(shots.map((row) => row.id));
      store.selected = new Set([...store.selected].filter((id) => there.has(id)));
      if (store.active && !there.has(store.active)) store.active = null;
      if (store.anchor && !there.has(store.anchor)) store.anchor = null;
      store.active ??= store.rows()[0]?.id ?? null;
    },

    // The shot before which `ids` stand when `position` of the other shown ones are before them; null: at the end.
    beforeAt(position, ids) {
      const others = store.rows().filter((row) => !ids.includes(row.id));
      if (position < others.length) return others[position].id;
      const all = store.shown().shots;
      const last = all.findIndex((row) => row.id === others.at(-1)?.id);
      return all.slice(last + 1).find((row) => !ids.includes(row.id))?.id ?? null;
    },
  };

  function isAsked(row, text, kind) {
    if (kind && row.kind !== kind && !(kind === "waiting" && row.kind === "rendering")) return false;
    if (!text) return true;
    const said = [row.number, row.name, row.prompt, row.dialogue, row.notes, row.state, row.picture_name ?? "", row.video?.name ?? ""];
    return said.join("\n").normalize("NFKC").toLocaleLowerCase().includes(text);
  }

  return store;
}

// Rows that did not change stay the very same objects, so that drawing sees at a glance which did.
function keepSame(before, data) {
  const known = new Map((before?.shots ?? []).map((row) => [row.id, row]));
  const shots = data.shots.map((row) => {
    const old = known.get(row.id);
    return old && JSON.stringify(old) === JSON.stringify(row) ? old : row;
  });
  return { ...data, shots };
}

// Whether something of a shot changed that is not text, which only Python can show.
function changedBeyondText(before, after) {
  if (!before || !after) return before !== after;
  const bare = (row) => JSON.stringify({ ...row, ...Object.fromEntries(NEXT_TO_TEXT.map((name) => [name, 0])) });
  return before !== after && bare(before) !== bare(after);
}

const withRows = (ids, changes) => (data) => ({
  ...data,
  shots: joinedAnew(data.shots.map((row) => (ids.includes(row.id) ? { ...row, ...changes } : row))),
});

const withoutRows = (ids) => (data) => ({ ...data, shots: joinedAnew(data.shots.filter((row) => !ids.includes(row.id))) });

const withMoved = (ids, before) => (data) => {
  const moved = data.shots.filter((row) => ids.includes(row.id));
  const others = data.shots.filter((row) => !ids.includes(row.id));
  const place = before === null ? -1 : others.findIndex((row) => row.id === before);
  others.splice(place < 0 ? others.length : place, 0, ...moved);
  return { ...data, shots: joinedAnew(others) };
};

// A shot is joined where it continues one that stands before it.
function joinedAnew(shots) {
  return shots.map((row, index) => {
    const joined = row.start === "continue" && index > 0;
    return joined === row.joined ? row : { ...row, joined };
  });
}
