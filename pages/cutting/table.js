// The cutting table: plays the film as it would be, and changes how it is cut. What is changed goes to the studio at once.
const tables = new WeakMap(); // of the place on the page
const [TELL_WHEN, TELL_CHOSEN] = ["changed", "chosen"];

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".table");
  let table = tables.get(root);
  if (!table) tables.set(root, (table = makeTable(root, data.words)));
  const mine = table.show(data, setTriggerValue);
  return () => {
    if (table.end(mine)) tables.delete(root);
  };
}

function makeTable(root, words) {
  const screen = makeScreen(words);
  const time = element("div", "time");
  const status = element("div", "status");
  status.setAttribute("role", "status");
  const leads = makeLeadWindow(words, {
    change: (clip, changes) => change(clip, changes),
    closed: (clip) => strip.focusLead(clip.shot_id),
  });
  const strip = makeStrip(words, {
    seek: (frame) => go(frame),
    choose: (number) => (go(film.clips[number].start), choose(film.clips[number].shot_id)),
    api: () => data.api,
    openLead: (number) => leads.open(film.clips[number]),
    sayTrim: (text) => (status.textContent = text),
    change: (clip, changes) => change(clip, changes),
  });
  const play = iconButton("play", words.play, () => setRate(rate === 0 ? 1 : 0));
  play.classList.add("play");
  const sound = makeSound();
  const hear = iconButton("sound", words.sound, () => switchSound(hear.getAttribute("aria-pressed") !== "true"));
  hear.setAttribute("aria-pressed", "true");
  const bar = element("div", "bar");
  const smaller = textButton("−", words.zoom_out, () => strip.zoomBy(0.5));
  const larger = textButton("+", words.zoom_in, () => strip.zoomBy(2));
  bar.append(
    iconButton("previous", words.previous, () => goByClip(-1)),
    play,
    iconButton("next", words.next, () => goByClip(1)),
    time,
    status,
    hear,
    smaller,
    larger,
  );
  root.replaceChildren(screen.node, bar, strip.node, leads.node);
  root.setAttribute("aria-label", words.table);
  screen.node.onclick = () => setRate(rate === 0 ? 1 : 0);

  let film = null;
  let data = null;
  let at = 0;
  let rate = 0;
  let before = 0;
  let beat = 0;
  let run = 0;
  let tellPage = null;
  let sending = Promise.resolve();

  function textButton(text, label, act) {
    const made = element("button", "icon", text);
    made.type = "button";
    made.title = label;
    made.setAttribute("aria-label", label);
    made.onclick = act;
    return made;
  }

  // --- playing ---

  function draw() {
    if (!film) return;
    screen.show(at, rate);
    strip.mark(Math.floor(at), rate !== 0);
    sound.follow(at, rate);
    const said = { time: timeText(at / film.rate, data.lang), all: timeText(film.frames / film.rate, data.lang) };
    const text = filled(words.time, said);
    if (time.textContent !== text) time.textContent = text;
  }

  function go(frame) {
    at = Math.max(0, Math.min(film.frames - 1, frame));
    draw();
    // A take that had to be looked for shows its frame only once it is there.
    if (rate === 0) setTimeout(draw, 120);
  }

  function goByClip(step) {
    const now = clipsAt(film, at).at(-1);
    const within = at - film.clips[now].start > film.rate / 2;
    const to = step < 0 && within ? now : now + step;
    go(to >= film.clips.length ? film.frames - 1 : film.clips[Math.max(0, to)].start);
  }

  function setRate(asked) {
    if (!film) return;
    if (asked > 0 && at >= film.frames - 1) at = 0;
    rate = asked;
    play.show(rate === 0 ? "play" : "pause", rate === 0 ? words.play : words.pause);
    cancelAnimationFrame(beat);
    before = performance.now();
    if (rate !== 0) beat = requestAnimationFrame(tick);
    draw();
  }

  function tick(now) {
    at += Math.min(0.25, (now - before) / 1000) * film.rate * rate;
    before = now;
    if (at >= film.frames - 1) {
      at = film.frames - 1;
      setRate(0);
      return;
    }
    draw();
    beat = requestAnimationFrame(tick);
  }

  function switchSound(on) {
    hear.setAttribute("aria-pressed", String(on));
    hear.show(on ? "sound" : "silent", words.sound);
    sound.switchTo(on);
  }

  // A page that nobody sees draws nothing, and would go on sounding.
  const onHidden = () => document.hidden && rate !== 0 && setRate(0);
  document.addEventListener("visibilitychange", onHidden);

  // --- choosing and changing ---

  function choose(shot) {
    if (!shot || shot === data.chosen || isLeaving()) return;
    data.chosen = shot;
    strip.choose(shot);
    tellPage(TELL_CHOSEN, { shot, at: Date.now() });
  }

  function change(clip, changes) {
    sending = sending.then(() => send(clip, changes)).catch(() => (status.textContent = words.unreachable));
  }

  async function send(clip, changes) {
    const { api, edition } = data;
    const answer = await fetch(edition ? `${api}/editions/${edition}/shots` : `${api}/shots/${clip.shot_id}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(edition ? { shot: clip.shot_id, changes } : { changes }),
      keepalive: true,
    });
    const said = await answer.json().catch(() => ({}));
    status.textContent = answer.ok ? words.saved : (said.message ?? words.refused);
    if (answer.ok && !isLeaving()) tellPage(TELL_WHEN, { shot: clip.shot_id, at: Date.now() });
    if (!answer.ok) strip.draw();
  }

  const KEYS = {
    Space: () => setRate(rate === 0 ? 1 : 0),
    KeyK: () => setRate(0),
    KeyL: () => setRate(Math.min(8, rate > 0 ? rate * 2 : 1)),
    ArrowLeft: (shift) => (setRate(0), go(Math.floor(at) - (shift ? 10 : 1))),
    ArrowRight: (shift) => (setRate(0), go(Math.floor(at) + (shift ? 10 : 1))),
    ArrowUp: () => goByClip(-1),
    ArrowDown: () => goByClip(1),
    Home: () => go(0),
    End: () => film && go(film.frames - 1),
  };

  function onKey(event) {
    const target = event.composedPath()[0];
    const ours = event.composedPath().includes(root) || target === document.body;
    const act = KEYS[event.code];
    const trims = Boolean(target.dataset?.side) && event.code.startsWith("Arrow");
    const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement || leads.node.open || trims;
    if (!ours || !act || !film || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.code === "Space" && target instanceof HTMLButtonElement) return;
    event.preventDefault();
    event.stopPropagation();
    act(event.shiftKey);
  }
  window.addEventListener("keydown", onKey, true);

  return {
    show(given, setTriggerValue) {
      [data, tellPage] = [given, setTriggerValue];
      root.style.setProperty("--ratio", given.ratio);
      root.classList.toggle("empty", given.film.clips.length === 0);
      if (given.film.clips.length === 0) {
        if (rate !== 0) setRate(0);
        film = null;
        return (run += 1);
      }
      film = given.film;
      screen.tell(film);
      sound.tell(film);
      hear.hidden = !sound.has();
      strip.tell(film, given.lang, given.chosen);
      leads.tell(film);
      go(Math.min(at, film.frames - 1));
      return (run += 1);
    },
    end(mine) {
      if (mine !== run) return false;
      cancelAnimationFrame(beat);
      window.removeEventListener("keydown", onKey, true);
      document.removeEventListener("visibilitychange", onHidden);
      strip.end();
      screen.end();
      sound.end();
      return true;
    },
  };
}
