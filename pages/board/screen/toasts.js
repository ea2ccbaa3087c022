// Messages at the bottom of the screen, wherever the page is, and what is only read out.
const STAYS = 8000;
const MOST = 4;

function makeToasts(board) {
  const { words } = board;
  const stack = make("div", "toasts");
  const live = make("div", "unseen");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  board.root.append(stack, live);

  // Above everything on the page, dialogs included.
  function raise() {
    if (!stack.showPopover) return;
    stack.popover = "manual";
    if (stack.matches(":popover-open")) stack.hidePopover();
    stack.showPopover();
  }

  const shown = new Set();

  function show(text, { bad = false, action = null, stays = false, isMoot = null } = {}) {
    const toast = make("div", bad ? "toast bad" : "toast");
    toast.setAttribute("role", bad ? "alert" : "status");
    const said = make("div", "said", text);
    toast.append(said);
    let timer = 0;
    const close = () => {
      clearTimeout(timer);
      shown.delete(made);
      const held = toast.contains(board.root.getRootNode().activeElement);
      toast.remove();
      if (!stack.childElementCount && stack.popover) stack.hidePopover();
      if (held) board.view.focus(board.store.active);
    };
    if (action) {
      const act = () => {
        close();
        action.act();
      };
      toast.append(button(action.text, act, { name: "quiet" }));
    }
    toast.append(button(words.say("close"), close, { symbol: "close", bare: true }));
    const wait = () => {
      clearTimeout(timer);
      if (!bad && !stays) timer = setTimeout(close, STAYS);
    };
    // Whoever reads it, or is on the way to its button, keeps it.
    for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, () => clearTimeout(timer));
    for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, () => toast.isConnected && wait());
    wait();
    // Room is made by the oldest one that is no error: an error stays until it is closed.
    if (shown.size >= MOST) [...shown].find((one) => one.passes)?.close();
    stack.append(toast);
    raise();
    const made = { toast, text: said, close, isMoot, passes: !bad && !stays };
    shown.add(made);
    return made;
  }

  board.say = (id, values) => {
    live.textContent = "";
    live.textContent = words.say(id, values);
  };

  return {
    // `isMoot` says when there is nothing left to be undone by its button.
    say: (text, action, isMoot) => show(text, { action, isMoot }),
    error: (text, action) => show(text, { bad: true, action }),

    review() {
      for (const one of [...shown]) if (one.isMoot?.()) one.close();
    },

    // One that counts while something goes on.
    progress(text) {
      const counter = show(text, { stays: true });
      const bar = make("i", "bar");
      counter.toast.append(bar);
      return {
        at(now, share) {
          counter.text.textContent = now;
          bar.style.transform = `scaleX(${share})`;
        },
        close: counter.close,
      };
    },
  };
}
