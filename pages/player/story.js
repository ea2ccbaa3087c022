// Owns the arithmetic of a story: which shot is shown when, counted in frames. It draws nothing.

// Joins are rounded on the running total, so the whole is as long as its shots; a shot shows one frame at least.
function makeStory(shots, fps) {
  const starts = [0];
  let seconds = 0;
  for (const shot of shots) {
    seconds += shot.seconds;
    starts.push(Math.max(starts.at(-1) + 1, Math.round(seconds * fps)));
  }
  const total = starts.at(-1);
  const shotAt = (frame) => {
    let [low, high] = [0, shots.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= frame) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return { shots, fps, starts, total, last: Math.max(0, total - 1), shotAt };
}

function element(tag, name, words) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (words) made.textContent = words;
  return made;
}

function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

// A length as people say it: 12.4 s, 1 min 05.2 s.
function timeText(seconds, lang) {
  const minutes = Math.floor(seconds / 60);
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const shown = new Intl.NumberFormat(lang, minutes ? { ...digits, minimumIntegerDigits: 2 } : digits);
  // Cut and not rounded: 59.97 s are not yet a minute.
  const rest = Math.floor((seconds - 60 * minutes + 1e-6) * 10) / 10;
  return minutes ? `${minutes} min ${shown.format(rest)} s` : `${shown.format(rest)} s`;
}

const ICONS = {
  play: "M7 4.5v15l12.5-7.5z",
  pause: "M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z",
  previous: "M5 5h2.4v14H5zM19.5 5v14L8.6 12z",
  next: "M16.6 5H19v14h-2.4zM4.5 5v14l10.9-7z",
  captions: "M4 5h16a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 20 19H4a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 4 5zm1.5 6v2h7v-2zm9 0v2h4v-2zm-9 3.5v2h3v-2zm5 0v2h8v-2z",
  full: "M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z",
  sound: "M4 9.5v5h3.4L12 19V5L7.4 9.5zM15 8.2a5 5 0 0 1 0 7.6zM15 4.6a8.3 8.3 0 0 1 0 14.8v-2.1a6.4 6.4 0 0 0 0-10.6z",
  silent: "M4 9.5v5h3.4L12 19V5L7.4 9.5zM15.3 9.4l1.3-1.3 1.9 1.9 1.9-1.9 1.3 1.3-1.9 1.9 1.9 1.9-1.3 1.3-1.9-1.9-1.9 1.9-1.3-1.3 1.9-1.9z",
  swap: "M8 4 3 9l5 5v-4h8V8H8zm8 6v4H8v2h8v4l5-5z",
};

function iconButton(icon, label, act) {
  const made = element("button", "icon");
  made.type = "button";
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  picture.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  made.append(picture);
  made.show = (name, words) => {
    picture.firstChild.setAttribute("d", ICONS[name]);
    made.setAttribute("aria-label", words);
    made.title = words;
  };
  made.show(icon, label);
  made.onclick = act;
  return made;
}
