// Owns the rewriting of a prompt by an endpoint that the person named: what is sent is said before it is sent for the
// first time, and what comes back stands beside the own text until somebody takes it.

// Whom this browser was told of already, by name; a new host is told of anew.
const toldOf = (host, told = null) => {
  try {
    if (told) window.localStorage.setItem("studio-rewriting-told", host);
    return window.localStorage.getItem("studio-rewriting-told") === host;
  } catch {
    return told === true; // a browser that keeps nothing asks each time
  }
};

function makeRewriting(input, context) {
  const node = element("div", "rewriting");
  const below = element("div", "suggested");
  below.setAttribute("role", "status");
  let asking = null; // of the request that is on its way
  let suggested = null;

  const said = (name) => filled(context.data().words[name], context.data().rewriting);

  function button(text, act, main) {
    const made = element("button", main ? "main" : "", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  function line(...buttons) {
    const made = element("div", "buttons");
    made.append(...buttons);
    return made;
  }

  function clear() {
    suggested = null;
    below.replaceChildren();
  }

  // Before the first sending; nothing is sent of an empty box, so that there is nothing to tell.
  function begin() {
    const { rewriting } = context.data();
    asking?.abort();
    suggested = null;
    if (!input.value.trim() || toldOf(rewriting.host)) return void send();
    const sent = element("blockquote", "", rewriting.instruction);
    sent.lang = "en";
    const go = button(said("rewriting_send"), () => (toldOf(rewriting.host, true), send()), true);
    below.replaceChildren(
      element("p", "", said("rewriting_sends")),
      sent,
      ...(rewriting.readable ? [element("p", "warn", said("rewriting_readable"))] : []),
      line(go, button(said("rewriting_do_not"), leave)),
    );
    go.focus();
  }

  async function send() {
    const mine = (asking = new AbortController());
    below.replaceChildren(
      element("p", "", said("rewriting_waits")),
      line(button(said("rewriting_cancel"), () => (mine.abort(), leave()))),
    );
    const told = await answer(mine.signal);
    if (mine !== asking || mine.signal.aborted) return;
    asking = null;
    if (told.text === undefined) return void below.replaceChildren(element("p", "bad", told.message));
    suggested = told.text;
    show();
  }

  // {text}, or {message} with why there is none.
  async function answer(signal) {
    try {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ text: input.value });
      const got = await fetch(`${context.data().api}/rewriting`, { method: "POST", body, headers, signal });
      const told = await got.json();
      return got.ok ? { text: told.text } : { message: told.message };
    } catch {
      return { message: said("rewriting_no_studio") };
    }
  }

  function show() {
    const titles = [said("rewriting_yours"), said("rewriting_suggested")];
    const buttons = [button(said("rewriting_keep"), leave), button(said("rewriting_take"), take, true)];
    const both = element("div", "both");
    difference(input.value, suggested).forEach(([before, differs, after], place) => {
      const side = element("div", "side");
      const text = element("div", "text");
      text.dir = "auto";
      text.append(before, ...(differs ? [element("mark", "", differs)] : []), after);
      side.append(element("h4", "", titles[place]), text, buttons[place]);
      both.append(side);
    });
    below.replaceChildren(both);
  }

  // As if it was typed: so the browser can undo it, and it is saved as anything else.
  function take() {
    const text = suggested;
    clear();
    input.focus();
    input.select();
    if (document.execCommand("insertText", false, text)) return;
    input.setRangeText(text, 0, input.value.length, "end");
    input.dispatchEvent(new Event("input"));
  }

  function leave() {
    clear();
    node.querySelector("button")?.focus();
  }

  input.addEventListener("input", () => suggested !== null && show());

  return {
    node,
    // What it says of the endpoint; a suggestion and what is on its way stay as they are.
    draw() {
      const { rewriting } = context.data();
      const title = element("h4", "", said("rewriting"));
      if (rewriting.off) return node.replaceChildren(title, element("p", "", rewriting.off));
      const go = button(said("rewriting_begin"), begin);
      go.setAttribute("aria-description", said("rewriting_whom"));
      return node.replaceChildren(title, go, element("p", "", said("rewriting_whom")), below);
    },
  };
}
