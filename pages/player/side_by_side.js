// Several takes next to each other, in step: frame by frame and played in a loop; one of them is chosen.
const rows = new WeakMap(); // of the place on the page

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".beside");
  let shown = rows.get(root);
  if (!shown) rows.set(root, (shown = makeSideBySide(root, data.words)));
  const mine = shown.show(data, (id) => setTriggerValue("choose", id));
  return () => {
    if (shown.end(mine)) rows.delete(root);
  };
}

function makeSideBySide(root, words) {
  const MOST_APART = 0.1; // seconds; more is caught up by a jump
  const grid = element("ul", "takes");
  const range = element("input", "range");
  Object.assign(range, { type: "range", min: "0", step: "1" });
  range.setAttribute("aria-label", words.frame);
  const play = iconButton("play", words.play, () => toggle());
  play.classList.add("play");
  const time = element("div", "time");
  const bar = element("div", "bar");
  bar.append(iconButton("previous", words.frame_back, () => step(-1)), play, iconButton("next", words.frame_on, () => step(1)), time);
  root.replaceChildren(grid, range, bar);
  root.setAttribute("aria-label", words.beside);

  let data = null;
  let tell = null;
  let cells = [];
  let frame = 0;
  let playing = false;
  let beat = 0;
  let run = 0;

  const videos = () => cells.map((cell) => cell.video);
  const lengthOf = (video) => Math.round((video.duration || 0) * data.fps);
  const total = () => Math.max(1, ...videos().map(lengthOf));
  const longest = () => videos().reduce((one, other) => (lengthOf(other) > lengthOf(one) ? other : one));

  function makeCell() {
    const cell = { root: element("li", "cell"), video: element("video", "layer"), label: element("span", "name"), use: element("button", "act") };
    Object.assign(cell.video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true, tabIndex: -1 });
    const screen = element("div", "screen");
    screen.append(cell.video);
    screen.onclick = () => toggle();
    cell.use.type = "button";
    cell.use.onclick = () => tell(cell.id);
    const line = element("div", "line");
    line.append(cell.label, cell.use);
    cell.root.append(screen, line);
    for (const name of ["loadeddata", "seeked"])
      cell.video.addEventListener(name, () => {
        seek(frame);
        start();
      });
    return cell;
  }

  function seek(to) {
    frame = Math.max(0, Math.min(total() - 1, to));
    for (const video of videos()) {
      if (video.readyState < 1 || video.seeking) continue; // asked again once it is there
      const own = Math.min(frame, lengthOf(video) - 1);
      if (Math.floor(video.currentTime * data.fps + 0.01) !== own) video.currentTime = (own + 0.5) / data.fps;
    }
    draw();
  }

  function start() {
    if (!playing || !videos().every((video) => video.readyState >= 2 && !video.seeking)) return;
    videos().forEach((video) => !video.ended && video.play().catch(() => {}));
    cancelAnimationFrame(beat);
    beat = requestAnimationFrame(tick);
  }

  function tick() {
    if (!playing) return;
    const lead = longest();
    frame = Math.min(total() - 1, Math.floor(lead.currentTime * data.fps + 0.01));
    if (lead.ended) {
      seek(0);
      return; // goes on once all are at the start again
    }
    for (const video of videos()) {
      const apart = lead.currentTime - video.currentTime;
      if (video !== lead && !video.ended && !video.seeking && Math.abs(apart) > MOST_APART) video.currentTime = lead.currentTime;
    }
    draw();
    beat = requestAnimationFrame(tick);
  }

  function toggle() {
    playing = !playing;
    if (playing) {
      if (frame >= total() - 1) seek(0);
      start();
    } else {
      videos().forEach((video) => video.pause());
      seek(frame);
    }
    draw();
  }

  function step(frames) {
    if (playing) toggle();
    seek(frame + frames);
  }

  function draw() {
    const values = { frame: frame + 1, frames: total(), time: timeText(frame / data.fps, data.lang) };
    time.textContent = filled(words.frame_of, values);
    range.max = String(total() - 1);
    range.value = String(frame);
    range.setAttribute("aria-valuetext", time.textContent);
    play.show(playing ? "pause" : "play", playing ? words.pause : words.play);
  }

  range.oninput = () => {
    if (playing) toggle();
    seek(Number(range.value));
  };
  const KEYS = { Space: toggle, KeyK: toggle, ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => seek(0), End: () => seek(total() - 1) };
  function onKey(event) {
    const act = KEYS[event.code];
    const isButton = event.composedPath()[0] instanceof HTMLButtonElement;
    if (!act || event.ctrlKey || event.metaKey || event.altKey || (event.code === "Space" && isButton)) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
  root.addEventListener("keydown", onKey, true);

  return {
    show(given, told) {
      data = given;
      tell = told;
      root.style.setProperty("--ratio", data.ratio);
      while (cells.length < data.takes.length) {
        const cell = makeCell();
        cells.push(cell);
        grid.append(cell.root);
      }
      for (const gone of cells.splice(data.takes.length)) {
        gone.video.removeAttribute("src");
        gone.root.remove();
      }
      cells.forEach((cell, place) => {
        const take = data.takes[place];
        cell.id = take.id;
        if (cell.video.getAttribute("src") !== take.url) cell.video.src = take.url;
        cell.video.setAttribute("aria-label", take.label);
        cell.label.textContent = take.label;
        cell.use.textContent = take.chosen ? words.in_film : words.use_take;
        cell.use.disabled = take.chosen;
        cell.use.setAttribute("aria-label", `${take.label}: ${cell.use.textContent}`);
      });
      draw();
      return (run += 1);
    },
    end(mine) {
      if (mine !== run) return false;
      playing = false;
      cancelAnimationFrame(beat);
      root.removeEventListener("keydown", onKey, true);
      videos().forEach((video) => video.removeAttribute("src"));
      return true;
    },
  };
}
