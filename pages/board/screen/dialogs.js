// The small windows: the list of keys, a length or a place that is asked for, and (in lines.js) the preview of a text.
const KEYS = [
  ["keys-move", "←→↑↓"],
  ["keys-ends", "Home End PageUp PageDown"],
  ["keys-open", "Enter"],
  ["keys-choose-more", "Shift ↑↓"],
  ["keys-choose-one", "Ctrl Space"],
  ["keys-choose-all", "Ctrl A"],
  ["keys-clear", "Esc"],
  ["keys-carry", "Alt ←→↑↓"],
  ["keys-play", "Space"],
  ["keys-render", "R"],
  ["keys-duplicate", "Ctrl D"],
  ["keys-delete", "Delete"],
  ["keys-undo", "Ctrl Z"],
  ["keys-redo", "Ctrl Shift Z"],
  ["keys-filter", "/"],
  ["keys-paste", "Ctrl V"],
  ["keys-edit", "F2"],
  ["keys-next", "Tab"],
  ["keys-copy", "Ctrl C"],
  ["keys-help", "?"],
];

function makeDialogs(board) {
  const { words, store, actions } = board;
  let open = 0;
  let names = 0;

  // Shows a window and gives what `read` makes of it: undefined keeps it open, since something is to be put right.
  function show({ title, body, confirm = "", read = () => null, closed = () => {} }) {
    const dialog = make("dialog", "dialog");
    const form = make("form");
    form.method = "dialog";
    form.noValidate = true;
    const heading = make("h2", "", title);
    heading.id = `board-dialog-${(names += 1)}`;
    dialog.setAttribute("aria-labelledby", heading.id);
    const foot = make("div", "foot");
    const came = board.root.getRootNode().activeElement;
    const close = () => dialog.close();
    foot.append(button(words.say(confirm ? "never-mind" : "close"), close, { name: "quiet" }));
    if (confirm) {
      const yes = button(confirm, () => {}, { name: "primary" });
      yes.type = "submit";
      foot.append(yes);
    }
    form.append(heading, ...body, foot);
    dialog.append(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const act = read();
      if (act === undefined) return;
      close();
      if (act) act();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && close());
    dialog.addEventListener("close", () => {
      open -= 1;
      dialog.remove();
      closed();
      // Shots that were moved by it have the focus already.
      if (came?.isConnected && !board.view.hasFocus()) came.focus({ preventScroll: true });
    });
    board.root.append(dialog);
    open += 1;
    dialog.showModal();
    // Where nothing is asked for, reading begins at its head.
    const first = dialog.querySelector("input, textarea") ?? heading;
    heading.tabIndex = -1;
    first.focus();
    first.select?.();
    return dialog;
  }

  function box(label, value, { mode = "text", hint = "" } = {}) {
    const line = make("label", "ask", label);
    const input = make("input");
    Object.assign(input, { type: "text", value, inputMode: mode });
    const wrong = make("span", "wrong");
    wrong.setAttribute("role", "alert");
    line.append(input);
    if (hint) line.append(make("span", "hint", hint));
    line.append(wrong);
    return { line, input, wrong };
  }

  return {
    isOpen: () => open > 0,

    showKeys() {
      const list = make("dl", "keys");
      for (const [id, keys] of KEYS) {
        const held = make("dd");
        for (const key of keys.split(" ")) held.append(make("kbd", "", words.has(`key-${key}`) ? words.say(`key-${key}`) : key));
        list.append(make("dt", "", words.say(id)), held);
      }
      show({ title: words.say("keys-title"), body: [list] });
    },

    askLength() {
      const rows = store.targets();
      const asked = box(words.say("length-ask"), words.plain(rows[0]?.seconds ?? 4), { mode: "decimal" });
      const read = () => {
        const seconds = words.lengthIn(asked.input.value);
        if (seconds !== null) {
          const said = words.count("seconds-set", rows.length, { value: words.seconds(seconds) });
          return () => actions.editMany(rows, { seconds }, said);
        }
        asked.wrong.textContent = words.say("no-length", { text: asked.input.value });
        return undefined;
      };
      show({ title: words.count("length-title", rows.length), body: [asked.line], confirm: words.say("set"), read });
    },

    askPlace() {
      const rows = store.targets();
      const ids = rows.map((row) => row.id);
      const most = store.rows().length - rows.length + 1;
      const now = Math.min(most, store.indexOf(ids[0]) + 1);
      const hint = words.say("place-hint", { most });
      const asked = box(words.say("place-ask"), String(now), { mode: "numeric", hint });
      const read = () => {
        const place = Number(asked.input.value.normalize("NFKC").trim());
        if (Number.isInteger(place) && place >= 1 && place <= most) {
          return () => {
            actions.move(rows, store.beforeAt(place - 1, ids));
            board.view.focus(ids[0]);
          };
        }
        asked.wrong.textContent = words.say("place-wrong", { most });
        return undefined;
      };
      show({ title: words.count("place-title", rows.length), body: [asked.line], confirm: words.say("move"), read });
    },

    askForecast: (found) => offerForecast(board, show, found),

    offerLines: (asked) => offerLines(board, show, asked),
  };
}
