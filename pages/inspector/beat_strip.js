// Owns the strip: the shot in time with pictures of its take, and a handle for each beat that is moved along it.
const STRIP_PAUSE = 250; // milliseconds before pictures are asked for: somebody may only be passing by

// `acts`: {add(latent), move(item, latent), moved(item), remove(item), open(item)}; `say(seconds)` writes a time.
function makeBeatStrip(words, acts) {
  const node = element("div", "strip");
  const frames = element("div", "stills");
  const lane = element("div", "lane");
  const ghost = element("span", "ghost");
  ghost.hidden = true;
  lane.append(ghost);
  node.append(frames, lane);
  node.setAttribute("role", "group");
  frames.setAttribute("aria-hidden", "true");

  let given = null; // {grid, seconds, take, items, say}
  let handles = new Map(); // of an item
  let held = null;
  let shown = "";
  let pause = 0;

  const place = (part, seconds) => (part.style.left = `${Math.min(100, (seconds / given.grid.length) * 100)}%`);
  const latentAt = (event) => {
    const box = lane.getBoundingClientRect();
    return given.grid.nearest(((event.clientX - box.left) / box.width) * given.grid.length);
  };

  function drawFrames() {
    const { take, grid } = given;
    const ratio = take ? take.ratio.split("/").reduce((one, other) => one / other) : 1;
    const count = take ? Math.max(2, Math.min(12, Math.round(node.clientWidth / (frames.clientHeight * ratio)))) : 0;
    const now = JSON.stringify([take?.frame_url, count, grid.length]);
    if (now === shown || !node.clientWidth) return;
    shown = now;
    clearTimeout(pause);
    const cells = Array.from({ length: count }, (_, place) => {
      const cell = element("div", "cell");
      const frame = Math.floor(((place + 0.5) / count) * grid.length * take.fps);
      return { cell, frame };
    });
    frames.replaceChildren(...cells.map(({ cell }) => cell));
    pause = setTimeout(() => {
      if (!node.isConnected) return;
      for (const { cell, frame } of cells.filter((one) => one.frame < take.frames)) {
        const image = element("img");
        Object.assign(image, { alt: "", decoding: "async", draggable: false, src: `${take.frame_url}?n=${frame}` });
        image.onerror = () => image.remove();
        cell.append(image);
      }
    }, STRIP_PAUSE);
  }

  function makeHandle(item) {
    const handle = element("button", "handle");
    handle.type = "button";
    handle.append(element("span"));
    handle.setAttribute("role", "slider");
    handle.onpointerdown = (event) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      handle.setPointerCapture(event.pointerId);
      held = { item, at: item.at };
      handle.classList.add("held");
    };
    handle.onpointermove = (event) => {
      if (held?.item === item) acts.move(item, latentAt(event));
    };
    const done = (keep) => {
      if (held?.item !== item) return;
      const { at } = held;
      held = null;
      handle.classList.remove("held");
      if (!keep) item.at = at;
      acts.moved(item, item.at !== at);
      if (keep && item.at === at) acts.open(item);
    };
    handle.onpointerup = () => done(true);
    handle.onpointercancel = () => done(false);
    handle.onlostpointercapture = () => done(true);
    handle.onclick = (event) => event.detail === 0 && acts.open(item);
    handle.onkeydown = (event) => {
      const { grid } = given;
      if (event.key === "Escape" && held) {
        event.stopPropagation();
        return done(false);
      }
      if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        return acts.remove(item);
      }
      const way = event.shiftKey ? 8 : 1;
      const now = Math.min(grid.latentOf(item.at), grid.last + grid.step);
      const to = {
        ArrowLeft: now - way * grid.step,
        ArrowDown: now - way * grid.step,
        ArrowRight: now + way * grid.step,
        ArrowUp: now + way * grid.step,
        Home: grid.step,
        End: grid.last,
      }[event.key];
      if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return undefined;
      event.preventDefault();
      const latent = Math.max(grid.step, Math.min(grid.last, to));
      if (latent === grid.latentOf(item.at)) return undefined;
      acts.move(item, latent);
      acts.moved(item, true);
      return undefined;
    };
    return handle;
  }

  function drawHandle(handle, item, number) {
    const { grid, seconds, say } = given;
    const isPast = grid.isPast(item.at, seconds);
    const begin = isPast ? item.at : grid.beginOf(item.at);
    place(handle, isPast ? grid.length : begin);
    handle.classList.toggle("past", isPast);
    handle.firstChild.textContent = String(number);
    handle.setAttribute("aria-label", filled(words.beat_handle, { n: number }));
    handle.setAttribute("aria-valuemin", "0");
    handle.setAttribute("aria-valuemax", String(seconds));
    handle.setAttribute("aria-valuenow", begin.toFixed(2));
    handle.setAttribute("aria-valuetext", isPast ? `${say(begin)}. ${words.beat_past}` : say(begin));
    handle.title = say(begin);
  }

  lane.onpointermove = (event) => {
    const free = given.grid.last >= given.grid.step && event.target === lane && !held && given.items.length < given.most;
    ghost.hidden = !free;
    if (!free) return;
    const begin = given.grid.secondsOf(latentAt(event));
    place(ghost, begin);
    ghost.dataset.time = given.say(begin);
  };
  lane.onpointerleave = () => (ghost.hidden = true);
  lane.onclick = (event) => {
    ghost.hidden = true;
    if (event.target === lane && given.grid.last >= given.grid.step) acts.add(latentAt(event));
  };
  const sized = new ResizeObserver(() => given && drawFrames());
  sized.observe(node);

  return {
    node,
    isHeld: () => held !== null,
    focus: (item) => handles.get(item)?.focus(),
    show(now) {
      given = now;
      node.setAttribute("aria-label", now.label);
      node.classList.toggle("bare", !now.take);
      node.style.setProperty("--second", `${100 / now.grid.length}%`);
      for (const [item, handle] of handles) if (!now.items.includes(item)) handle.remove();
      handles = new Map(now.items.map((item) => [item, handles.get(item) ?? makeHandle(item)]));
      // One that is held keeps its place among the others, or the pointer would lose it.
      for (const handle of handles.values()) if (handle.parentNode !== lane) lane.append(handle);
      now.items.forEach((item, place) => drawHandle(handles.get(item), item, place + 1));
      drawFrames();
    },
  };
}
