// Owns one box: what it says, what is meant by it, when it may be filled anew, and what stands beside it.
const ONE_LINE = new Set(["name", "seconds", "seed"]);

function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

function element(tag, name, words) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (words) made.textContent = words;
  return made;
}

// --- what a box says, and what is meant by it ---

function textOf(field, row, lang) {
  const value = row[field];
  if (field !== "seconds") return String(value ?? "");
  return new Intl.NumberFormat(lang, { maximumFractionDigits: 3, useGrouping: false }).format(value);
}

// {value, problem}: the value is null where none can be read.
function readBox(field, text, { words, bounds, lang }) {
  if (!ONE_LINE.has(field) || field === "name") return { value: text, problem: null };
  // Digits of full width come from keyboards for Chinese and Japanese.
  const plain = text.normalize("NFKC").trim();
  const { least, most } = bounds[field];
  if (field === "seed") {
    const whole = /^\d+$/.test(plain) && BigInt(plain) >= BigInt(least) && BigInt(plain) <= BigInt(most);
    return whole ? { value: plain, problem: null } : { value: null, problem: filled(words.seed_refused, { most }) };
  }
  const number = /^(\d+([.,]\d*)?|[.,]\d+)\s*s?$/i.test(plain) ? parseFloat(plain.replace(",", ".")) : NaN;
  if (number >= least && number <= most) return { value: number, problem: null };
  const said = (value) => new Intl.NumberFormat(lang, { maximumFractionDigits: 3 }).format(value);
  return { value: null, problem: filled(words.seconds_refused, { least: said(least), most: said(most) }) };
}

// --- one box ---

function makeBox(field, shot, context) {
  const { words } = context.data();
  const long = !ONE_LINE.has(field);
  const node = element("div", `field ${field}`);
  const label = element("label", "", filled(words[field], context.data().shot));
  const state = element("span", "state");
  const input = element(long ? "textarea" : "input", "box");
  const below = element("div", "below");
  const hint = element("span", "hint");
  const message = makeMessage(field, shot, words, {
    textOf: (value) => textOf(field, { [field]: value }, context.data().lang),
    mineOf: (entry) => entry.text,
    newest: () => newest,
    putTheirs: (value) => putTheirs(value),
    focus: () => input.focus(),
  });
  below.append(hint, state);
  const help = field === "prompt" ? makeHelp(input, context) : null;
  node.append(label, input, below, message.node, ...(help?.nodes ?? []));
  Object.assign(input, { id: `box-${field}`, autocomplete: "off", dir: "auto", placeholder: words[`${field}_example`] ?? "" });
  if (long) input.rows = field === "prompt" ? 4 : 2;
  if (field === "seconds") input.inputMode = "decimal";
  if (field === "seed") input.inputMode = "numeric";
  if (!long && field !== "name") input.spellcheck = false;
  label.htmlFor = input.id;
  hint.id = `hint-${field}`;
  input.setAttribute("aria-describedby", `${hint.id} ${message.node.id}`);
  state.setAttribute("role", "status");

  let base = { value: null, version: -1 }; // what the studio had when the text in the box began
  let newest = null;
  let composing = false;
  let complains = false; // a box in which somebody still types is not blamed for half a number
  let wasUnsaved = false;

  const waits = () => saving.waits(shot, field);
  const isIn = () => input.getRootNode().activeElement === input;

  function put(text) {
    if (input.value !== text) input.value = text;
    grow();
  }

  function grow() {
    if (!long || CSS.supports("field-sizing", "content")) return;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + 2}px`;
  }

  function adopt(row, saved) {
    if (row.version < (newest?.version ?? -1)) return;
    newest = row;
    if (waits()) return;
    const text = textOf(field, row, context.data().lang);
    const { value } = readBox(field, input.value, context.data());
    const fits = saved || base.version < 0 || !isIn() || sameValue(value, row[field]);
    if (fits) base = { value: row[field], version: row.version };
    if (!isIn() && !composing) put(text);
  }

  function take() {
    const { data } = context;
    complains = false;
    const read = readBox(field, input.value, data());
    const was = { was: base.value, version: base.version };
    saving.typed({ project: data().project_id, shot, field, text: input.value, ...read, ...was });
    grow();
  }

  function draw() {
    const entry = waits();
    const status = saving.status(shot, field);
    const own = status === "refused" && entry.value === null; // found here, before anything was sent
    const shown = own && isIn() && !complains ? "typing" : status;
    if (entry) wasUnsaved = true;
    const says = { saved: wasUnsaved ? words.saved : "", saving: words.saving, typing: "" }[shown] ?? words.not_saved;
    if (state.textContent !== says) state.textContent = says;
    state.className = `state ${shown}`;
    input.setAttribute("aria-invalid", String(shown === "refused"));
    context.draws();
    message.draw(shown, entry);
  }

  function putTheirs(value) {
    const version = Math.max(newest?.version ?? -1, waits()?.version ?? -1);
    base = { value, version };
    newest = { ...newest, [field]: value, version };
    wasUnsaved = false;
    saving.forget(shot, field);
    put(textOf(field, newest, context.data().lang));
  }

  input.addEventListener("compositionstart", () => (composing = true));
  input.addEventListener("compositionend", () => {
    composing = false;
    take();
  });
  input.addEventListener("input", () => (composing ? grow() : take()));
  input.addEventListener("focus", draw);
  input.addEventListener("blur", () => {
    saving.start(shot);
    if (newest) adopt(newest, false);
    draw();
    context.left();
  });
  input.addEventListener("keydown", (event) => {
    const commands = event.ctrlKey || event.metaKey;
    if (event.isComposing) return;
    if (event.key === "Enter" && !long && !commands) {
      event.preventDefault();
      complains = true;
      saving.start(shot);
      draw();
    } else if (commands && event.key.toLowerCase() === "s") {
      event.preventDefault();
      saving.start(shot);
    }
  });

  // Another tab sent what was typed here.
  function savedElsewhere() {
    const { value } = readBox(field, input.value, context.data());
    if (!waits() && value !== null) base = { value, version: base.version };
  }

  return {
    node,
    input,
    draw,
    savedElsewhere,
    isIn,
    adopt,
    // The page is left in the middle of a composition: half a word is better than none.
    collect: () => composing && take(),
    saysUnread: (text, old) => help?.show(text, old),
    saysBelow(text, old) {
      if (hint.textContent !== text) hint.textContent = text;
      hint.classList.toggle("old", old);
    },
    begin(row) {
      adopt(row, true);
      if (waits()) put(waits().text);
      draw();
    },
  };
}
