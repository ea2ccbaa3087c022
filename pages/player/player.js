// Plays the whole story: the clock, the keys and the buttons. What is seen is the reel's, the line below the timeline's.
const FASTEST = 8;
const TELL_EVERY = 1000; // milliseconds between two words to the page
const players = new WeakMap(); // of the place on the page

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".player");
  let player = players.get(root);
  if (!player) players.set(root, (player = makePlayer(root, data.words)));
  const mine = player.show(data, setStateValue);
  // A run that was overtaken by the next one ends late, and must not take away what that one shows.
  return () => {
    if (player.end(mine)) players.delete(root);
  };
}

function makePlayer(root, words) {
  const screen = element("div", "screen");
  const caption = element("div", "caption");
  const notice = element("div", "notice");
  const title = element("div", "title");
  const time = element("div", "time");
  const frames = element("div", "frames");
  const speed = element("span", "speed");
  const reel = makeReel(screen, () => (reel.prepare(shot, rate < 0 ? -1 : 1), draw()));
  const timeline = makeTimeline(words, (frame) => go(frame));
  const play = iconButton("play", words.play, () => toggle());
  const captions = iconButton("captions", words.captions, () => showCaptions());
  const bar = element("div", "bar");
  bar.append(
    iconButton("previous", words.previous, () => goByShot(-1)),
    play,
    iconButton("next", words.next, () => goByShot(1)),
    time,
    frames,
    speed,
    title,
    captions,
    iconButton("full", words.full, () => fill()),
  );
  caption.dir = title.dir = "auto";
  play.classList.add("play");
  captions.setAttribute("aria-pressed", "true");
  notice.setAttribute("role", "status");
  screen.append(caption, notice);
  root.replaceChildren(screen, timeline.track, bar);
  root.setAttribute("aria-label", words.player);
  screen.onclick = () => toggle();

  let story = null;
  let lang = "en";
  let at = 0; // in frames; between two of them while it plays
  let shot = 0;
  let rate = 0;
  let before = 0;
  let beat = 0;
  let run = 0;
  let started = null; // the shot that the page asked for last
  let tellPage = null;
  let told = { shot: null, when: 0, timer: 0 };
  let drawn = null;

  // --- moving ---

  function enter(frame) {
    at = frame;
    const next = story.shotAt(Math.floor(frame + 0.01));
    const other = next !== shot;
    shot = next;
    reel.show(shot, at - story.starts[shot]);
    draw();
    if (other) announce();
  }

  function go(frame) {
    enter(Math.max(0, Math.min(story.last, Math.floor(frame + 0.01))));
  }

  function goByShot(step) {
    // Back leads to the start of this shot first, as in any player.
    const within = Math.floor(at) > story.starts[shot];
    const to = step < 0 && within ? shot : shot + step;
    if (to >= story.shots.length) go(story.last);
    else go(story.starts[Math.max(0, to)]);
  }

  function setRate(asked) {
    if (asked > 0 && Math.floor(at) >= story.last) at = 0;
    const changed = (rate === 0) !== (asked === 0);
    rate = asked;
    reel.run(rate);
    enter(rate === 0 ? Math.floor(at + 0.01) : at);
    cancelAnimationFrame(beat);
    before = performance.now();
    if (rate !== 0) beat = requestAnimationFrame(tick);
    if (changed) announce();
  }

  function tick(now) {
    const passed = Math.max(0, Math.min(0.25, (now - before) / 1000)) * story.fps * rate;
    before = now;
    advance(passed);
    if (rate !== 0) beat = requestAnimationFrame(tick);
  }

  function advance(passed) {
    const playing = rate > 0 ? reel.playing(shot) : null;
    if (playing !== null) at = Math.max(at, story.starts[shot] + playing);
    else if (rate < 0 || !reel.isLate(shot)) at += passed;
    const end = story.starts[shot + 1];
    // Half a beat early is nearer to the join than half a beat late.
    if (rate > 0 && at >= end - Math.max(0, passed) / 2) {
      if (end >= story.total) {
        at = story.last;
        setRate(0);
      } else {
        enter(end);
      }
    } else if (rate < 0 && at <= 0) {
      at = 0;
      setRate(0);
    } else if (rate < 0) {
      enter(at);
    } else {
      draw();
    }
  }

  const toggle = () => setRate(rate === 0 ? 1 : 0);
  const shuttle = (direction) => {
    const faster = Math.sign(rate) === direction;
    setRate(faster ? direction * Math.min(FASTEST, 2 * Math.abs(rate)) : direction);
  };
  const step = (frames) => {
    if (rate !== 0) setRate(0);
    go(Math.floor(at + 0.01) + frames);
  };

  function showCaptions() {
    const on = captions.getAttribute("aria-pressed") !== "true";
    captions.setAttribute("aria-pressed", String(on));
    caption.hidden = !on;
  }

  function fill() {
    if (root.getRootNode().fullscreenElement === root) void document.exitFullscreen();
    else root.requestFullscreen().catch(() => {});
  }

  // --- telling ---

  function draw() {
    if (!story) return;
    const frame = Math.min(story.last, Math.floor(at + 0.01));
    const now = story.shots[shot];
    const key = [frame, shot, rate, reel.isBroken(shot)].join();
    if (key === drawn) return;
    drawn = key;
    const values = {
      time: timeText(frame / story.fps, lang),
      all: timeText(story.total / story.fps, lang),
      frame: (frame + 1).toLocaleString(lang),
      frames: story.total.toLocaleString(lang),
      number: now.number,
    };
    time.textContent = filled(words.time, values);
    frames.textContent = filled(words.frames, values);
    title.textContent = [now.number, now.name].filter(Boolean).join(" · ");
    if (caption.textContent !== now.caption) caption.textContent = now.caption;
    const problem = reel.isBroken(shot) ? words.broken : "";
    if (notice.textContent !== problem) notice.textContent = problem;
    const fast = Math.abs(rate) > 1 || rate < 0;
    speed.textContent = fast ? `${rate < 0 ? "◀" : "▶"} ${filled(words.speed, { times: Math.abs(rate) })}` : "";
    play.show(rate === 0 ? "play" : "pause", rate === 0 ? words.play : words.pause);
    timeline.mark(frame, shot, filled(words.place, values));
  }

  function announce() {
    const { id, number } = story.shots[shot];
    const frame = Math.floor(at);
    const detail = { shot: id, number, playing: rate !== 0, frame, seconds: frame / story.fps };
    window.dispatchEvent(new CustomEvent("studio:playing", { detail, bubbles: true, composed: true }));
    const wait = told.when + TELL_EVERY - performance.now();
    clearTimeout(told.timer);
    told.timer = setTimeout(tellShot, Math.max(0, wait));
  }

  function tellShot() {
    const { id } = story.shots[shot];
    if (told.shot === id || isLeaving()) return;
    [told.shot, told.when] = [id, performance.now()];
    tellPage("shot", id);
  }

  // --- keys ---

  const KEYS = {
    Space: toggle,
    KeyK: () => setRate(0),
    KeyJ: () => shuttle(-1),
    KeyL: () => shuttle(1),
    KeyF: fill,
    KeyC: showCaptions,
    ArrowLeft: (shift) => (shift ? goByShot(-1) : step(-1)),
    ArrowRight: (shift) => (shift ? goByShot(1) : step(1)),
    ArrowUp: () => goByShot(-1),
    ArrowDown: () => goByShot(1),
    Home: () => go(0),
    End: () => go(story.last),
  };

  // Where nothing on the page has the focus, the keys are the player's.
  function onKey(event) {
    const target = event.composedPath()[0];
    const isOurs = event.composedPath().includes(root) || target === document.body;
    const act = KEYS[event.code];
    if (!isOurs || !act || !story || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.code === "Space" && target instanceof HTMLButtonElement) return;
    event.preventDefault();
    event.stopPropagation();
    act(event.shiftKey);
  }
  window.addEventListener("keydown", onKey, true);

  return {
    show(data, setStateValue) {
      tellPage = setStateValue;
      lang = data.lang;
      root.style.setProperty("--ratio", data.ratio);
      root.style.setProperty("--fit", data.fit);
      root.classList.toggle("empty", data.shots.length === 0);
      if (data.shots.length === 0) {
        if (rate !== 0) setRate(0);
        story = null;
        time.textContent = words.empty;
        frames.textContent = title.textContent = "";
        return (run += 1);
      }
      // The same moment of the same shot, wherever it stands now and whatever else has changed.
      const held = story && { id: story.shots[shot].id, within: at - story.starts[shot] };
      story = makeStory(data.shots, data.fps);
      drawn = null;
      reel.tell(story);
      timeline.tell(story, lang);
      const asked = data.start !== started ? data.start : null;
      started = data.start;
      const placeOf = (id) => story.shots.findIndex((one) => one.id === id);
      const place = placeOf(asked !== null && rate === 0 && asked !== held?.id ? asked : held?.id);
      const stays = place >= 0 && story.shots[place].id === held?.id;
      const within = stays ? Math.min(held.within, story.starts[place + 1] - story.starts[place] - 1) : 0;
      enter(place < 0 ? Math.min(story.last, Math.floor(at)) : story.starts[place] + Math.max(0, within));
      return (run += 1);
    },
    end(mine) {
      if (mine !== run) return false;
      cancelAnimationFrame(beat);
      clearTimeout(told.timer);
      window.removeEventListener("keydown", onKey, true);
      timeline.end();
      reel.end();
      return true;
    },
  };
}
