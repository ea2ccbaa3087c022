// Owns what was typed and is not saved yet: keeps it in the browser until the studio has it, one queue for each shot.
//
// It stands before every script that saves, as window.studioSaving one for the whole page. It knows no boxes.

const saving = (window.studioSaving ??= startSaving());

function startSaving() {
  const PAUSE = 300; // milliseconds after the last key
  const PATIENCE = 2500; // then the studio is said not to answer
  const AGAIN = 2000; // between one try and the next
  const LONGEST = 60_000; // then a request is given up and sent anew
  const KEPT_BYTES = 60_000; // browsers let about 64 kB outlive a page, all requests together
  const REMEMBERED = 4; // texts of one box that were sent and not answered
  const GONE_DAYS = 30;

  const shelf = shelfOfUnsaved();
  const queues = new Map(); // of a shot: {timer, due, work, patience}
  const flying = new Map(); // what is on its way just now, by shot and field
  const hearers = new Set();
  const leaving = new Set();
  let api = null;
  let silent = false;
  let again = 0;
  let keptBytes = 0;

  const tell = (shot, field, elsewhere = false) => hearers.forEach((hear) => hear(shot, field, elsewhere));
  const queueOf = (shot) => {
    if (!queues.has(shot)) queues.set(shot, { timer: 0, due: false, work: null, patience: 0 });
    return queues.get(shot);
  };
  const isSilent = (now) => {
    if (silent === now) return;
    silent = now;
    shelf.all().forEach((entry) => tell(entry.shot, entry.field));
  };

  // --- what is typed ---

  function typed({ project, shot, field, text, value, was, version, problem }) {
    const kept = shelf.read(shot, field);
    const entry = kept ?? { project, shot, field, was, version, tried: [] };
    const decided = kept?.state === "changed" || kept?.state === "gone"; // the person has to say what becomes of it
    Object.assign(entry, { text, value, problem, at: Date.now() });
    if (!decided) entry.state = problem ? "refused" : "typed";
    if (!decided && !problem && entry.tried.length === 0 && sameValue(value, entry.was)) shelf.remove(entry);
    else shelf.write(entry);
    tell(shot, field);
    const queue = queueOf(shot);
    clearTimeout(queue.timer);
    queue.timer = setTimeout(() => start(shot), PAUSE);
  }

  // --- sending ---

  // Everything of a shot goes out now, one after another; what is on its way already is waited for.
  function start(shot) {
    if (api === null) return null;
    const queue = queueOf(shot);
    clearTimeout(queue.timer);
    queue.due = true;
    queue.work ??= inTurn(shot, () => sendDue(shot, queue)).finally(() => {
      queue.work = null;
      clearTimeout(queue.patience);
      if (queue.due) start(shot);
    });
    if (shelf.all().some((entry) => entry.shot === shot && entry.state === "typed")) expect(queue);
    return queue.work;
  }

  function startAll() {
    new Set(shelf.all().map((entry) => entry.shot)).forEach(start);
  }

  // Two tabs never send for the same shot at once. Where the browser has no locks, `tried` tells our own texts.
  function inTurn(shot, act) {
    return navigator.locks ? navigator.locks.request(`studio-saving/${shot}`, act) : act();
  }

  function expect(queue) {
    clearTimeout(queue.patience);
    queue.patience = setTimeout(() => isSilent(true), PATIENCE);
  }

  async function sendDue(shot, queue) {
    while (queue.due) {
      queue.due = false;
      const waiting = shelf.all().filter((entry) => entry.shot === shot && entry.state === "typed");
      for (const { field } of waiting.sort((one, other) => one.at - other.at)) {
        expect(queue);
        if (await send(shot, field)) continue;
        queue.due = false;
        isSilent(true);
        again ||= setTimeout(() => ((again = 0), startAll()), AGAIN);
        return;
      }
    }
  }

  // Whether the studio answered, be it that it refuses.
  async function send(shot, field) {
    for (let turn = 0; turn < REMEMBERED; turn += 1) {
      const entry = shelf.read(shot, field);
      if (entry?.state !== "typed") return true;
      const { value } = entry;
      flying.set(`${shot}/${field}`, value);
      const answer = await patch(entry, entry.was);
      flying.delete(`${shot}/${field}`);
      if (answer === null) return false;
      isSilent(false);
      const ours = heard(shelf.read(shot, field), value, answer, { shot, field });
      tell(shot, field);
      if (!ours) return true;
    }
    return true;
  }

  function patch(entry, was) {
    entry.tried = [...entry.tried.filter((one) => !sameValue(one, entry.value)), entry.value].slice(-REMEMBERED);
    shelf.write(entry);
    const told = { version: entry.version, was: { [entry.field]: was }, changes: { [entry.field]: entry.value } };
    return ask("PATCH", `/shots/${encodeURIComponent(entry.shot)}`, told);
  }

  // Takes an answer in. True where what stands there is our own earlier text, so that it is to be sent once more.
  function heard(entry, sent, { status, told }, { shot, field }) {
    if (status < 300) {
      if (entry && sameValue(entry.value, sent)) shelf.remove(entry);
      else if (entry) shelf.write({ ...entry, was: told.shot[field], version: told.version, tried: [] });
      const detail = { shot, field, version: told.version, row: told.shot };
      window.dispatchEvent(new CustomEvent("studio:saved", { detail, bubbles: true, composed: true }));
    } else if (entry && status === 404) {
      shelf.write({ ...entry, state: "gone" });
    } else if (entry && status === 409) {
      const theirs = told.theirs?.[field];
      const ours = entry.tried.some((one) => sameValue(one, theirs)) && !sameValue(theirs, entry.was);
      if (ours) shelf.write({ ...entry, was: theirs, version: told.version });
      else shelf.write({ ...entry, state: "changed", theirs, version: told.version });
      return ours;
    } else if (entry && sameValue(entry.value, sent)) {
      shelf.write({ ...entry, state: "refused", problem: told.message ?? "", tried: [] });
    }
    return false;
  }

  // The answer, or null where none came or the studio is in no state to give one.
  async function ask(method, path, told) {
    const body = JSON.stringify(told);
    const size = new TextEncoder().encode(body).length;
    const keepalive = keptBytes + size <= KEPT_BYTES;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), LONGEST);
    if (keepalive) keptBytes += size;
    try {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(api + path, { method, body, headers, keepalive, signal: patience.signal });
      const said = await answer.json().catch(() => ({}));
      const usable = answer.ok ? said.shot || method === "POST" : answer.status !== 404 || said.error;
      return answer.status < 500 && usable ? { status: answer.status, told: said } : null;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
      if (keepalive) keptBytes -= size;
    }
  }

  // The page may be gone in a moment: no queue, everything at once. What is on its way may come before or after, so the
  // new text is sent upon either; the studio takes the one that fits.
  function leave() {
    leaving.forEach((collect) => collect());
    if (api === null) return;
    for (const entry of shelf.all().filter((one) => one.state === "typed")) {
      const before = flying.get(`${entry.shot}/${entry.field}`);
      if (before !== undefined && sameValue(before, entry.value)) continue;
      void patch(entry, entry.was);
      if (before !== undefined) void patch(entry, before);
    }
  }

  // --- what the person decides ---

  function keepMine(shot, field) {
    const entry = shelf.read(shot, field);
    if (entry) shelf.write({ ...entry, was: entry.theirs, tried: [], state: "typed" });
    tell(shot, field);
    start(shot);
  }

  function forget(shot, field) {
    shelf.remove({ shot, field });
    tell(shot, field);
  }

  // Sends what waited for a shot that was gone.
  function retry(shot) {
    const gone = shelf.all().filter((entry) => entry.shot === shot && entry.state === "gone");
    gone.forEach((entry) => shelf.write({ ...entry, state: "typed" }));
    gone.forEach((entry) => tell(shot, entry.field));
    return gone.length ? start(shot) : null;
  }

  async function bringBack(shot) {
    const entry = shelf.all().find((one) => one.shot === shot && one.state === "gone");
    const path = `/projects/${encodeURIComponent(entry?.project)}/shots/restore`;
    const answer = entry && (await ask("POST", path, { ids: [shot] }));
    isSilent(answer === null);
    if (answer?.status < 300) await retry(shot);
    else if (answer) {
      shelf.write({ ...entry, problem: answer.told.message ?? "" });
      tell(shot, entry.field);
    }
  }

  // --- for others ---

  async function flush(most = 5000) {
    startAll();
    const all = () => [...queues.values()].map((queue) => queue.work).filter(Boolean);
    const done = (async () => {
      while (all().length) await Promise.all(all());
    })();
    await Promise.race([done, new Promise((go) => setTimeout(go, most))]);
    const left = shelf.all().map(({ shot, field, state }) => ({ shot, field, state }));
    return { saved: left.length === 0, left };
  }

  function status(shot, field) {
    const entry = shelf.read(shot, field);
    if (!entry) return "saved";
    if (entry.state !== "typed") return entry.state;
    return silent ? "waiting" : "saving";
  }

  function use(address) {
    api = address;
    startAll();
  }

  const forgotten = Date.now() - GONE_DAYS * 24 * 3600_000;
  shelf.all().forEach((entry) => entry.state === "gone" && entry.at < forgotten && shelf.remove(entry));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => event.persisted && startAll());
  window.addEventListener("online", startAll);
  document.addEventListener("visibilitychange", startAll);
  window.addEventListener("storage", (event) => {
    const entry = shelf.named(event.key);
    if (entry) tell(entry.shot, entry.field, true);
  });
  window.addEventListener("studio:flush", (event) => {
    const flushed = flush();
    event.detail?.promises?.push(flushed);
  });

  const hear = (one) => (hearers.add(one), () => hearers.delete(one));
  const onLeave = (one) => (leaving.add(one), () => leaving.delete(one));
  const waits = (shot, field) => shelf.read(shot, field);
  return { use, typed, start, flush, status, waits, keepMine, forget, retry, bringBack, hear, onLeave };
}
