// What can be done with shots: each verb shows its result at once, asks the studio, and says what came of it.
function makeActions(board) {
  const { words, net, store } = board;
  const project = () => `/projects/${board.projectId}`;
  const named = (rows) => (rows.length === 1 ? rows[0].number : words.count("shots", rows.length));
  const idsOf = (rows) => rows.map((row) => row.id);

  function refused(error) {
    if (!(error instanceof Refused)) throw error;
    board.toasts.error(error.message);
  }

  function quietly(promise) {
    return promise.catch(refused);
  }

  // Text and figures of one shot. Where somebody else changed the same meanwhile, both are kept in view.
  async function edit(id, changes, was = null) {
    const row = store.row(id);
    was ??= Object.fromEntries(Object.keys(changes).map((name) => [name, row[name]]));
    const version = row?.version ?? 0;
    try {
      const answer = await store.change(withRows([id], changes), () =>
        net.send("PATCH", `/shots/${id}?pass=${board.pass}`, { version, was, changes }),
      );
      if (answer?.shot) store.takeRow(answer.shot);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.id === "changed-meanwhile") {
        const theirs = error.said.theirs ?? {};
        store.takeRow({ id, ...theirs });
        board.toasts.error(error.message, {
          text: words.say("use-mine"),
          act: () => edit(id, changes, { ...was, ...theirs }),
        });
      } else if (error.id === "gone") {
        board.toasts.error(error.message, { text: words.say("bring-back"), act: () => bringBack(id, changes, was) });
      } else {
        board.toasts.error(error.message);
      }
    }
  }

  async function bringBack(id, changes, was) {
    const body = { version: 0, was, changes };
    await quietly(
      store.change(null, async () => {
        await net.send("POST", `${project()}/shots/restore`, { ids: [id] });
        return net.send("PATCH", `/shots/${id}`, body);
      }),
    );
  }

  // The same for several shots. A field the rows do not hold (such as the preset) is only sent.
  function editMany(rows, changes, said) {
    const ids = idsOf(rows);
    const asked = () => net.send("PATCH", `${project()}/shots`, { ids, changes });
    const done = store.change(withRows(ids, changes), asked).then(() => {
      board.toasts.say(said, { text: words.say("undo"), act: undo });
    });
    return quietly(done);
  }

  function move(rows, before) {
    const ids = idsOf(rows);
    const now = idsOf(store.shown().shots);
    const then = idsOf(withMoved(ids, before)(store.shown()).shots);
    if (now.every((id, index) => id === then[index])) return undefined;
    const asked = () => net.send("POST", `${project()}/shots/move`, { ids, before });
    const done = store.change(withMoved(ids, before), asked);
    board.say("moved", { what: named(rows), place: then.indexOf(ids[0]) + 1, all: then.length });
    return quietly(done);
  }

  // Some places on or back; negative: towards the start.
  function moveBy(rows, places) {
    const ids = idsOf(rows);
    const shown = store.rows();
    const others = shown.filter((row) => !ids.includes(row.id));
    const first = shown.findIndex((row) => ids.includes(row.id));
    const position = Math.max(0, Math.min(others.length, first + places));
    return move(rows, store.beforeAt(position, ids));
  }

  function remove(rows) {
    if (!rows.length) return undefined;
    const ids = idsOf(rows);
    const shown = idsOf(store.rows());
    const next = shown.slice(shown.indexOf(ids.at(-1)) + 1).find((id) => !ids.includes(id));
    const asked = () => net.send("POST", `${project()}/shots/delete`, { ids });
    const done = store.change(withoutRows(ids), asked).then(() => {
      const back = { text: words.say("undo"), act: () => restore(rows) };
      board.toasts.say(words.say("deleted", { what: named(rows) }), back, () => ids.every((id) => store.row(id)));
    });
    const left = idsOf(store.rows());
    store.selected = new Set();
    store.active = store.anchor = next ?? left.at(-1) ?? null;
    if (ids.includes(store.opened)) board.openShot(null, { how: "instead" });
    if (board.view.hasFocus() && store.active) board.view.focus(store.active);
    return quietly(done);
  }

  async function restore(rows) {
    await quietly(store.change(null, () => net.send("POST", `${project()}/shots/restore`, { ids: idsOf(rows) })));
    board.view.goTo(rows[0].id);
  }

  function duplicate(rows) {
    if (!rows.length) return undefined;
    const asked = () => net.send("POST", `${project()}/shots/duplicate`, { ids: idsOf(rows) });
    const done = store.change(null, asked).then((answer) => {
      const made = (answer?.shots ?? []).map((row) => row.id);
      if (made.length) board.view.goTo(made[0], made);
      board.toasts.say(words.say("duplicated", { what: named(rows) }), { text: words.say("undo"), act: undo });
    });
    return quietly(done);
  }

  // New shots after the chosen ones, or at the end where none is.
  async function add(shots, after = board.view.lastChosen()) {
    const last = store.shown()?.shots.at(-1)?.id ?? null;
    const asked = () => net.send("POST", `${project()}/shots`, { shots, after: after ?? last });
    const answer = await store.change(null, asked);
    const made = (answer?.shots ?? []).map((row) => row.id);
    if (made.length) board.view.goTo(made[0], made);
    return made;
  }

  function step(verb) {
    const asked = () => net.send("POST", `${project()}/${verb}`);
    const done = store.change(null, asked).then((answer) => {
      const id = `${verb}-${answer?.kind}`;
      board.toasts.say(words.say(words.has(id) ? id : `${verb}-done`));
      board.view.goTo(answer?.shot_ids?.[0], answer?.shot_ids);
    });
    return quietly(done);
  }

  const undo = () => step("undo");

  // All that changed where there are no rows; a preset becomes the project's.
  async function render(rows, preset = null) {
    const asked = { shots: rows ? idsOf(rows) : null, pass: board.pass };
    if (preset) asked.preset = preset;
    // What is being typed is rendered, too.
    await window.studioSaving?.flush();
    return quietly(store.change(null, () => net.send("POST", `${project()}/renders`, asked)));
  }

  function cancelRender() {
    const { id } = store.shown().render;
    board.finish.expectNothing(id);
    return quietly(store.change(null, () => net.send("POST", `/renders/${id}/cancel`)));
  }

  const stopRender = () =>
    quietly(store.change(null, () => net.send("POST", `/renders/${store.shown().render.id}/stop`)));

  return {
    edit,
    editMany,
    move,
    moveBy,
    remove,
    duplicate,
    add,
    undo,
    redo: () => step("redo"),
    render,
    cancelRender,
    stopRender,
    renumber: () => quietly(store.change(null, () => net.send("POST", `${project()}/shots/renumber`))),
    setPicture: (id, media) => edit(id, { media_id: media }, { media_id: store.row(id)?.media ?? null }),
    refused,
  };
}
