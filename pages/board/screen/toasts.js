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

  function show(text, { bad = false, action = null, stays = false } = {}) {
    const toast = make("div", bad ? "toast bad" : "toast");
    toast.setAttribute("role", bad ? "alert" : "status");
    const words_ = make("div", "said", text);
    toast.append(words_);
    let timer = 0;
    const close = () => {
      clearTimeout(timer);
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
      if (!bad && !stays) timer = setTimeout(close, STAYS);
    };
    // Whoever reads it, or is on the way to its button, keeps it.
    for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, () => clearTimeout(timer));
    for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, () => toast.isConnected && wait());
    wait();
    while (stack.childElementCount >= MOST) stack.firstElementChild.remove();
    stack.append(toast);
    raise();
    return { toast, text: words_, close };
  }

  board.say = (id, values) => {
    live.textContent = "";
    live.textContent = words.say(id, values);
  };

  return {
    say: (text, action) => show(text, { action }),
    error: (text, action) => show(text, { bad: true, action }),

    // One that counts while something goes on.
    progress(text) {
      const shown = show(text, { stays: true });
      const bar = make("i", "bar");
      shown.toast.append(bar);
      return {
        at(now, share) {
          shown.text.textContent = now;
          bar.style.transform = `scaleX(${share})`;
        },
        close: shown.close,
      };
    },
  };
}
