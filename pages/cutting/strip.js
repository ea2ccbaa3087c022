// Owns the strip: clips in proportion to their length, what leads from one into the next, and edges that trim.
const LEAST_WIDTH = 10; // pixels of a clip, so that every one can be taken hold of
const MOST_ZOOM = 32;
const TRIM_STEP = 1; // frames, by keys

function makeStrip(words, acts) {
  const node = element("div", "strip");
  const lane = element("div", "lane");
  const head = element("div", "playhead");
  const ruler = element("div", "ruler");
  const lanes = makeLanes(words, acts);
  node.append(ruler, lane, lanes.node, head);
  let chosen = null;
  let film = null;
  let lang = "en";
  let zoom = 1;
  let scale = 1; // pixels a frame
  let drag = null;

  const seconds = (frames) => frames / film.rate;
  const frameAt = (event) => {
    const box = node.getBoundingClientRect();
    return Math.max(0, Math.min(film.frames - 1, (event.clientX - box.left + node.scrollLeft) / scale));
  };

  function measure() {
    const room = Math.max(200, node.clientWidth - 2);
    const shortest = Math.min(...film.clips.map((clip) => clip.frames));
    const readable = Math.min(6, LEAST_WIDTH / Math.max(1, shortest));
    scale = Math.max(room / film.frames, zoom > 1 ? Math.min(readable * 4, (room / film.frames) * zoom) : 0);
  }

  function draw() {
    measure();
    const held = heldBy(node.getRootNode().activeElement);
    lane.style.width = ruler.style.width = `${film.frames * scale}px`;
    lane.replaceChildren(...film.clips.flatMap((clip, place) => [clipNode(clip, place), ...leadNode(clip, place)]));
    lanes.draw(film, scale, lang);
    look();
    drawRuler();
    if (held) lane.querySelector(held)?.focus({ preventScroll: true });
  }

  const look = () => lanes.look(node.scrollLeft, node.clientWidth);

  // How to find what has the focus once the strip is drawn anew.
  function heldBy(active) {
    const { shot, side, label } = active && lane.contains(active) ? active.dataset : {};
    if (!shot) return null;
    if (label) return `.label[data-shot="${shot}"]`;
    return side ? `.edge[data-shot="${shot}"][data-side="${side}"]` : `.lead[data-shot="${shot}"]`;
  }

  function place(one, from, frames) {
    one.style.left = `${from * scale}px`;
    one.style.width = `${Math.max(2, frames * scale)}px`;
  }

  function clipNode(clip, number) {
    const box = element("div", `clip${clip.joined ? " joined" : ""}${clip.shot_id ? "" : " words"}`);
    markChosen(box, clip);
    place(box, clip.start, clip.frames);
    if (clip.thumb) box.style.backgroundImage = `url("${clip.thumb}")`;
    const label = element("button", "label", clip.label || clip.words);
    label.type = "button";
    if (clip.shot_id) Object.assign(label.dataset, { shot: clip.shot_id, label: "1" });
    label.title = [clip.label, clip.name, timeText(seconds(clip.frames), lang)].filter(Boolean).join(" · ");
    label.onclick = () => acts.choose(number);
    box.append(label);
    if (clip.shot_id) box.append(edge(clip, box, "start"), edge(clip, box, "end"));
    return box;
  }

  function markChosen(box, clip) {
    box.classList.toggle("chosen", Boolean(chosen) && clip.shot_id === chosen);
  }

  // What leads into a clip stands on its beginning, and is chosen there.
  function leadNode(clip, number) {
    if (!clip.shot_id) return [];
    const { kind, frames } = clip.lead;
    const mark = element("button", `lead ${kind}`);
    mark.type = "button";
    mark.style.left = `${(clip.start + frames / 2) * scale}px`;
    mark.style.setProperty("--wide", `${Math.max(14, frames * scale)}px`);
    const said = filled(words.lead_of, { kind: words[`lead_${kind}`], shot: clip.label });
    mark.setAttribute("aria-label", said);
    mark.title = kind === "cut" ? said : `${said} · ${timeText(seconds(frames), lang)}`;
    mark.dataset.shot = clip.shot_id;
    mark.onclick = () => acts.openLead(number);
    return [mark];
  }

  // --- trimming ---

  function edge(clip, box, side) {
    const handle = element("button", `edge ${side}`);
    handle.type = "button";
    Object.assign(handle.dataset, { shot: clip.shot_id, side });
    const field = side === "start" ? "trim_start" : "trim_end";
    const rate = clip.fps * clip.speed;
    const most = clip.asked - 1 - Math.round((side === "start" ? clip.trim_end : clip.trim_start) * clip.fps);
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-label", filled(words[side === "start" ? "trim_start" : "trim_end"], { shot: clip.label }));
    handle.setAttribute("aria-valuemin", "0");
    handle.setAttribute("aria-valuemax", (most / clip.fps).toFixed(2));
    const say = (trim) => {
      handle.setAttribute("aria-valuenow", trim.toFixed(2));
      handle.setAttribute("aria-valuetext", filled(words.trimmed, { seconds: timeText(trim, lang) }));
    };
    say(clip[field]);

    const bounded = (frames) => Math.max(0, Math.min(most, frames)) / clip.fps;
    handle.onpointerdown = (event) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      handle.setPointerCapture(event.pointerId);
      drag = { from: event.clientX, trim: clip[field] };
      box.classList.add("held");
    };
    handle.onpointermove = (event) => {
      if (!drag) return;
      const way = ((event.clientX - drag.from) / scale / film.rate) * rate * (side === "start" ? 1 : -1);
      drag.trim = bounded(Math.round(clip[field] * clip.fps + way));
      say(drag.trim);
      const change = ((clip[field] - drag.trim) * clip.fps * film.rate) / rate;
      place(box, clip.start - (side === "start" ? change : 0), clip.frames + change);
      acts.sayTrim(filled(words.trimmed, { seconds: timeText(drag.trim, lang) }));
    };
    const done = (keep) => {
      if (!drag) return;
      const { trim } = drag;
      drag = null;
      box.classList.remove("held");
      acts.sayTrim("");
      if (keep && trim !== clip[field]) acts.change(clip, { [field]: trim });
      else place(box, clip.start, clip.frames);
    };
    handle.onpointerup = () => done(true);
    handle.onpointercancel = () => done(false);
    handle.onkeydown = (event) => {
      if (event.key === "Escape" && drag) return done(false);
      const step = { ArrowLeft: -TRIM_STEP, ArrowRight: TRIM_STEP }[event.key];
      if (step === undefined) return undefined;
      event.preventDefault();
      event.stopPropagation();
      const way = (side === "start" ? step : -step) * (event.shiftKey ? 10 : 1);
      acts.change(clip, { [field]: bounded(Math.round(clip[field] * clip.fps) + way) });
      return undefined;
    };
    return handle;
  }

  // --- time ---

  function drawRuler() {
    const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
    const step = steps.find((one) => one * film.rate * scale > 72) ?? 1200;
    const marks = [];
    for (let at = 0; at * film.rate < film.frames; at += step) {
      const mark = element("span", "mark", timeText(at, lang));
      mark.style.left = `${at * film.rate * scale}px`;
      marks.push(mark);
    }
    ruler.replaceChildren(...marks);
  }

  const seek = (event) => acts.seek(frameAt(event));
  ruler.onpointerdown = (event) => {
    if (event.button !== 0) return;
    ruler.setPointerCapture(event.pointerId);
    seek(event);
  };
  ruler.onpointermove = (event) => event.buttons === 1 && seek(event);
  lane.onpointerdown = (event) => event.target === lane && seek(event);
  node.onscroll = look;
  const sized = new ResizeObserver(() => film && !drag && draw());
  sized.observe(node);

  return {
    node,
    draw,
    focusLead: (shot) => lane.querySelector(`.lead[data-shot="${shot}"]`)?.focus(),
    zoomBy(factor) {
      zoom = Math.max(1, Math.min(MOST_ZOOM, zoom * factor));
      draw();
    },
    tell(given, language, shot) {
      [film, lang, chosen] = [given, language, shot];
      draw();
    },
    choose(shot) {
      chosen = shot;
      [...lane.querySelectorAll(".clip")].forEach((box, place) => markChosen(box, film.clips[place]));
    },
    mark(frame, plays) {
      const left = (frame + 0.5) * scale;
      head.style.left = `${left}px`;
      if (plays && (left < node.scrollLeft || left > node.scrollLeft + node.clientWidth)) node.scrollLeft = left - 40;
    },
    end() {
      sized.disconnect();
      lanes.end();
    },
  };
}
