// Writing in a cell of the list: the box that opens over it, what is kept or put back, and copying and pasting cells.
function makeCells(board) {
  const { store, words } = board;
  const list = () => board.view.list;
  let open = null; // {id, column, box, was}

  function start(id, column, { text = null } = {}) {
    commit();
    const node = board.view.nodeOf(id);
    const row = store.row(id);
    if (!node?.cells || !row || !WRITTEN.has(column)) return;
    if (!list().hasValue(row, column)) {
      board.toasts.error(words.say("no-overlap"));
      return;
    }
    const cell = node.cells[column];
    const was = row[column];
    const box = boxFor(column, was, text);
    box.setAttribute("aria-label", words.say("cell-label", { what: words.say(`column-${column}`), shot: row.number }));
    cell.classList.add("written");
    cell.replaceChildren(box);
    open = { id, column, box, was, cell };
    store.hold(id);
    box.addEventListener("keydown", onKey);
    box.addEventListener("blur", () => commit());
    if (column in CHOICES) box.addEventListener("change", () => finish(0));
    box.focus();
    if (box.select && text === null) box.select();
  }

  function boxFor(column, was, text) {
    if (column in CHOICES) {
      const box = make("select");
      for (const value of CHOICES[column]) {
        const choice = make("option", "", words.say(`${column}-${value}`));
        choice.value = value;
        box.append(choice);
      }
      box.value = was;
      return box;
    }
    const box = make(column === "prompt" ? "textarea" : "input");
    const isLength = LENGTHS.includes(column);
    if (isLength) Object.assign(box, { type: "text", inputMode: "decimal" });
    box.value = text ?? (isLength ? words.plain(was) : was);
    return box;
  }

  function onKey(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      putBack();
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      finish(0);
    } else if (event.key === "Tab") {
      event.preventDefault();
      finish(event.shiftKey ? -1 : 1);
    }
  }

  // Keeps what was written and goes to the next cell (1), the one before (-1) or stays (0).
  function finish(way) {
    if (!open) return;
    const { id } = open;
    if (!commit()) return;
    const next = way ? list().nextWritten(id, way < 0) : null;
    if (!next) {
      board.view.focus(id);
      return;
    }
    list().column = next.column;
    store.choose(next.id);
    board.view.focus(next.id);
    start(next.id, next.column);
  }

  function close() {
    const { cell, id, column } = open;
    open = null;
    cell.classList.remove("written");
    const row = store.row(id);
    cell.replaceChildren();
    if (row) cell.textContent = list().textOf(row, column);
    store.hold(null);
  }

  function putBack() {
    const { id } = open;
    close();
    board.view.focus(id);
  }

  // True where the box could be closed: its text was understood, or there is none open.
  function commit() {
    if (!open) return true;
    const { id, column, box, was } = open;
    const value = LENGTHS.includes(column) ? words.lengthIn(box.value) : box.value;
    if (value === null) {
      board.toasts.error(words.say("no-length", { text: box.value }));
      putBack();
      return false;
    }
    close();
    if (value !== was) write(id, column, value, was);
    return true;
  }

  // What is written in one of several chosen rows is for all of them, unless it is a text.
  function write(id, column, value, was) {
    const chosen = store.targets();
    const several = column !== "prompt" && chosen.length > 1 && chosen.some((row) => row.id === id);
    if (several) board.actions.editMany(chosen, { [column]: value }, sentenceOf(column, value, chosen.length));
    else board.actions.edit(id, { [column]: value }, { [column]: was });
  }

  function sentenceOf(column, value, n) {
    const said = column in CHOICES ? words.say(`${column}-${value}`) : words.seconds(value);
    return words.count(`${column}-set`, n, { value: said });
  }

  function copy() {
    const rows = store.targets();
    return rows.map((row) => list().textOf(row, list().column).replace(/\s*\n\s*/g, " ")).join("\n");
  }

  const valueIn = (column, text) => {
    if (LENGTHS.includes(column)) return words.lengthIn(text);
    if (!(column in CHOICES)) return text;
    return CHOICES[column].find((value) => [value, words.say(`${column}-${value}`)].includes(text.trim())) ?? null;
  };

  // One line goes into all chosen rows, several go downwards from the active one. False where it is no text for cells.
  function paste(text, isOurs) {
    const { column } = list();
    if (!WRITTEN.has(column) || !store.active) return false;
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
    const values = lines.map((line) => valueIn(column, line));
    if (values.includes(null)) {
      if (lines.length > 1) return false;
      board.toasts.error(words.say(column in CHOICES ? "no-choice" : "no-length", { text: lines[0] }));
      return true;
    }
    if (lines.length > 1 && column === "prompt" && !isOurs) return false;
    const chosen = store.targets();
    if (lines.length === 1 && chosen.length > 1) {
      if (column !== "prompt") {
        board.actions.editMany(chosen, { [column]: values[0] }, sentenceOf(column, values[0], chosen.length));
        return true;
      }
      for (const row of chosen) board.actions.edit(row.id, { [column]: values[0] });
      return true;
    }
    const first = store.indexOf(chosen.length > 1 ? chosen[0].id : store.active);
    const rows = store.rows().slice(first, first + lines.length);
    rows.forEach((row, index) => {
      if (row[column] !== values[index]) board.actions.edit(row.id, { [column]: values[index] });
    });
    return true;
  }

  board.endings.push(commit);
  return { start, commit, copy, paste, isOpen: () => Boolean(open) };
}
