// Owns the lanes below the clips: words over the picture, the sounds of shots, and the film's music as a wave. They only
// show; a click on one chooses its shot. Of the wave only what is in view is drawn, however long the film.
const MOST_ROWS = 3; // of sounds that play at once
const [TITLE_SECONDS, THIRD_SECONDS, THIRD_AFTER] = [4, 5, 0.5];

// How loud the music is at a second of the film, as a factor; its fades count, its lowering under voices does not.
function musicLevel(music, seconds, filmSeconds) {
  const end = musicEnd(music, filmSeconds);
  const near = Math.min(seconds - music.at, end - seconds) / Math.max(0.001, Math.min(music.fade, (end - music.at) / 2));
  const faded = music.fade > 0 ? 0.5 - 0.5 * Math.cos(Math.PI * Math.max(0, Math.min(1, near))) : 1;
  return 10 ** (music.db / 20) * faded;
}

function musicEnd(music, filmSeconds) {
  return music.loop ? filmSeconds : Math.min(filmSeconds, music.at + Math.max(0, music.seconds - music.start));
}

// The second of the music's file that plays at a second of the film; null where none does.
function musicSeconds(music, seconds, filmSeconds) {
  if (seconds < music.at || seconds >= musicEnd(music, filmSeconds)) return null;
  const lasts = music.seconds - music.start;
  return lasts > 0 ? music.start + ((seconds - music.at) % lasts) : null;
}

function makeLanes(words, acts) {
  const node = element("div", "lanes");
  const titles = element("div", "row titles");
  const sounds = element("div", "row sounds");
  const music = element("div", "row music");
  const wave = element("canvas", "wave");
  const name = element("div", "music-name");
  wave.setAttribute("role", "img");
  name.dir = "auto";
  music.append(wave, name);
  node.append(titles, sounds, music);
  let film = null;
  let scale = 1;
  let view = { left: 0, width: 0 };
  let peaks = null; // {low, high, id} of the music
  let asked = null;
  let waiting = 0;

  function block(kind, text, label, from, frames, number) {
    const made = element("button", `block ${kind}`, text);
    made.type = "button";
    made.dir = "auto";
    made.title = label;
    made.setAttribute("aria-label", label);
    const first = Math.max(0, from);
    made.style.left = `${first * scale}px`;
    made.style.width = `${Math.max(6, (Math.min(film.frames, from + frames) - first) * scale)}px`;
    made.onclick = () => acts.choose(number);
    return made;
  }

  function drawTitles() {
    const made = film.clips.flatMap((clip, number) => {
      const from = clip.start + clip.lead.frames / 2;
      const room = clip.start + clip.frames - from;
      const of = (words_, text, kind, seconds, after) =>
        text.trim()
          ? [block(kind, text, filled(words_, { words: text, shot: clip.label }), from + after, Math.min(room - after, seconds * film.rate), number)]
          : [];
      const after = room > 2 * THIRD_AFTER * film.rate ? THIRD_AFTER * film.rate : 0;
      return [
        ...of(words.title_of, clip.title, "title", TITLE_SECONDS, 0),
        ...of(words.third_of, clip.lower_third, "third", THIRD_SECONDS, after),
      ];
    });
    titles.hidden = made.length === 0;
    titles.replaceChildren(...made);
  }

  function drawSounds(lang) {
    const ends = [];
    const made = film.clips.flatMap((clip, number) =>
      clip.sounds.map((sound) => {
        const from = clip.start + sound.at * film.rate;
        const row = Math.min(MOST_ROWS - 1, (ends.findIndex((end) => end <= from) + 1 || ends.length + 1) - 1);
        ends[row] = from + sound.seconds * film.rate;
        const said = { name: sound.name, shot: clip.label, at: timeText(Math.max(0, from / film.rate), lang) };
        const one = block(sound.sort, sound.name, filled(words.sound_of, said), from, sound.seconds * film.rate, number);
        one.style.top = `${row * 22}px`;
        return one;
      }),
    );
    sounds.hidden = made.length === 0;
    sounds.style.height = `${Math.max(1, ends.length) * 22}px`;
    sounds.replaceChildren(...made);
  }

  // --- the music ---

  async function fetchPeaks() {
    const { id, seconds } = film.music;
    if (asked === id) return;
    asked = id;
    peaks = null;
    const points = seconds > 120 ? 6400 : 1600;
    try {
      const answer = await fetch(`${acts.api()}/sounds/${id}/waveform?points=${points}`);
      if (answer.ok && asked === id) peaks = await answer.json();
    } catch {
      asked = null; // it is asked for again when the lane is drawn next
    }
    drawWave();
  }

  function drawWave() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(paint);
  }

  function paint() {
    if (!film?.music || !view.width) return;
    const [ratio, height] = [window.devicePixelRatio || 1, music.clientHeight];
    const width = Math.min(view.width, Math.ceil(film.frames * scale));
    [wave.width, wave.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    [wave.style.width, wave.style.left] = [`${width}px`, `${view.left}px`];
    const pen = wave.getContext("2d");
    pen.scale(ratio, ratio);
    const all = film.frames / film.rate;
    const second = (x) => (view.left + x) / scale / film.rate;
    pen.fillStyle = getComputedStyle(wave).color;
    for (let x = 0; x < width; x += 1) {
      const at = musicSeconds(film.music, second(x), all);
      if (at === null) continue;
      const level = musicLevel(film.music, second(x), all);
      const place = peaks ? Math.min(peaks.low.length - 1, Math.floor((at / peaks.seconds) * peaks.low.length)) : 0;
      const swing = (value) => (Math.max(-1, Math.min(1, (value / 100) * level)) * height) / 2;
      const [low, high] = peaks ? [swing(peaks.low[place]), swing(peaks.high[place])] : [0, 0];
      pen.fillRect(x, height / 2 - high, 1, Math.max(1, high - low));
    }
    pen.fillStyle = getComputedStyle(music).color;
    for (const beat of film.music.beats) {
      const x = beat * film.rate * scale - view.left;
      if (x >= 0 && x <= width) pen.fillRect(x, height - 5, 1, 5);
    }
  }

  return {
    node,
    draw(given, wide, lang) {
      [film, scale] = [given, wide];
      node.style.width = `${film.frames * scale}px`;
      drawTitles();
      drawSounds(lang);
      music.hidden = !film.music;
      if (!film.music) return;
      name.textContent = film.music.name;
      wave.setAttribute("aria-label", filled(words.music_of, { name: film.music.name }));
      void fetchPeaks();
      drawWave();
    },
    look(left, width) {
      view = { left, width };
      name.style.left = `${left + 8}px`;
      if (film) drawWave();
    },
    end: () => cancelAnimationFrame(waiting),
  };
}
