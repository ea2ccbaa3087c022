// Owns what is seen of one frame of the film: two layers that clips take in turn, mixed as the lead between them says.
const DRIFT = 0.12; // seconds a take that runs may be off before it is put right

function makeScreen(words) {
  const node = element("div", "screen");
  const layers = [0, 1].map(() => makeLayer());
  const over = element("div", "over");
  const caption = element("div", "caption");
  caption.dir = "auto";
  node.append(...layers.map((layer) => layer.node), over, caption);
  let film = null;

  function makeLayer() {
    const box = element("div", "layer");
    const video = element("video");
    const image = element("img");
    const card = element("div", "card");
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true });
    [video.tabIndex, image.alt, card.dir] = [-1, "", "auto"];
    box.append(video, image, card);
    return { node: box, video, image, card, clip: null };
  }

  function fill(layer, place) {
    const clip = film.clips[place];
    if (layer.clip === clip) return clip;
    layer.clip = clip;
    layer.video.pause();
    if (clip.take && layer.video.getAttribute("src") !== clip.take) layer.video.src = clip.take;
    if (clip.picture && layer.image.getAttribute("src") !== clip.picture) layer.image.src = clip.picture;
    layer.video.hidden = !clip.take;
    layer.image.hidden = Boolean(clip.take) || !clip.picture;
    layer.card.hidden = Boolean(clip.take || clip.picture);
    layer.card.textContent = clip.words;
    return clip;
  }

  // Puts a take at the frame that is due, and lets it run where it does.
  function follow(layer, at, rate) {
    const { video, clip } = layer;
    if (!clip.take || video.readyState < 1) return;
    const due = Math.min(sourceSeconds(clip, at), Math.max(0, video.duration - 0.001));
    const speed = rate * clip.speed;
    if (rate > 0 && speed >= 0.0625 && speed <= 16 && runs(clip, at)) {
      if (video.playbackRate !== speed) video.playbackRate = speed;
      if (Math.abs(video.currentTime - due) > DRIFT && !video.seeking) video.currentTime = due;
      if (video.paused && !video.ended) video.play().catch(() => {});
    } else {
      if (!video.paused) video.pause();
      if (Math.abs(video.currentTime - due) > 0.4 / clip.fps && !video.seeking) video.currentTime = due;
    }
  }

  function show(at, rate) {
    const seen = clipsAt(film, at);
    const places = new Map(seen.map((place) => [place % 2, place]));
    const next = seen.at(-1) + 1;
    // The clip after this one waits on the other layer, so that it is there when it is due.
    if (!places.has(next % 2) && film.clips[next]) fill(layers[next % 2], next);
    const later = film.clips[seen.at(-1)];
    const mix = mixOf(later, at, seen.length > 1);
    layers.forEach((layer, side) => {
      const place = places.get(side);
      const isLater = place === seen.at(-1);
      layer.node.classList.toggle("seen", place !== undefined);
      if (place === undefined) return layer.video.pause();
      fill(layer, place);
      layer.node.style.zIndex = isLater ? "2" : "1";
      layer.node.style.opacity = isLater ? String(mix.later) : "1";
      layer.node.style.clipPath = isLater && mix.wipe < 1 ? `inset(0 ${100 - 100 * mix.wipe}% 0 0)` : "";
      follow(layer, at, rate);
    });
    over.style.background = mix.colour ?? "black";
    over.style.opacity = String(mix.over);
    const said = later.dialogue;
    if (caption.textContent !== said) caption.textContent = said;
  }

  return {
    node,
    show,
    tell(given) {
      film = given;
      for (const layer of layers) layer.clip = null;
      node.setAttribute("role", "group");
      node.setAttribute("aria-label", words.screen);
    },
    end: () => layers.forEach((layer) => layer.video.removeAttribute("src")),
  };
}
