// Owns what is seen of one moment: two videos that change places, so that the next is ready before it is due; the still
// picture of a shot without a take; a card with its words where it has no picture either.
const MOST_WAIT = 8000; // milliseconds; a take that is not there by then is played as its picture

function makeReel(screen, onReady) {
  const still = element("div", "layer still");
  const card = element("div", "layer card");
  const decks = [0, 1].map(() => {
    const video = element("video", "layer");
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true });
    video.tabIndex = -1;
    return { video, shot: null };
  });
  screen.append(...decks.map((deck) => deck.video), still, card);
  const pictures = new Map(); // those of the shots around, so that a still is there at once
  const broken = new Set();
  let story = null;
  let front = null;
  let wanted = null; // {shot, frame} that is to be seen
  let since = 0;
  let rate = 0;

  const deckOf = (shot) => decks.find((deck) => deck.shot === shot);
  const hasTake = (shot) => Boolean(story.shots[shot].take) && !broken.has(story.shots[shot].take);
  const frameOf = (deck) => deck.video.currentTime * story.fps;
  const isReady = (deck) => deck.video.readyState >= 2 && !deck.video.seeking;

  for (const deck of decks) {
    const settle = () => wanted?.shot === deck.shot && reveal(deck);
    deck.video.addEventListener("loadeddata", settle);
    deck.video.addEventListener("seeked", settle);
    deck.video.addEventListener("error", () => {
      if (deck.shot === null) return;
      broken.add(story.shots[deck.shot].take);
      const failed = deck.shot;
      deck.shot = null;
      if (wanted?.shot === failed) show(failed, wanted.frame);
    });
  }

  function toFront(layer) {
    if (front === layer) return;
    for (const one of [still, card, ...decks.map((deck) => deck.video)]) one.classList.toggle("front", one === layer);
    front = layer;
  }

  function load(deck, shot) {
    deck.shot = shot;
    deck.video.pause();
    deck.video.src = story.shots[shot].take;
  }

  function seek(deck, frame) {
    if (deck.video.readyState < 1 || deck.video.seeking) return; // once it is there it is asked where it shall be
    const last = Math.max(0, Math.round(deck.video.duration * story.fps) - 1);
    const to = Math.min(Math.floor(frame + 0.01), last);
    if (Math.floor(frameOf(deck) + 0.01) !== to && !(deck.video.ended && to === last))
      deck.video.currentTime = (to + 0.5) / story.fps; // in its middle, where no rounding leads to a neighbour
  }

  function reveal(deck) {
    seek(deck, wanted.frame);
    if (!isReady(deck)) return;
    toFront(deck.video);
    run(deck);
    onReady();
  }

  function run(deck) {
    if (rate <= 0) {
      deck.video.pause();
    } else if (!deck.video.ended) {
      deck.video.playbackRate = rate;
      if (deck.video.paused) deck.video.play().catch(() => {});
    }
  }

  function pictureOf(shot) {
    const url = story.shots[shot].picture;
    if (!url) return null;
    if (!pictures.has(url)) {
      const image = new Image();
      image.src = url;
      image.alt = "";
      image.decoding = "sync";
      pictures.set(url, image);
    }
    return pictures.get(url);
  }

  function showStill(shot) {
    const image = pictureOf(shot);
    if (!image) return showCard(shot);
    const [x, y, zoom] = story.shots[shot].place;
    const place = `${x / 10}% ${y / 10}%`;
    Object.assign(image.style, { objectPosition: place, transformOrigin: place, transform: `scale(${zoom / 1000})` });
    if (still.firstChild !== image) still.replaceChildren(image);
    toFront(still);
  }

  function showCard(shot) {
    const { number, name, prompt } = story.shots[shot];
    const text = element("p", "", name ? "" : prompt);
    const title = element("h3", "", name);
    text.dir = title.dir = "auto";
    card.replaceChildren(element("span", "number", number), ...(name ? [title] : []), text);
    if (name) text.textContent = prompt;
    toFront(card);
  }

  function show(shot, frame) {
    if (wanted?.shot !== shot) since = performance.now();
    wanted = { shot, frame };
    if (!hasTake(shot)) {
      decks.forEach((deck) => deck.video.pause());
      showStill(shot);
      onReady();
      return;
    }
    const deck = deckOf(shot);
    decks.forEach((one) => one !== deck && one.video.pause());
    if (deck) reveal(deck);
    else load(decks.find((one) => one.video !== front) ?? decks[0], shot);
    // Until its first frame is there: its picture, or what was seen before.
    if (front !== deckOf(shot)?.video && !isReady(deckOf(shot)) && (pictureOf(shot) || !front)) showStill(shot);
  }

  // Loads what comes after `shot` in the direction of play.
  function prepare(shot, direction) {
    const ahead = [];
    const near = new Set();
    for (let one = shot; story.shots[one] && (ahead.length < 2 || near.size < 4); one += direction) {
      if (hasTake(one) && ahead.length < 2) ahead.push(one);
      if (near.size < 4) near.add(story.shots[one].picture);
    }
    for (const one of [...pictures.keys()]) if (!near.has(one)) pictures.delete(one);
    near.forEach((url) => url && pictureOf(story.shots.findIndex((one) => one.picture === url)));
    for (const one of ahead.filter((each) => !deckOf(each))) {
      const free = decks.find((deck) => !ahead.includes(deck.shot) && (deck.video !== front || wanted.shot !== deck.shot));
      if (free && (free.video !== front || !hasTake(wanted.shot))) load(free, one);
    }
    // What was shown before stands at another frame when it comes again.
    decks.forEach((deck) => deck.shot !== wanted.shot && isReady(deck) && direction > 0 && seek(deck, 0));
  }

  return {
    show,
    prepare,
    tell(given) {
      const known = new Map(decks.filter((deck) => deck.shot !== null).map((deck) => [story.shots[deck.shot].take, deck]));
      const changed = JSON.stringify(story?.shots) !== JSON.stringify(given.shots);
      story = given;
      if (!changed) return;
      decks.forEach((deck) => (deck.shot = null));
      given.shots.forEach((shot, place) => {
        const deck = known.get(shot.take);
        if (deck && deck.shot === null) deck.shot = place;
      });
    },
    run(asked) {
      rate = asked;
      const deck = wanted && deckOf(wanted.shot);
      if (deck && isReady(deck)) run(deck);
    },
    // The frame at which the take of `shot` plays; null where none does, so that the clock goes by itself.
    playing(shot) {
      const deck = deckOf(shot);
      const plays = deck && front === deck.video && !deck.video.paused && !deck.video.ended && !deck.video.seeking;
      return plays ? frameOf(deck) : null;
    },
    // Whether the clock has to wait for a take that is still on its way.
    isLate(shot) {
      if (!hasTake(shot)) return false;
      const deck = deckOf(shot);
      if (deck && isReady(deck) && front === deck.video) return !deck.video.ended && deck.video.paused;
      if (performance.now() - since < MOST_WAIT) return true;
      broken.add(story.shots[shot].take);
      show(shot, wanted.frame);
      return false;
    },
    isBroken: (shot) => broken.has(story.shots[shot].take),
    end: () => decks.forEach((deck) => deck.video.removeAttribute("src")),
  };
}
