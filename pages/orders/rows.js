// One order as a line: made once, and then only told what is another about it.
const GRIP = "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01";
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

function makeRow(list) {
  const { words } = list;
  const node = make("li", "order");
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
  const stop = button(words.say("cancel", { name: "" }), () => list.steer(order.id, "cancel"), { symbol: "close", bare: true });
  const again = button(words.say("retry", { name: "" }), () => list.steer(order.id, "retry"), { symbol: "again", bare: true });
  const head = make("div", "head");
  head.append(name, tags);
  const text = make("div", "text");
  text.append(head, doing, figures, problem, report.node);
  const tools = make("div", "tools");
  tools.append(hold, again, stop);
  node.append(grip, text, tools);
  let order = null;

  function label(one, id) {
    const said = words.say(id, { name: order.project });
    setAttribute(one, "aria-label", said);
    setAttribute(one, "title", said);
  }

  function figuresOf() {
    const said = [words.count("shots", order.shots)];
    const isOver = Boolean(order.finished_at);
    if (!isOver && order.sections !== null) said.push(words.count("sections", order.sections));
    if (!isOver && order.lasts) said.push(order.measured ? order.lasts : words.say("estimated", { lasts: order.lasts }));
    if (order.done_to) said.push(words.say("done-about", { time: list.time(order.done_to) }));
    if (order.afterwards) {
      const { foretold, took } = order.afterwards;
      said.push(words.say("afterwards", { foretold: words.length(foretold), took: words.length(took) }));
    }
    return said.join(" · ");
  }

  return {
    node,
    grip,
    get order() {
      return order;
    },
    show(given) {
      order = given;
      const isOver = Boolean(order.finished_at);
      setAttribute(node, "data-state", order.paused ? "paused" : order.status);
      setText(name, order.project);
      setAttribute(name, "href", `storyboard?project=${order.project_id}`);
      setText(pass, words.say(order.pass));
      first.hidden = !order.urgent || isOver;
      setText(doing, order.words);
      setText(figures, figuresOf());
      setText(problem, order.problem ?? "");
      problem.hidden = !order.problem;
      report.show(order.status === "failed" ? order.id : null);
      grip.hidden = isOver;
      grip.disabled = !order.waits;
      hold.hidden = stop.hidden = isOver;
      again.hidden = !isOver || order.status === "done";
      label(grip, "move");
      label(hold, order.paused ? "resume" : "pause");
      label(stop, "cancel");
      label(again, "retry");
      hold.querySelector("path").setAttribute("d", ICONS[order.paused ? "play" : "pause"]);
    },
  };
}

// A film, a timeline or an archive that is being made, or waits for it; it is ordered on the film's page.
function makeFilmRow(list) {
  const { words } = list;
  const node = make("li", "order film");
  const grip = button(words.say("move", { name: "" }), () => {}, { symbol: "grip", bare: true, name: "grip" });
  const text = make("div", "text");
  const name = make("a", "name");
  const doing = make("span", "doing");
  const figures = make("span", "figures");
  const tools = make("div", "tools");
  const hold = button(words.say("pause", { name: "" }), () => list.steer(film.id, film.paused ? "resume" : "pause"), {
    symbol: "pause",
    bare: true,
  });
  const stop = button(words.say("cancel", { name: "" }), () => list.steer(film.id, "cancel"), { symbol: "close", bare: true });
  text.append(name, doing, figures);
  tools.append(hold, stop);
  node.append(grip, text, tools);
  let film = null;

  function label(one, id) {
    const said = words.say(id, { name: film.name });
    setAttribute(one, "aria-label", said);
    setAttribute(one, "title", said);
  }

  function figuresOf() {
    const said = [film.project, film.measured ? film.lasts : words.say("estimated", { lasts: film.lasts })];
    if (film.done_to) said.push(words.say("done-about", { time: list.time(film.done_to) }));
    return said.join(" · ");
  }

  return {
    node,
    grip,
    get order() {
      return film;
    },
    show(given) {
      film = given;
      const state = film.paused ? "paused" : film.status;
      setAttribute(node, "data-state", state === "working" ? "running" : state);
      setText(name, film.name);
      setAttribute(name, "href", `film?project=${film.project_id}`);
      setText(doing, words.say(`film-${state}`, { share: words.percent(film.share) }));
      setText(figures, figuresOf());
      grip.disabled = !film.waits;
      label(grip, "move");
      label(hold, film.paused ? "resume" : "pause");
      label(stop, "cancel");
      hold.querySelector("path").setAttribute("d", ICONS[film.paused ? "play" : "pause"]);
    },
  };
}

// Pictures from words that are being made for a shot, wait for it or are over; they are ordered, and chosen from, at
// that shot.
function makePicturesRow(list) {
  const { words } = list;
  const node = make("li", "order pictures");
  const grip = button(words.say("move", { name: "" }), () => {}, { symbol: "grip", bare: true, name: "grip" });
  const text = make("div", "text");
  const name = make("a", "name");
  const doing = make("span", "doing");
  const figures = make("span", "figures");
  const problem = make("p", "problem");
  const report = makeReport(list);
  const tools = make("div", "tools");
  const hold = button(words.say("pause", { name: "" }), () => list.steer(order.id, order.paused ? "resume" : "pause"), {
    symbol: "pause",
    bare: true,
  });
  const again = button(words.say("retry", { name: "" }), () => list.steer(order.id, "retry"), { symbol: "again", bare: true });
  const stop = button(words.say("cancel", { name: "" }), () => list.steer(order.id, "cancel"), { symbol: "close", bare: true });
  text.append(name, doing, figures, problem, report.node);
  tools.append(hold, again, stop);
  node.append(grip, text, tools);
  let order = null;

  function label(one, id) {
    const said = words.say(id, { name: order.name });
    setAttribute(one, "aria-label", said);
    setAttribute(one, "title", said);
  }

  function figuresOf() {
    const said = [words.say("pictures-made", { made: order.made, count: order.count })];
    if (order.lasts) said.push(order.measured ? order.lasts : words.say("estimated", { lasts: order.lasts }));
    else if (order.status === "queued") said.push(words.say("pictures-unmeasured"));
    return said.join(" · ");
  }

  return {
    node,
    grip,
    get order() {
      return order;
    },
    show(given) {
      order = given;
      const isOver = !["queued", "working"].includes(order.status);
      const state = order.paused && !isOver ? "paused" : order.status;
      setAttribute(node, "data-state", state === "working" ? "running" : state);
      setText(name, order.name);
      setAttribute(name, "href", `storyboard?project=${order.project_id}`);
      setText(doing, words.say(`pictures-${order.goes_on ? "goes-on" : state}`, { share: words.percent(order.share) }));
      setText(figures, figuresOf());
      setText(problem, order.problem ?? "");
      problem.hidden = !order.problem;
      report.show(order.status === "failed" ? order.id : null);
      grip.hidden = hold.hidden = stop.hidden = isOver;
      grip.disabled = !order.waits;
      again.hidden = !["failed", "cancelled"].includes(order.status);
      label(grip, "move");
      label(hold, order.paused ? "resume" : "pause");
      label(stop, "cancel");
      label(again, "retry");
      hold.querySelector("path").setAttribute("d", ICONS[order.paused ? "play" : "pause"]);
    },
  };
}
