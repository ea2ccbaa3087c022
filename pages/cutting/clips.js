// Owns the arithmetic of the cutting table: which clips are seen at a frame of the film, and what each shows there.

// Frame `at` (a fraction while it plays) of the film: the clips that are seen, the later one last.
function clipsAt(film, at) {
  const frame = Math.max(0, Math.min(film.frames - 1, at));
  let [low, high] = [0, film.clips.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (film.clips[middle].start <= frame) low = middle;
    else high = middle - 1;
  }
  const before = film.clips[low - 1];
  return before && before.start + before.frames > frame ? [low - 1, low] : [low];
}

// The second of its source that a clip shows at a frame of the film.
function sourceSeconds(clip, at) {
  const shown = Math.max(1, clip.frames - clip.hold_first - clip.hold_last);
  const into = Math.max(0, Math.min(shown - 0.5, at - clip.start - clip.hold_first));
  const through = (into / shown) * clip.count;
  const frame = clip.reverse ? clip.count - 1 - through : through;
  return (clip.first + Math.max(0, frame) + 0.5) / clip.fps;
}

// Whether the clip's take simply runs at a frame: not held, not backwards.
function runs(clip, at) {
  const into = at - clip.start;
  return !clip.reverse && into >= clip.hold_first && into < clip.frames - clip.hold_last;
}

// How a lead mixes the two: what is seen of the later clip (0 to 1), and how much of black or white lies over all.
function mixOf(clip, at, follows) {
  const { kind, frames, at: place } = clip.lead;
  const through = frames ? (at - clip.start) / frames : 1;
  if (kind === "cut" || through >= 1 || through < 0) return { later: 1, wipe: 1, over: 0, colour: null };
  if (kind === "dissolve") return { later: follows ? through : 1, wipe: 1, over: follows ? 0 : 1 - through, colour: "black" };
  if (kind === "wipe") return { later: 1, wipe: through, over: 0, colour: "black" };
  if (place === "in" || !follows) return { later: 1, wipe: 1, over: 1 - through, colour: kind };
  if (place === "out") return { later: 0, wipe: 1, over: through, colour: kind };
  const half = through * 2;
  return { later: half < 1 ? 0 : 1, wipe: 1, over: half < 1 ? half : 2 - half, colour: kind };
}
