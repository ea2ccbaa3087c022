// The queue of all projects: reads it again and again, shows who works, what waits and what is over, and steers it.
const EVERY = 1500;
const EVERY_AT_REST = 4000;
const lists = new WeakMap(); // of the place on the page

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".orders");
  let list = lists.get(root);
  if (list && list.lang !== data.lang) {
    list.end();
    list = null;
  }
  if (!list) lists.set(root, makeList(root, data));
  return () => {
    lists.get(root)?.end();
    lists.delete(root);
  };
}

function makeList(root, { words: given, lang, api, keeper }) {
  const words = makeWords(given, lang);
  const known = new Map(); // lines by the id of their order
  let queue = null;
  let timer = 0;
  let asked = 0;
  let ended = false;

  const bar = make("div", "bar");
  const hold = button("", () => steerAll(queue?.paused ? "resume" : "pause"), { name: "hold" });
  const clear = button(words.say("clear"), () => steerAll("clear"));
  const status = make("p", "status", words.say("loading"));
  status.setAttribute("role", "status");
  bar.append(hold, clear, status);
  const others = make("p", "others");
  const workers = make("ul", "workers");
  workers.setAttribute("aria-label", words.say("workers"));
  const waiting = make("ol", "waiting");
  waiting.setAttribute("aria-label", words.say("list"));
  const filmsTitle = make("h2", "", words.say("films"));
  const films = make("ol", "films");
  films.setAttribute("aria-label", words.say("films-list"));
  const picturesTitle = make("h2", "", words.say("pictures"));
  const pictures = make("ol", "pictures");
  pictures.setAttribute("aria-label", words.say("pictures-list"));
  const overTitle = make("h2", "", words.say("over"));
  const over = make("ul", "over");
  over.setAttribute("aria-label", words.say("over-list"));
  const empty = make("div", "empty");
  empty.append(make("b", "", words.say("empty-title")), make("p", "", words.say("empty-text")));
  root.replaceChildren(bar, workers, others, empty, waiting, filmsTitle, films, picturesTitle, pictures, overTitle, over);
  for (const node of [hold, clear, empty, filmsTitle, picturesTitle, overTitle]) node.hidden = true;

  const places = { orders: waiting, films, pictures };
  const titles = { films: filmsTitle, pictures: picturesTitle };
  const kinds = makeKinds(words, time).map((kind) => {
    const one = {
      kind,
      words,
      say,
      keeper,
      rows: () => (queue?.[kind.key] ?? []).map((order) => known.get(order.id)),
      steer: (id, verb) => change(() => ask("POST", `/${kind.path}/${id}/${verb}`, {})),
      move: (order, before) => move(kind, order, before),
    };
    return { ...one, carrying: makeCarrying(one) };
  });
  const isCarrying = () => kinds.some((one) => one.carrying.isOn());
  const clocks = ["today", "later"].map((when) => {
    const day = when === "later" ? { weekday: "short" } : {};
    return new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", ...day });
  });

  function time(moment) {
    const then = new Date(moment);
    const isToday = then.toDateString() === new Date().toDateString();
    return clocks[isToday ? 0 : 1].format(then);
  }

  function say(id, values) {
    setText(status, words.say(id, values));
  }

  async function ask(method, path, body) {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(api + path, { method, headers, body: sent, credentials: "same-origin", cache: "no-store" });
    const said = await answer.json().catch(() => null);
    if (!answer.ok) throw new Error(said?.message || words.say("refused"));
    return said;
  }

  function isBusy() {
    return Boolean(queue?.orders.length || queue?.films.length || queue?.pictures.length);
  }

  async function look() {
    clearTimeout(timer);
    const mine = (asked += 1);
    try {
      const found = await ask("GET", "/queue");
      // What was asked for before something was changed says nothing any more.
      if (!ended && mine === asked && !isCarrying()) show(found);
    } catch {
      if (!ended) say("unreachable");
    } finally {
      if (!ended && mine === asked) timer = setTimeout(look, isBusy() ? EVERY : EVERY_AT_REST);
    }
  }

  async function change(work, done) {
    asked += 1;
    clearTimeout(timer);
    try {
      await work();
      done?.();
    } catch (error) {
      setText(status, error.message);
    }
    await look();
  }

  function steerAll(verb) {
    return change(() => ask("POST", `/queue/${verb}`, {}), () => say(verb === "clear" ? "cleared" : "loading"));
  }

  // What is of one kind is moved among its like.
  function move(kind, order, before) {
    const held = root.getRootNode().activeElement;
    return change(
      async () => {
        const found = await ask("POST", `/${kind.path}/${order.id}/move`, { before });
        show(found);
        held?.focus();
      },
      () => {
        const all = queue[kind.key].filter((one) => one.waits);
        say("moved", { name: kind.name(order), place: all.findIndex((one) => one.id === order.id) + 1, all: all.length });
      },
    );
  }

  function linesOf(one, orders) {
    return orders.map((order) => {
      if (!known.has(order.id)) {
        const row = makeRow(one);
        known.set(order.id, row);
        one.carrying.serve(row);
      }
      const row = known.get(order.id);
      row.show(order);
      return row.node;
    });
  }

  function fill(parent, nodes) {
    const wanted = new Set(nodes);
    for (const node of [...parent.children]) if (!wanted.has(node)) node.remove();
    const focused = root.getRootNode().activeElement?.closest?.("li");
    arrange(parent, nodes, wanted.has(focused) ? focused : null);
  }

  function show(found) {
    const wasPaused = Boolean(queue?.paused);
    queue = found;
    for (const one of kinds) {
      const orders = found[one.kind.key];
      fill(places[one.kind.key], linesOf(one, orders));
      if (titles[one.kind.key]) titles[one.kind.key].hidden = orders.length === 0;
    }
    const gone = kinds.flatMap((one) => overOf(one, found));
    // The last one first, of whatever kind.
    gone.sort((a, b) => Date.parse(b.order.finished_at) - Date.parse(a.order.finished_at));
    fill(over, gone.map((one) => one.node));
    const listed = new Set([...kinds.flatMap((one) => found[one.kind.key]), ...gone.map((one) => one.order)].map((order) => order.id));
    for (const id of [...known.keys()]) if (!listed.has(id)) known.delete(id);
    showWorkers(found);
    const isEmpty = listed.size === 0;
    empty.hidden = !isEmpty;
    clear.hidden = overTitle.hidden = gone.length === 0;
    hold.hidden = !keeper || (!isBusy() && !found.paused);
    others.hidden = found.others === 0;
    setText(others, words.say("others", { n: found.others }));
    setButtonText(hold, words.say(found.paused ? "resume-all" : "pause-all"));
    const passing = ["loading", "unreachable", "is-paused"].map((id) => words.say(id)).includes(status.textContent);
    // What was said of a move stays until something else is to be said.
    if (found.paused && (!wasPaused || passing)) say("is-paused");
    else if (!found.paused && passing) setText(status, "");
  }

  function overOf(one, found) {
    const orders = one.kind.over ? found[one.kind.over] : [];
    const lines = linesOf(one, orders);
    return orders.map((order, place) => ({ order, node: lines[place] }));
  }

  // Lines in which nobody can be at work are made anew, but only when they say something else.
  function replaceWhenOther(parent, lines) {
    const now = lines.map((line) => line.outerHTML).join("");
    if (parent.dataset.shown !== now) parent.replaceChildren(...lines);
    parent.dataset.shown = now;
  }

  function showWorkers(found) {
    const names = new Map(found.orders.map((order) => [order.id, order.project]));
    const cards = found.workers.map((worker) => {
      const card = make("li", worker.order_id || worker.for_others ? "worker busy" : "worker");
      const memory = worker.memory_bytes ? words.say("memory", { n: Math.round(worker.memory_bytes / 2 ** 30) }) : "";
      const name = names.get(worker.order_id) ?? "";
      const other = words.say(worker.for_others ? "for-others" : "idle");
      const at = worker.order_id ? words.say(worker.shot ? "at-shot" : "at", { name, shot: worker.shot }) : other;
      const speed = worker.speed || words.say("not-measured");
      card.append(make("b", "", worker.hardware || worker.device));
      card.append(make("span", "", [worker.device, memory].filter(Boolean).join(" · ")), make("span", "", speed), make("span", "at", at));
      return card;
    });
    if (cards.length === 0) cards.push(make("li", "worker none", words.say("no-worker")));
    if (found.cards) cards.push(make("li", "together", found.cards));
    replaceWhenOther(workers, cards);
  }

  const seen = () => !document.hidden && look();
  document.addEventListener("visibilitychange", seen);
  look();
  return {
    lang,
    end() {
      ended = true;
      clearTimeout(timer);
      for (const one of kinds) one.carrying.stop();
      document.removeEventListener("visibilitychange", seen);
      root.replaceChildren();
    },
  };
}
