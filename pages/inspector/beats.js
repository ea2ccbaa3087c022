// Owns the beats of one shot as a box like the others: what is said when, kept and saved as what is typed.
const BEAT_PLACE = [500, 500, 1000]; // the middle of a picture

function makeBeats(field, shot, context) {
  const { words } = context.data();
  const node = element("div", `field ${field}`);
  const head = element("div", "beats-head");
  const title = element("span", "beats-title", filled(words.beats, context.data().shot));
  const add = element("button", "add", words.beat_add);
  const rows = element("div", "beat-rows");
  const below = element("div", "below");
  const hint = element("span", "hint");
  const state = element("span", "state");
  add.type = "button";
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", title.textContent);
  state.setAttribute("role", "status");
  const strip = makeBeatStrip(words, { add: addAt, move, moved, remove, open: (item) => parts.get(item)?.focus() });
  const message = makeMessage(field, shot, words, {
    textOf: inWords,
    mineOf: (entry) => inWords(JSON.parse(entry.text)),
    newest: () => newest,
    putTheirs,
    focus: () => add.focus(),
  });
  head.append(title, add);
  below.append(hint, state);
  node.append(head, strip.node, rows, below, message.node);

  let base = { value: null, version: -1 }; // what the studio had when the changes here began
  let newest = null;
  let items = [];
  let parts = new Map(); // the row of an item
  let wasUnsaved = false;
  let complains = false; // half a seed is not blamed on who still types

  const waits = () => saving.waits(shot, field);
  const grid = () => beatGrid(context.data().strip.grid);
  const say = (seconds) => {
    const number = new Intl.NumberFormat(context.data().lang, { maximumFractionDigits: 2 }).format(seconds);
    return filled(words.beat_time, { n: number });
  };
  const isIn = () => {
    const active = node.getRootNode().activeElement;
    return strip.isHeld() || (rows.contains(active) && active.matches("textarea, input"));
  };

  function inWords(beats) {
    const said = (beat) => [say(beat.at), beat.prompt?.trim(), beat.seed && `${words.seed} ${beat.seed}`, beat.media_id && words.beat_picture];
    return beats.map((beat) => said(beat).filter(Boolean).join(" · ")).join("\n");
  }

  // --- what there is, and what of it can be saved ---

  const plain = ({ at, prompt, seed, media_id, place }) => ({ at, prompt, seed, media_id, place });

  function read() {
    const beats = [];
    for (const item of items) {
      const seed = String(item.seed ?? "").trim();
      const told = seed ? readBox("seed", seed, context.data()) : { value: null, problem: null };
      if (told.problem) return { value: null, problem: told.problem };
      beats.push({ ...plain(item), seed: told.value });
    }
    return { value: beats, problem: null };
  }

  function take() {
    items.sort((one, other) => one.at - other.at);
    const text = JSON.stringify(items.map(plain));
    const was = { was: base.value, version: base.version };
    complains = false;
    saving.typed({ project: context.data().project_id, shot, field, text, ...read(), ...was });
  }

  function changed() {
    take();
    complains = true;
    saving.start(shot);
    drawBeats();
  }

  // Rows that are there already are kept, so that nobody's focus is lost.
  function put(beats) {
    items = beats.map((beat, place) => Object.assign(items[place] ?? {}, plain({ place: BEAT_PLACE, ...beat })));
    drawBeats();
  }

  function adopt(row, saved) {
    if (row.version < (newest?.version ?? -1)) return undefined;
    newest = row;
    if (waits()) return drawBeats();
    const fits = saved || base.version < 0 || !isIn() || sameValue(read().value, row[field]);
    if (fits) base = { value: row[field], version: row.version };
    if (!isIn()) put(row[field]);
    else drawBeats();
    return undefined;
  }

  function putTheirs(value) {
    const version = Math.max(newest?.version ?? -1, waits()?.version ?? -1);
    base = { value, version };
    newest = { ...newest, [field]: value, version };
    wasUnsaved = false;
    saving.forget(shot, field);
    put(value);
  }

  // --- what is done to them ---

  function addAt(latent) {
    const there = items.find((item) => grid().latentOf(item.at) === latent);
    const item = there ?? { at: grid().momentOf(latent), prompt: "", seed: null, media_id: null, place: BEAT_PLACE };
    if (!there && items.length < context.data().strip.most) {
      items.push(item);
      changed();
    }
    parts.get(item)?.focus();
  }

  // In the middle of the longest stretch without one.
  add.onclick = () => {
    const { step, last, latentOf } = grid();
    const starts = [0, ...items.map((item) => latentOf(item.at)).filter((latent) => latent <= last), last + step];
    let [begin, end] = [0, 0];
    starts.forEach((start, place) => {
      if (place && start - starts[place - 1] > end - begin) [begin, end] = [starts[place - 1], start];
    });
    addAt(Math.max(step, Math.min(last, Math.round((begin + end) / 2 / step) * step)));
  };

  function move(item, latent) {
    item.at = grid().momentOf(latent);
    drawBeats();
  }

  function moved(item, isOther) {
    items.sort((one, other) => one.at - other.at);
    if (isOther) changed();
    else drawBeats();
  }

  function remove(item) {
    const place = items.indexOf(item);
    items.splice(place, 1);
    changed();
    if (items.length) strip.focus(items[Math.min(place, items.length - 1)]);
    else add.focus();
  }

  function left() {
    complains = true;
    saving.start(shot);
    if (newest) adopt(newest, false);
    draw();
    context.left();
  }

  // --- drawing ---

  function drawBeats() {
    const { strip: given, shot: told } = context.data();
    const { seconds } = told;
    const now = grid();
    const acts = { typed: take, changed, remove, left };
    parts = new Map(items.map((item) => [item, parts.get(item) ?? makeBeatRow(item, context, acts)]));
    const wanted = items.map((item) => parts.get(item).node);
    const isSame = wanted.length === rows.children.length && wanted.every((one, place) => one === rows.children[place]);
    if (!isSame) rows.replaceChildren(...wanted);
    items.forEach((item, place) => {
      const isPast = now.isPast(item.at, seconds);
      const next = items[place + 1];
      const isHidden = next && now.latentOf(next.at) === now.latentOf(item.at);
      const why = isPast ? words.beat_past : isHidden ? words.beat_hidden : "";
      parts.get(item).draw(place + 1, say(isPast ? item.at : now.beginOf(item.at)), why);
    });
    strip.show({ grid: now, seconds, take: given.take, items, most: given.most, say, label: filled(words.beats_strip, told) });
    add.disabled = now.last < now.step || items.length >= given.most;
    hint.textContent = now.last < now.step ? words.beat_short : items.length ? "" : words.beats_hint;
  }

  function draw() {
    const entry = waits();
    const status = saving.status(shot, field);
    const own = status === "refused" && entry.value === null;
    const shown = own && isIn() && !complains ? "typing" : status;
    if (entry) wasUnsaved = true;
    const says = { saved: wasUnsaved ? words.saved : "", saving: words.saving, typing: "" }[shown] ?? words.not_saved;
    if (state.textContent !== says) state.textContent = says;
    state.className = `state ${shown}`;
    message.draw(shown, entry);
  }

  return {
    node,
    input: add,
    draw,
    isIn,
    adopt,
    savedElsewhere() {
      const { value } = read();
      if (!waits() && value !== null) base = { value, version: base.version };
    },
    collect: () => [...parts.values()].filter((part) => part.collect()).length && take(),
    saysBelow() {},
    begin(row) {
      adopt(row, true);
      if (waits()) put(JSON.parse(waits().text));
      draw();
    },
  };
}
