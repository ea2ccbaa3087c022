// One order as a line: made once, and then only told what is another about it.
const GRIP = "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01";
const OVER = ["done", "failed", "cancelled"];
Object.assign(ICONS, {
  grip: GRIP,
  pause: "M9 6v12M15 6v12",
  again: "M19 12a7 7 0 1 1-2.1-5M19 4v4h-4",
});

// What helps whoever looks for the fault that an order met: a file, downloaded where somebody asks for it.
function makeReport({ words, keeper }) {
  const node = make("a", "report", words.say("report"));
  node.title = words.say("report-hint");
  node.download = "";
  return {
    node,
    show(id) {
      node.hidden = !id || !keeper;
      if (id) setAttribute(node, "href", `/api/report?order=${id}`);
    },
  };
}

// A line of the list's kind, as in `kinds.js`.
function makeRow(list) {
  const { words, kind } = list;
  const node = make("li", `order ${kind.path}`);
  const grip = button(words.say("move", { name: "" }), () => {}, { symbol: "grip", bare: true, name: "grip" });
  const name = make("a", "name");
  const tags = make("span", "tags");
  const pass = make("span", "tag");
  const first = make("span", "tag first", words.say("urgent"));
  first.title = words.say("urgent-hint");
  tags.append(pass, first);
  const doing = make("span", "doing");
  const figures = make("span", "figures");
  const problem = make("p", "problem");
  const report = makeReport(list);
  const hold = button(words.say("pause", { name: "" }), () => list.steer(order.id, order.paused ? "resume" : "pause"), {
    symbol: "pause",
    bare: true,
  });
  const again = button(words.say("retry", { name: "" }), () => list.steer(order.id, "retry"), { symbol: "again", bare: true });
  const stop = button(words.say("cancel", { name: "" }), () => list.steer(order.id, "cancel"), { symbol: "close", bare: true });
  const head = make("div", "head");
  head.append(name, tags);
  const text = make("div", "text");
  text.append(head, doing, figures, problem, report.node);
  const tools = make("div", "tools");
  tools.append(hold, again, stop);
  node.append(grip, text, tools);
  let order = null;

  function label(one, id) {
    const said = words.say(id, { name: kind.name(order) });
    setAttribute(one, "aria-label", said);
    setAttribute(one, "title", said);
  }

  return {
    node,
    grip,
    get order() {
      return order;
    },
    show(given) {
      order = given;
      const isOver = OVER.includes(order.status);
      const state = order.paused && !isOver ? "paused" : order.status;
      setAttribute(node, "data-state", state === "working" ? "running" : state);
      setText(name, kind.name(order));
      setAttribute(name, "href", `${kind.page}?project=${order.project_id}`);
      setText(pass, kind.tag(order));
      pass.hidden = !kind.tag(order);
      first.hidden = isOver || !kind.isUrgent(order);
      setText(doing, kind.doing(order, state));
      setText(figures, kind.figures(order).join(" · "));
      setText(problem, order.problem ?? "");
      problem.hidden = !order.problem;
      report.show(order.status === "failed" ? order.id : null);
      grip.hidden = hold.hidden = stop.hidden = isOver;
      grip.disabled = !order.waits;
      again.hidden = !isOver || order.status === "done";
      label(grip, "move");
      label(hold, order.paused ? "resume" : "pause");
      label(stop, "cancel");
      label(again, "retry");
      hold.querySelector("path").setAttribute("d", ICONS[order.paused ? "play" : "pause"]);
    },
  };
}
