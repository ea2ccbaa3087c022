// Small menus that open below a button, close by themselves, and are gone through with the arrow keys.
function makeMenu(board, label, items, { symbol = "", bare = false, name = "" } = {}) {
  const opener = button(label, () => {}, { symbol, bare, name });
  const panel = make("div", "menu");
  panel.popover = "auto";
  opener.popoverTargetElement = panel;
  opener.setAttribute("aria-haspopup", "true");
  opener.setAttribute("aria-label", label); // also where there is room for its symbol only
  if (!bare) opener.append(icon("down"));
  board.root.append(panel);

  panel.addEventListener("beforetoggle", (event) => {
    opener.setAttribute("aria-expanded", event.newState === "open");
    if (event.newState === "open") panel.replaceChildren(...items().filter(Boolean).map(itemOf));
  });
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    const box = opener.getBoundingClientRect();
    const size = panel.getBoundingClientRect();
    const below = box.bottom + 4 + size.height < innerHeight;
    panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - size.width - 8))}px`;
    panel.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - size.height - 4)}px`;
    panel.querySelector("button, input")?.focus();
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const all = [...panel.querySelectorAll("button, input")];
    const now = all.indexOf(panel.getRootNode().activeElement);
    all[(now + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length].focus();
  });

  function itemOf(item) {
    if (item.node) return item.node();
    if (item.heading) return make("div", "heading", item.heading);
    if ("isOn" in item) {
      const line = make("label", "item switch");
      const box = make("input");
      box.type = "checkbox";
      box.checked = item.isOn();
      box.addEventListener("change", async () => {
        box.checked = await item.turn(box.checked);
      });
      line.append(box, make("span", "", item.text));
      return line;
    }
    const act = () => {
      panel.hidePopover();
      item.act();
    };
    const line = button(item.text, act, { name: "item" });
    if (item.key) line.append(make("kbd", "", item.key));
    return line;
  }

  return opener;
}
