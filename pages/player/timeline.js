// Owns the line under the player: the shots in proportion to their length, and the place that is played.
function makeTimeline(words, onSeek) {
  const track = element("div", "track");
  const line = element("div", "line");
  const head = element("div", "head");
  const tip = element("div", "tip");
  track.append(line, head, tip);
  track.tabIndex = 0;
  track.setAttribute("role", "slider");
  track.setAttribute("aria-label", words.timeline);
  let story = null;
  let lang = "en";
  let marked = null;
  let asked = null; // where a drag has come to; at most one jump a frame is made of it

  function frameAt(event) {
    const box = track.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    return Math.max(0, Math.min(story.last, Math.floor(share * story.total)));
  }

  function sayTip(event) {
    const frame = frameAt(event);
    const shot = story.shots[story.shotAt(frame)];
    tip.textContent = [shot.number, shot.name, timeText(frame / story.fps, lang)].filter(Boolean).join(" · ");
    const box = track.getBoundingClientRect();
    const half = tip.offsetWidth / 2;
    const place = Math.max(half, Math.min(box.width - half, event.clientX - box.left));
    tip.style.left = `${place}px`;
  }

  function jump(event) {
    if (asked === null) {
      requestAnimationFrame(() => {
        onSeek(asked);
        asked = null;
      });
    }
    asked = frameAt(event);
  }

  track.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    track.setPointerCapture(event.pointerId);
    track.classList.add("held");
    jump(event);
  });
  track.addEventListener("pointermove", (event) => {
    sayTip(event);
    if (track.classList.contains("held")) jump(event);
  });
  for (const name of ["pointerup", "pointercancel"])
    track.addEventListener(name, () => track.classList.remove("held"));

  // Numbers only where there is room for them.
  const sized = new ResizeObserver(() => {
    const wide = line.clientWidth / Math.max(1, story?.total ?? 1);
    [...line.children].forEach((part, place) => {
      const frames = story.starts[place + 1] - story.starts[place];
      part.classList.toggle("named", frames * wide > 54);
      part.classList.toggle("thin", frames * wide < 4);
    });
  });
  sized.observe(line);

  return {
    track,
    tell(given, language) {
      [story, lang, marked] = [given, language, null];
      const parts = story.shots.map((shot, place) => {
        const part = element("span", shot.take ? "part take" : shot.picture ? "part picture" : "part words", shot.number);
        part.style.flexGrow = String(story.starts[place + 1] - story.starts[place]);
        return part;
      });
      line.replaceChildren(...parts);
      sized.unobserve(line);
      sized.observe(line);
      track.setAttribute("aria-valuemin", "0");
      track.setAttribute("aria-valuemax", String(story.last));
    },
    mark(frame, shot, text) {
      head.style.left = `${(100 * (frame + 0.5)) / story.total}%`;
      if (marked !== shot) {
        line.children[marked]?.classList.remove("now");
        line.children[shot]?.classList.add("now");
        marked = shot;
      }
      track.setAttribute("aria-valuenow", String(Math.floor(frame)));
      track.setAttribute("aria-valuetext", text);
    },
    end: () => sized.disconnect(),
  };
}
