// Small pieces all else is made of: nodes, icons, words with their values, and numbers as people write them.
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  grid: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
  list: "M4 6h16M4 12h16M4 18h16",
  undo: "M9 5 4 10l5 5M4 10h10.5a5 5 0 0 1 0 10H12",
  redo: "m15 5 5 5-5 5M20 10H9.5a5 5 0 0 0 0 10H12",
  more: "M5 11.5h.6v.6H5zM11.7 11.5h.6v.6h-.6zM18.4 11.5h.6v.6h-.6z",
  plus: "M12 5v14M5 12h14",
  play: "M8 5.5 18.5 12 8 18.5z",
  stop: "M6.5 6.5h11v11h-11z",
  close: "m6 6 12 12M18 6 6 18",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM20 20l-5-5",
  link: "M10 13.5a3.6 3.6 0 0 0 5.2.2l3-3a3.6 3.6 0 0 0-5.1-5.1l-1.2 1.2M14 10.5a3.6 3.6 0 0 0-5.2-.2l-3 3a3.6 3.6 0 0 0 5.1 5.1l1.2-1.2",
  picture: "M4 5h16v14H4zM4 16.5l5-5 4.5 4.5 2.5-2.5 4 4M15 9.5h.01",
  down: "m7 10 5 5 5-5",
};

function make(tag, name = "", text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text) node.textContent = text;
  return node;
}

function icon(name) {
  const image = document.createElementNS(SVG, "svg");
  image.setAttribute("viewBox", "0 0 24 24");
  image.setAttribute("aria-hidden", "true");
  image.classList.add("icon");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", ICONS[name]);
  image.append(line);
  return image;
}

// A button with words, a symbol, or a symbol whose words are only read out and shown as a hint.
function button(text, act, { symbol = "", bare = false, name = "" } = {}) {
  const node = make("button", `button ${name}`.trim());
  node.type = "button";
  if (symbol) node.append(icon(symbol));
  if (bare) {
    node.classList.add("bare");
    node.setAttribute("aria-label", text);
    node.title = text;
  } else {
    node.append(make("span", "", text));
  }
  node.addEventListener("click", act);
  return node;
}

// These write to the page only what is not there yet, so that drawing again costs next to nothing.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function setButtonText(node, text) {
  setText(node.querySelector("span"), text);
}

// Puts `wanted` into `parent` in this order and never takes the node out that has the focus: it would lose it.
function arrange(parent, wanted, fixed) {
  const place = wanted.indexOf(fixed);
  const pivot = place < 0 ? 0 : place;
  if (wanted.length === 0) return;
  if (wanted[pivot].parentNode !== parent) parent.append(wanted[pivot]);
  for (let index = pivot - 1; index >= 0; index -= 1) {
    if (wanted[index + 1].previousSibling !== wanted[index]) parent.insertBefore(wanted[index], wanted[index + 1]);
  }
  for (let index = pivot + 1; index < wanted.length; index += 1) {
    const after = wanted[index - 1].nextSibling;
    if (after !== wanted[index]) parent.insertBefore(wanted[index], after);
  }
}

const TYPED = new Set(["text", "search", "number", "email", "url", "tel", "password"]);

function isTyping(node) {
  if (!(node instanceof HTMLElement)) return false;
  if (node.isContentEditable || node.tagName === "TEXTAREA" || node.tagName === "SELECT") return true;
  return node.tagName === "INPUT" && TYPED.has(node.type);
}

// What one browser keeps for itself of how the board is shown; it may keep nothing.
const kept = {
  read(name, otherwise) {
    try {
      return localStorage.getItem(`storyboard-${name}`) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  write(name, value) {
    try {
      localStorage.setItem(`storyboard-${name}`, value);
    } catch {
      // It holds until the page is left.
    }
  },
};

function makeWords(words, lang) {
  let figures;
  try {
    figures = new Intl.NumberFormat(lang, { maximumFractionDigits: 2 });
  } catch {
    figures = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  }
  const say = (id, values = {}) =>
    (words[id] ?? id).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  const number = (value) => figures.format(value);
  return {
    has: (id) => id in words,
    say,
    number,
    count: (id, n, values = {}) => say(n === 1 ? `${id}-one` : `${id}-many`, { n: number(n), ...values }),
    percent: (share) => say("percent", { n: Math.floor(share * 100) }),
    seconds: (value) => say("seconds", { n: number(value) }),
    // A number to be edited, as this reader writes it.
    plain: (value) => number(value).replace(/\s/g, ""),
    length(value) {
      if (value < 60) return say("seconds", { n: number(Math.round(value * 10) / 10) });
      const whole = Math.round(value);
      const minutes = Math.floor(whole / 60);
      if (minutes < 60) return say("minutes", { m: minutes, s: String(whole % 60).padStart(2, "0") });
      return say("hours", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
    },
    // "4", "4,5", "４.５ s" and the like; null where it is no length.
    lengthIn(text) {
      const found = /^(\d+(?:[.,]\d+)?|[.,]\d+)\s*\p{L}*\.?$/u.exec(text.normalize("NFKC").trim());
      const value = found ? Number(found[1].replace(",", ".")) : Number.NaN;
      return value > 0 ? value : null;
    },
  };
}
