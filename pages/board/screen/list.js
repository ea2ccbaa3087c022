// Draws shots as the rows of a table whose cells are moved through and written in as in a spreadsheet.
const COLUMNS = ["number", "picture", "prompt", "seconds", "start", "transition", "transition_seconds", "state", "takes"];
const SHOWN = {
  wide: COLUMNS,
  middle: ["number", "picture", "prompt", "seconds", "start", "state"],
  narrow: ["number", "picture", "prompt", "seconds"],
};
// What is chosen from a list, and what is a length; besides these the prompt is written.
const CHOICES = { start: ["cut", "continue"], transition: ["cut", "dissolve", "black", "white", "wipe"] };
const LENGTHS = ["seconds", "transition_seconds"];
const WRITTEN = new Set(["prompt", ...LENGTHS, ...Object.keys(CHOICES)]);
const HEAD = 34;
const LINE = 60;

function makeList(board) {
  const { store, words } = board;
  const head = make("div", "row head");
  head.setAttribute("role", "row");
  head.setAttribute("aria-rowindex", "1");
  for (const column of COLUMNS) {
    const cell = make("div", `cell ${column}`, words.say(`column-${column}`));
    cell.setAttribute("role", "columnheader");
    head.append(cell);
  }
  const list = { role: "grid", head, column: "prompt" };
  const shown = () => SHOWN[board.root.dataset.room ?? "wide"];

  list.plan = (width, project) => {
    if (!shown().includes(list.column)) list.column = "prompt";
    return { columns: 1, gap: 0, width, line: LINE, top: HEAD, ratio: ratioOf(project.ratio) };
  };

  list.make = () => {
    const node = make("div", "row");
    node.setAttribute("role", "row");
    node.cells = {};
    for (const column of COLUMNS) {
      const cell = make("div", `cell ${column}`);
      cell.setAttribute("role", "gridcell");
      cell.dataset.column = column;
      node.cells[column] = cell;
      node.append(cell);
    }
    const { number, picture, state } = node.cells;
    node.parts = { number: make("b"), name: make("span", "name"), image: make("img"), dot: make("i"), word: make("span") };
    const rail = make("span", "rail");
    number.append(rail, node.parts.number, node.parts.name);
    Object.assign(node.parts.image, { alt: "", draggable: false, decoding: "async" });
    node.parts.bar = make("i", "bar");
    const frame = make("div", "frame");
    frame.append(node.parts.image, node.parts.bar);
    picture.append(frame);
    state.append(node.parts.dot, node.parts.word);
    node.parts.spot = make("i", "spot"); // the state's dot where there is no room for its word
    number.append(node.parts.spot);
    return node;
  };

  list.fill = (node, row, { index, plan, next }) => {
    const { parts, cells } = node;
    const chosen = store.selected.has(row.id);
    node.classList.toggle("chosen", chosen);
    node.classList.toggle("opened", row.id === store.opened);
    node.classList.toggle("joined", row.joined && index > 0);
    node.classList.toggle("goes-on", Boolean(next?.joined));
    setAttribute(node, "aria-selected", chosen);
    setAttribute(node, "aria-rowindex", index + 2);
    for (const column of COLUMNS) {
      const here = row.id === store.active && column === list.column;
      const cell = cells[column];
      setAttribute(cell, "tabindex", here ? 0 : -1);
      cell.classList.toggle("here", here);
    }
    const share = board.shareOf(row);
    parts.bar.hidden = share === null;
    if (share !== null) parts.bar.style.transform = `scaleX(${share})`;
    if (node.drawn === row && node.drawnRatio === plan.ratio) return;
    node.drawn = row;
    node.drawnRatio = plan.ratio;
    setText(parts.number, row.number);
    setText(parts.name, row.name);
    parts.spot.className = `spot dot ${row.tone}`;
    setAttribute(parts.spot, "title", row.state);
    parts.image.parentNode.style.aspectRatio = String(plan.ratio);
    parts.image.hidden = row.shows === "none" || !row.frame;
    if (!parts.image.hidden) setAttribute(parts.image, "src", row.frame);
    parts.image.style.objectFit = store.shown().project.fit === "fit" ? "contain" : "cover";
    cells.picture.setAttribute("aria-label", row.picture_name ?? (row.video ? words.say("after-video", { name: row.video.name }) : words.say(row.joined ? "goes-on-here" : "no-picture")));
    for (const column of [...WRITTEN, "takes"]) {
      if (!cells[column].classList.contains("written")) setText(cells[column], list.textOf(row, column));
    }
    cells.prompt.title = row.prompt;
    parts.dot.className = `dot ${row.tone}`;
    setText(parts.word, row.state);
    setAttribute(cells.state, "title", row.why.join("\n") || null);
  };

  // What a cell says, and what is copied from it.
  list.textOf = (row, column) => {
    if (!list.hasValue(row, column)) return "";
    if (LENGTHS.includes(column)) return words.seconds(row[column]);
    if (column in CHOICES) return words.say(`${column}-${row[column]}`);
    if (column === "takes") return row.takes ? words.number(row.takes) : "";
    return row[column === "picture" ? "picture_name" : column] ?? "";
  };

  list.target = (node) => node.cells[list.column];
  list.isWritten = () => WRITTEN.has(list.column);
  list.step = (places) => {
    const all = shown();
    list.column = all[Math.max(0, Math.min(all.length - 1, all.indexOf(list.column) + places))];
  };
  list.end = (last) => {
    list.column = last ? shown().at(-1) : shown()[0];
  };
  // The next cell one can write in, or null behind the last; used by Tab while writing.
  list.nextWritten = (id, back) => {
    const rows = store.rows();
    const all = shown().filter((column) => WRITTEN.has(column));
    const step = back ? -1 : 1;
    let place = store.indexOf(id) * all.length + all.indexOf(list.column) + step;
    const row = () => rows[Math.floor(place / all.length)];
    const column = () => all[place % all.length];
    if (place >= 0 && row() && !list.hasValue(row(), column())) place += step;
    return place >= 0 && row() ? { id: row().id, column: column() } : null;
  };
  // A cut has no length; all else that can be written is there in every shot.
  list.hasValue = (row, column) => column !== "transition_seconds" || row.transition !== "cut";
  list.leave = () => board.cells.commit();
  return list;
}
