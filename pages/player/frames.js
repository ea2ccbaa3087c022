// One take with its frames: played by the browser's own controls, stepped by arrows; the frame that is shown is saved as
// a file, told to Python to be the picture of a shot, or where another take goes on from.
const AGAIN = 2000; // ms, until a studio that did not answer is asked again
const shownTakes = new WeakMap(); // of the place on the page

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".frames");
  let shown = shownTakes.get(root);
  if (!shown) shownTakes.set(root, (shown = makeFrames(root, data.words)));
  const mine = shown.show(data, setTriggerValue);
  return () => {
    if (shown.end(mine)) shownTakes.delete(root);
  };
}

function makeFrames(root, words) {
  const screen = element("div", "screen");
  const video = element("video", "layer");
  Object.assign(video, { controls: true, playsInline: true, preload: "metadata" });
  screen.append(video);
  const time = element("div", "time");
  time.setAttribute("role", "status");
  const save = element("a", "act", words.save_frame);
  const use = element("button", "act", words.use_frame);
  use.type = "button";
  const bar = element("div", "bar");
  const back = iconButton("previous", words.frame_back, () => step(-1));
  const on = iconButton("next", words.frame_on, () => step(1));
  bar.append(back, on, time, save, use);
  const choice = element("form", "choice");
  const away = element("div", "said", words.shots_away);
  away.setAttribute("role", "status");
  away.hidden = true;
  const label = element("label", "", words.picture_of);
  const shots = element("select", "shots");
  const done = element("button", "act main", words.use);
  label.append(shots);
  choice.append(away, label, done);
  choice.hidden = true;
  const branch = makeBranch(words, { frameNow: () => frame, onOpen: () => seek(frame) });
  const length = makeLength(words, { frameNow: () => frame, onOpen: () => video.pause() });
  bar.append(branch.button, length.button);
  root.replaceChildren(screen, bar, choice, branch.form, length.form);

  let data = null;
  let tell = null;
  let run = 0;
  let frame = 0;
  const frameNow = () => Math.max(0, Math.min(data.take.count - 1, Math.floor(video.currentTime * data.take.fps + 0.01)));

  function seek(to) {
    video.pause();
    frame = Math.max(0, Math.min(data.take.count - 1, to));
    // The middle of a frame is in it, however the browser rounds.
    video.currentTime = (frame + 0.5) / data.take.fps;
    draw();
  }

  // Several steps may be asked for before the first is there.
  const step = (frames) => seek((video.seeking ? frame : frameNow()) + frames);

  function draw() {
    const { take } = data;
    time.textContent = filled(words.frame_of, { frame: frame + 1, frames: take.count, time: timeText(frame / take.fps, data.lang) });
    save.href = `${take.frame_url}?n=${frame}`;
    save.download = `${take.file_name} ${frame + 1}.png`;
    branch.draw(data);
    length.draw(data);
  }

  async function choose() {
    choice.hidden = !choice.hidden;
    use.setAttribute("aria-expanded", String(!choice.hidden));
    shots.focus();
    while (!choice.hidden && !(await offer())) {
      away.hidden = false;
      await new Promise((again) => setTimeout(again, AGAIN));
    }
    away.hidden = true;
  }

  // Offer all shots as they are now; whether they could be heard of.
  async function offer() {
    const answer = await fetch(`${data.api}/projects/${data.project_id}/board`).catch(() => null);
    const rows = answer?.ok && (await answer.json().catch(() => null))?.shots;
    if (!rows) return false;
    const chosen = shots.value || data.shot_id;
    shots.replaceChildren(...rows.map((row) => new Option([row.number, row.name].filter(Boolean).join(" · "), row.id)));
    shots.value = chosen;
    return true;
  }

  for (const name of ["timeupdate", "seeked", "loadedmetadata"])
    video.addEventListener(name, () => {
      if (!video.seeking) frame = frameNow();
      draw();
    });
  use.setAttribute("aria-expanded", "false");
  use.onclick = choose;
  choice.onsubmit = (event) => {
    event.preventDefault();
    if (!shots.value) return;
    video.pause();
    tell("picture", { n: frame, to: shots.value });
    choice.hidden = true;
    use.setAttribute("aria-expanded", "false");
    use.focus();
  };
  const KEYS = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    Home: () => seek(0),
    End: () => seek(data.take.count - 1),
  };
  function onKey(event) {
    const act = KEYS[event.code];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    if ([choice, branch.form, length.form].some((form) => form.contains(event.composedPath()[0]))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
  // Before the video's own controls, which would go by seconds.
  root.addEventListener("keydown", onKey, true);

  return {
    show(given, told) {
      data = given;
      tell = told;
      branch.tell = (ways) => told("branch", ways);
      length.tell = (asked) => told("length", asked);
      root.style.setProperty("--ratio", data.take.ratio);
      root.setAttribute("aria-label", `${data.take.label}: ${words.frames_of}`);
      video.setAttribute("aria-label", data.take.label);
      if (video.getAttribute("src") !== data.take.url) {
        video.src = data.take.url;
        frame = 0;
      }
      draw();
      return (run += 1);
    },
    end(mine) {
      if (mine !== run) return false;
      root.removeEventListener("keydown", onKey, true);
      video.removeAttribute("src");
      return true;
    },
  };
}
