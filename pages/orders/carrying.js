
// Puts an order that waits at another place: carried by its grip with a pointer, or moved with the arrow keys.
function makeCarrying(list) {
  const mark = make("li", "mark");
  mark.setAttribute("aria-hidden", "true");
  let carried = null;
  let before = null;

  const waiting = () => list.rows().filter((row) => row.order.waits);

  function at(y) {
    const others = waiting().filter((row) => row !== carried);
    return others.find((row) => {
      const box = row.node.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
  }

  function drop() {
    const row = carried;
    stop();
    if (row) list.move(row.order, before);
  }

  function stop() {
    carried?.node.classList.remove("carried");
    carried = null;
    mark.remove();
    window.removeEventListener("pointermove", over);
    window.removeEventListener("pointerup", drop);
    window.removeEventListener("pointercancel", stop);
    window.removeEventListener("keydown", escape, true);
  }

  function over(event) {
    const next = at(event.clientY);
    before = next?.order.id ?? null;
    if (next) next.node.before(mark);
    else waiting().at(-1)?.node.after(mark);
  }

  function escape(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    stop();
  }

  function byKeys(row, event) {
    const all = waiting();
    const place = all.indexOf(row);
    const step = { ArrowUp: -1, ArrowDown: 1, Home: -all.length, End: all.length }[event.key];
    if (!step || place < 0) return;
    event.preventDefault();
    const others = all.filter((one) => one !== row);
    const target = Math.max(0, Math.min(others.length, place + step));
    if (target !== place) list.move(row.order, others[target]?.order.id ?? null);
  }

  return {
    isOn: () => carried !== null,
    stop,
    serve(row) {
      row.grip.addEventListener("keydown", (event) => byKeys(row, event));
      row.grip.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || row.grip.disabled) return;
        event.preventDefault();
        row.grip.focus();
        carried = row;
        row.node.classList.add("carried");
        list.say("carried", { name: list.kind.name(row.order) });
        over(event);
        window.addEventListener("pointermove", over);
        window.addEventListener("pointerup", drop);
        window.addEventListener("pointercancel", stop);
        window.addEventListener("keydown", escape, true);
      });
    },
  };
}
