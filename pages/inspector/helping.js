// Owns the help below the box of a prompt: phrases that are put where the caret was, the sentence
// rewritten by another program, and the part of it that is not read.

const CHINESE = /[\u3400-\u9fff]/;

// What stands between the text before and a phrase, and the phrase as it is written there.
function joined(before, phrase, speech) {
  if (!before.trim()) return ["", speech === "en" ? capital(phrase) : phrase];
  if (speech === "zh") return [/[\s，。！？、；：]$/.test(before) ? "" : "，", phrase];
  const ended = /[.!?。！？]\s*$/.test(before);
  const gap = /\s$/.test(before) ? "" : " ";
  if (ended) return [gap, capital(phrase)];
  return [/[,;:]\s*$/.test(before) || gap === "" ? gap : ", ", phrase];
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function makeHelp(input, context) {
  const { words } = context.data();
  const unread = element("p", "unread");
  const help = element("details", "help");
  const body = element("div", "phrases");
  const rewriting = makeRewriting(input, context);
  help.append(element("summary", "", words.help), body);
  let caret = null; // where somebody was in the box; at its end while nobody was
  let speech = null;
  let said = null;

  input.addEventListener("blur", () => (caret = input.selectionEnd));
  help.addEventListener("toggle", () => help.open && draw());

  function spoken() {
    if (speech) return speech;
    if (input.value.trim()) return CHINESE.test(input.value) ? "zh" : "en";
    return context.data().lang.startsWith("zh") ? "zh" : "en";
  }

  function put(phrase) {
    const at = Math.min(caret ?? input.value.length, input.value.length);
    const [before, after] = [input.value.slice(0, at), input.value.slice(at)];
    const [gap, said] = joined(before, phrase, spoken());
    const end = after && !/^[\s，。！？、；：,.;:!?]/.test(after) ? (spoken() === "zh" ? "，" : ", ") : "";
    input.setRangeText(gap + said + end, at, at, "end");
    caret = at + (gap + said).length;
    input.dispatchEvent(new Event("input"));
  }

  function choice(code, name) {
    const button = element("button", "speech", name);
    button.type = "button";
    button.lang = code === "zh" ? "zh-Hant-TW" : "en";
    button.setAttribute("aria-pressed", String(spoken() === code));
    button.addEventListener("click", () => {
      speech = code;
      draw();
      [...body.querySelectorAll(".speech")].find((one) => one.textContent === name).focus();
    });
    return button;
  }

  function phraseButton(phrase) {
    const button = element("button", phrase.drafted ? "phrase drafted" : "phrase", phrase[spoken()]);
    button.type = "button";
    button.lang = spoken() === "zh" ? "zh-Hant-TW" : "en";
    if (phrase.drafted) button.setAttribute("aria-description", words.help_drafted);
    button.addEventListener("click", () => put(phrase[spoken()]));
    return button;
  }

  function draw() {
    const head = element("div", "speeches");
    head.setAttribute("role", "group");
    head.setAttribute("aria-label", words.help_language);
    head.append(choice("en", "English"), choice("zh", "中文"));
    const groups = Object.entries(context.data().phrases).map(([kind, phrases]) => {
      const group = element("div", "group");
      const title = element("h4", "", words[`help_${kind}`]);
      group.append(title, ...phrases.map(phraseButton));
      return group;
    });
    rewriting.draw();
    body.replaceChildren(head, ...groups, element("p", "legend", words.help_drafted), rewriting.node);
  }

  return {
    nodes: [unread, help],
    // What is not read belongs to the text that was counted; while another one is typed nobody knows. It keeps its place
    // meanwhile: a page that moves below a box in use ends what the browser undoes there as one.
    show(text, isOld) {
      unread.classList.toggle("old", isOld);
      if (isOld || text === said) return;
      said = text;
      unread.hidden = !text;
      unread.replaceChildren(element("span", "", words.unread), document.createTextNode(" "), element("s", "", text));
    },
  };
}
