// Draws shots as cards in rows, chains without a gap between their pictures; a take plays where the pointer rests.
const GAP = 12;
const SIZES = { 1: { width: 150, under: 60 }, 2: { width: 208, under: 78 }, 3: { width: 312, under: 80 } };
const REST = 180; // milliseconds a pointer rests on a card before its take plays

function makeGrid(board) {
  const { store, words } = board;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let playing = null; // {id, video}
  let waiting = 0;

  function plan(width, project) {
    const ratio = ratioOf(project.ratio);
    const size = SIZES[board.size];
    // An upright or square picture is given less width, so that its card is not taller than a screen.
    const wish = size.width * Math.max(0.6, Math.min(1.1, Math.sqrt(ratio / (16 / 9))));
    const columns = Math.max(1, Math.round((width + GAP) / (wish + GAP)));
    const wide = Math.floor((width - GAP * (columns - 1)) / columns);
    const tall = Math.round(wide / ratio);
    return { columns, gap: GAP, width: wide, picture: tall, line: tall + size.under + GAP, top: 2, ratio };
  }

  function makeCard() {
    const card = make("div", "card");
    card.setAttribute("role", "option");
    const thumb = make("div", "thumb");
    const nothing = make("span", "nothing");
    const image = make("img");
    Object.assign(image, { alt: "", draggable: false, decoding: "async" });
    image.addEventListener("error", () => card.classList.add("no-picture"));
    image.addEventListener("load", () => card.classList.remove("no-picture"));
    const bar = make("i", "bar");
    thumb.append(nothing, image, bar);
    const link = make("span", "link");
    link.append(icon("link"));
    const first = make("div", "line first");
    const number = make("b", "number");
    const name = make("span", "name");
    const length = make("span", "length");
    first.append(number, name, length);
    const second = make("div", "line second");
    const dot = make("i");
    const state = make("span", "state");
    const takes = make("span", "takes");
    const beats = make("span", "takes beats");
    const video = make("span", "takes video");
    const end = make("span", "takes end");
    second.append(dot, state, video, end, beats, takes);
    const text = make("p", "words");
    card.append(thumb, link, first, second, text);
    card.parts = { thumb, nothing, image, bar, link, number, name, length, dot, state, video, end, beats, takes, text };
    return card;
  }

  function fill(card, row, { index, plan: where, next, count }) {
    const { parts } = card;
    const joined = row.joined && index > 0;
    const goesOn = Boolean(next?.joined);
    const column = index % where.columns;
    const chosen = store.selected.has(row.id);
    card.className = [
      "card",
      joined ? "joined" : "",
      goesOn ? "goes-on" : "",
      column === 0 ? "first-in-line" : "",
      column === where.columns - 1 ? "last-in-line" : "",
      chosen ? "chosen" : "",
      row.id === store.opened ? "opened" : "",
      row.shows === "none" || !row.frame ? "bare" : "",
      card.classList.contains("held") ? "held" : "",
      card.classList.contains("under-drop") ? "under-drop" : "",
      card.classList.contains("no-picture") ? "no-picture" : "",
    ]
      .filter(Boolean)
      .join(" ");
    card.tabIndex = row.id === store.active ? 0 : -1;
    setAttribute(card, "aria-selected", chosen);
    setAttribute(card, "aria-current", row.id === store.opened ? "true" : null);
    setAttribute(card, "aria-posinset", index + 1);
    setAttribute(card, "aria-setsize", count);
    const size = `${where.width}px`;
    if (card.style.width !== size) card.style.width = size;
    parts.link.hidden = !joined;
    const share = board.shareOf(row);
    parts.bar.hidden = share === null;
    if (share !== null) parts.bar.style.transform = `scaleX(${share})`;
    const key = `${where.picture}|${where.ratio}|${store.shown().project.fit}`;
    if (card.drawn === row && card.drawnKey === key) return;
    card.drawn = row;
    card.drawnKey = key;
    parts.thumb.style.height = `${where.picture}px`;
    showPicture(parts, row, where.ratio);
    setText(parts.number, row.number);
    setText(parts.name, row.name);
    setText(parts.length, words.length(row.seconds));
    parts.dot.className = `dot ${row.tone}`;
    setText(parts.state, row.state);
    setText(parts.takes, row.takes ? words.count("takes", row.takes) : "");
    setText(parts.beats, row.beats.length ? `◆ ${words.number(row.beats.length)}` : "");
    setAttribute(parts.beats, "title", row.beats.length ? words.count("beats", row.beats.length) : null);
    setText(parts.video, row.video ? words.say("video") : "");
    setAttribute(parts.video, "title", row.video ? words.say("after-video", { name: row.video.name }) : null);
    setText(parts.end, row.end ? words.say(row.end.guided ? "guide-to" : "end-picture") : "");
    setAttribute(parts.end, "title", row.end ? endOf(row) : null);
    parts.end.style.backgroundImage = row.end ? `url("${row.end.picture}")` : "";
    setText(parts.text, row.prompt || words.say("no-prompt"));
    parts.text.classList.toggle("empty", !row.prompt);
    setAttribute(card, "aria-label", labelOf(row));
    setAttribute(card, "title", row.why.join("\n") || null);
    if (playing?.id === row.id && playing.take !== row.take) stop();
  }

  function showPicture(parts, row, ratio) {
    const has = row.shows !== "none" && Boolean(row.frame);
    parts.image.hidden = !has;
    if (has) setAttribute(parts.image, "src", row.frame);
    else parts.image.removeAttribute("src");
    setText(parts.nothing, words.say(row.start === "continue" ? "goes-on-here" : "no-picture"));
    const fit = store.shown().project.fit;
    const same = Math.abs(ratioOf(row.take_ratio) / ratio - 1) < 0.03;
    const whole = row.shows === "take" ? !same : fit === "fit";
    parts.image.style.objectFit = whole ? "contain" : "cover";
    const placed = fit === "place" && row.shows === "picture" && row.place;
    const at = placed ? `${row.place[0] / 10}% ${row.place[1] / 10}%` : "";
    parts.image.style.objectPosition = at;
    parts.image.style.transformOrigin = at;
    parts.image.style.transform = placed && row.place[2] > 1000 ? `scale(${row.place[2] / 1000})` : "";
  }

  function endOf(row) {
    return words.say(row.end.guided ? "guided-to" : "ends-with", { name: row.end.name });
  }

  function labelOf(row) {
    const parts = [row.number, row.name, words.seconds(row.seconds), row.state, ...row.why];
    if (row.joined) parts.push(words.say("joined-label"));
    if (row.video) parts.push(words.say("after-video", { name: row.video.name }));
    if (row.end) parts.push(endOf(row));
    if (row.beats.length) parts.push(words.count("beats", row.beats.length));
    if (row.takes) parts.push(words.count("takes", row.takes));
    parts.push(row.prompt || words.say("no-prompt"));
    return parts.filter(Boolean).join(", ");
  }

  function play(id) {
    stop();
    const row = store.row(id);
    const node = board.view.nodeOf(id);
    if (!row?.take || !node?.parts?.thumb) return;
    const video = make("video");
    Object.assign(video, { muted: true, loop: true, playsInline: true, src: `/files/takes/${row.take}` });
    video.style.objectFit = node.parts.image.style.objectFit || "contain";
    video.setAttribute("aria-hidden", "true");
    // The picture stays until there is something to be seen, and where there is nothing.
    video.addEventListener("playing", () => video.classList.add("plays"));
    node.parts.thumb.append(video);
    playing = { id, take: row.take, video };
    video.play().catch(() => {}); // a browser may not want to: the picture stays
  }

  function stop() {
    clearTimeout(waiting);
    playing?.video.remove();
    playing = null;
  }

  board.endings.push(stop);
  return {
    role: "listbox",
    plan,
    make: makeCard,
    fill,
    leave: stop,
    gone: (id) => playing?.id === id && stop(),
    target: (node) => node,
    toggle: (id) => (playing?.id === id ? stop() : play(id)),
    // The pointer came to a card, or to none.
    rest(id) {
      if (id && playing?.id === id) return;
      stop();
      if (id && !still.matches) waiting = setTimeout(() => play(id), REST);
    },
  };
}

function ratioOf(text) {
  const [width, height] = String(text ?? "").split("/").map(Number);
  return width > 0 && height > 0 ? width / height : 16 / 9;
}
