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

  const rowsFor = (kind) => () => (queue?.[kind] ?? []).map((order) => known.get(order.id));
  const shared = { words, say, time, keeper };
  const list = { ...shared, rows: rowsFor("orders"), steer, move: (order, before) => move("renders", order, before) };
  const filmList = {
    ...shared,
    rows: rowsFor("films"),
    steer: steerFilm,
    move: (film, before) => move("films", film, before),
  };
  const carrying = makeCarrying(list);
  const carryingFilms = makeCarrying(filmList);
  const picturesList = {
    ...shared,
    rows: rowsFor("pictures"),
    steer: steerPictures,
    move: (order, before) => move("pictures", order, before),
  };
  const carryingPictures = makeCarrying(picturesList);
  const isCarrying = () => [carrying, carryingFilms, carryingPictures].some((one) => one.isOn());
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

  function steer(id, verb) {
    return change(() => ask("POST", `/renders/${id}/${verb}`, {}));
  }

  function steerFilm(id, verb) {
    return change(() => ask("POST", `/films/${id}/${verb}`, {}));
  }

  function steerPictures(id, verb) {
    return change(() => ask("POST", `/pictures/${id}/${verb}`, {}));
  }

  function steerAll(verb) {
    return change(() => ask("POST", `/queue/${verb}`, {}), () => say(verb === "clear" ? "cleared" : "loading"));
  }

  // What is of one kind is moved among its like: "renders", "films" or "pictures".
  function move(kind, order, before) {
    const held = root.getRootNode().activeElement;
    return change(
      async () => {
        const found = await ask("POST", `/${kind}/${order.id}/move`, { before });
        show(found);
        held?.focus();
      },
      () => {
        const all = queue[kind === "renders" ? "orders" : kind].filter((one) => one.waits);
        say("moved", { name: named(order), place: all.findIndex((one) => one.id === order.id) + 1, all: all.length });
      },
    );
  }

  function rowsOf(orders) {
    return orders.map((order) => {
      if (!known.has(order.id)) {
        const row = makeRow(list);
        known.set(order.id, row);
        carrying.serve(row);
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
    for (const order of [...found.pictures, ...found.pictures_over]) order.name = words.say("pictures-name", order);
    fill(waiting, rowsOf(found.orders));
    showFilms(found);
    picturesTitle.hidden = found.pictures.length === 0;
    fill(pictures, picturesOf(found.pictures));
    showOver(found);
    const kinds = [found.orders, found.films, found.pictures, found.over, found.pictures_over];
    const listed = new Set(kinds.flat().map((order) => order.id));
    for (const id of [...known.keys()]) if (!listed.has(id)) known.delete(id);
    showWorkers(found);
    const isEmpty = listed.size === 0;
    empty.hidden = !isEmpty;
    clear.hidden = overTitle.hidden = found.over.length + found.pictures_over.length === 0;
    hold.hidden = !keeper || (!isBusy() && !found.paused);
    others.hidden = found.others === 0;
    setText(others, words.say("others", { n: found.others }));
    setButtonText(hold, words.say(found.paused ? "resume-all" : "pause-all"));
    const passing = ["loading", "unreachable", "is-paused"].map((id) => words.say(id)).includes(status.textContent);
    // What was said of a move stays until something else is to be said.
    if (found.paused && (!wasPaused || passing)) say("is-paused");
    else if (!found.paused && passing) setText(status, "");
  }

  function showFilms(found) {
    filmsTitle.hidden = found.films.length === 0;
    const lines = found.films.map((film) => {
      if (!known.has(film.id)) {
        const row = makeFilmRow(filmList);
        known.set(film.id, row);
        carryingFilms.serve(row);
      }
      known.get(film.id).show(film);
      return known.get(film.id).node;
    });
    fill(films, lines);
  }

  function picturesOf(orders) {
    return orders.map((order) => {
      if (!known.has(order.id)) {
        const row = makePicturesRow(picturesList);
        known.set(order.id, row);
        carryingPictures.serve(row);
      }
      known.get(order.id).show(order);
      return known.get(order.id).node;
    });
  }

  // What is over of both kinds, the last one first.
  function showOver(found) {
    const lines = [...rowsOf(found.over), ...picturesOf(found.pictures_over)];
    const dated = [...found.over, ...found.pictures_over].map((order, place) => [Date.parse(order.finished_at), lines[place]]);
    fill(over, dated.sort(([one], [other]) => other - one).map(([, line]) => line));
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
      carrying.stop();
      carryingFilms.stop();
      carryingPictures.stop();
      document.removeEventListener("visibilitychange", seen);
      root.replaceChildren();
    },
  };
}
