// Two takes in step, one over the other, with a line between them that is moved; frame by frame, and played in a loop.
const MOST_APART = 0.1; // seconds; less is caught up by playing a little faster or slower
const comparisons = new WeakMap(); // of the place on the page

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".compare");
  let comparison = comparisons.get(root);
  if (!comparison) comparisons.set(root, (comparison = makeComparison(root, data.words)));
  const mine = comparison.show(data);
  return () => {
    if (comparison.end(mine)) comparisons.delete(root);
  };
}

function makeComparison(root, words) {
  const screen = element("div", "screen");
  const videos = [0, 1].map(() => {
    const video = element("video", "layer");
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true, tabIndex: -1 });
    return video;
  });
  const labels = [element("span", "label left"), element("span", "label right")];
  const handle = element("div", "handle");
  handle.append(element("span", "grip"));
  handle.tabIndex = 0;
  for (const [name, value] of Object.entries({ role: "slider", "aria-label": words.divider, "aria-valuemin": "0", "aria-valuemax": "100" }))
    handle.setAttribute(name, value);
  screen.append(...videos, ...labels, handle);
  const range = element("input", "range");
  Object.assign(range, { type: "range", min: "0", step: "1" });
  range.setAttribute("aria-label", words.frame);
  const play = iconButton("play", words.play, () => toggle());
  play.classList.add("play");
  const time = element("div", "time");
  const bar = element("div", "bar");
  const back = iconButton("previous", words.frame_back, () => step(-1));
  const on = iconButton("next", words.frame_on, () => step(1));
  bar.append(back, play, on, time, iconButton("swap", words.swap, () => swap()));
  root.replaceChildren(screen, range, bar);
  root.setAttribute("aria-label", words.compare);

  let data = null;
  let swapped = false;
  let frame = 0;
  let playing = false;
  let beat = 0;
  let run = 0;

  // Each shows its last frame where the other one is longer.
  const lengthOf = (video) => Math.round((video.duration || 0) * data.fps);
  const total = () => Math.max(1, ...videos.map(lengthOf));
  const leader = () => (lengthOf(videos[1]) > lengthOf(videos[0]) ? 1 : 0);
  const isReady = (video) => video.readyState >= 2 && !video.seeking;

  function seek(to) {
    frame = Math.max(0, Math.min(total() - 1, to));
    for (const video of videos) {
      if (video.readyState < 1 || video.seeking) continue; // asked again once it is there
      const own = Math.min(frame, lengthOf(video) - 1);
      if (Math.floor(video.currentTime * data.fps + 0.01) !== own) video.currentTime = (own + 0.5) / data.fps;
    }
    draw();
  }

  function start() {
    if (!playing || !videos.every(isReady)) return;
    videos.forEach((video) => !video.ended && video.play().catch(() => {}));
    cancelAnimationFrame(beat);
    beat = requestAnimationFrame(tick);
  }

  function tick() {
    if (!playing) return;
    const [first, second] = leader() ? [videos[1], videos[0]] : videos;
    frame = Math.min(total() - 1, Math.floor(first.currentTime * data.fps + 0.01));
    if (first.ended) {
      seek(0);
      return; // goes on once both are at the start again
    }
    const apart = first.currentTime - second.currentTime;
    if (!second.ended && Math.abs(apart) > MOST_APART && !second.seeking) second.currentTime = first.currentTime;
    second.playbackRate = Math.abs(apart) > 0.25 / data.fps ? 1 + Math.max(-0.2, Math.min(0.2, 2 * apart)) : 1;
    draw();
    beat = requestAnimationFrame(tick);
  }

  function toggle() {
    playing = !playing;
    if (playing) {
      if (frame >= total() - 1) seek(0);
      start();
    } else {
      videos.forEach((video) => video.pause());
      seek(frame);
    }
    draw();
  }

  function step(frames) {
    if (playing) toggle();
    seek(frame + frames);
  }

  function swap() {
    swapped = !swapped;
    place();
  }

  function place() {
    const sides = swapped ? [data.right, data.left] : [data.left, data.right];
    labels.forEach((label, side) => (label.textContent = sides[side].label));
    videos.forEach((video, one) => video.classList.toggle("over", (one === 1) !== swapped));
  }

  function cut(share) {
    const shown = Math.max(0, Math.min(100, share));
    root.style.setProperty("--cut", `${shown}%`);
    handle.setAttribute("aria-valuenow", String(Math.round(shown)));
    handle.setAttribute("aria-valuetext", filled(words.divided, { share: Math.round(shown) }));
  }
  const cutNow = () => Number(handle.getAttribute("aria-valuenow"));

  function draw() {
    const values = { frame: frame + 1, frames: total(), time: timeText(frame / data.fps, data.lang) };
    time.textContent = filled(words.frame_of, values);
    range.max = String(total() - 1);
    range.value = String(frame);
    range.setAttribute("aria-valuetext", time.textContent);
    play.show(playing ? "pause" : "play", playing ? words.pause : words.play);
  }

  for (const video of videos) {
    for (const name of ["loadeddata", "seeked"])
      video.addEventListener(name, () => {
        seek(frame);
        start();
      });
  }
  range.oninput = () => {
    if (playing) toggle();
    seek(Number(range.value));
  };
  screen.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault(); // the keys stay with the frames
    screen.setPointerCapture(event.pointerId);
    const follow = (move) => {
      const box = screen.getBoundingClientRect();
      cut((100 * (move.clientX - box.left)) / box.width);
    };
    follow(event);
    screen.onpointermove = follow;
    screen.onpointerup = screen.onpointercancel = () => (screen.onpointermove = null);
  };

  const KEYS = {
    Space: toggle,
    KeyK: toggle,
    KeyX: swap,
    ArrowLeft: (onHandle) => (onHandle ? cut(cutNow() - 2) : step(-1)),
    ArrowRight: (onHandle) => (onHandle ? cut(cutNow() + 2) : step(1)),
    Home: (onHandle) => (onHandle ? cut(0) : seek(0)),
    End: (onHandle) => (onHandle ? cut(100) : seek(total() - 1)),
  };
  // Where nothing on the page has the focus, the keys are the comparison's.
  function onKey(event) {
    const path = event.composedPath();
    const act = KEYS[event.code];
    if (!act || !(path.includes(root) || path[0] === document.body)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.code === "Space" && path[0] instanceof HTMLButtonElement) return;
    event.preventDefault();
    event.stopPropagation();
    act(path[0] === handle || event.shiftKey);
  }
  window.addEventListener("keydown", onKey, true);
  cut(50);

  return {
    show(given) {
      data = given;
      root.style.setProperty("--ratio", data.ratio);
      [data.left, data.right].forEach((take, one) => {
        if (videos[one].getAttribute("src") !== take.url) videos[one].src = take.url;
      });
      place();
      draw();
      return (run += 1);
    },
    end(mine) {
      if (mine !== run) return false;
      playing = false;
      cancelAnimationFrame(beat);
      window.removeEventListener("keydown", onKey, true);
      videos.forEach((video) => video.removeAttribute("src"));
      return true;
    },
  };
}
