// The board's way to the studio: reading the board again and again, and writing one thing after the other.
const EVERY_AT_WORK = 1000;
const EVERY_AT_REST = 4000;
const EVERY_UNSEEN = 5000; // only while something is rendered, for the title and the notification
const LONGEST_WAIT = 15000;
const MOST_KEPT_ALIVE = 15000; // characters; browsers take 64 kB in all

class Refused extends Error {
  constructor(status, said) {
    super(said.message);
    this.status = status;
    this.id = said.error ?? "";
    this.said = said;
  }
}

function makeNet(board) {
  const { words } = board;
  let etag = null;
  let timer = 0;
  let looking = false;
  let again = false;
  let failures = 0;
  let chain = Promise.resolve();

  async function answerOf(method, path, options) {
    try {
      return await fetch(board.api + path, { method, credentials: "same-origin", ...options });
    } catch {
      throw new Refused(0, { error: "unreachable", message: words.say("unreachable") });
    }
  }

  async function read(answer) {
    const body = await answer.json().catch(() => null);
    if (answer.ok) return body ?? {};
    throw new Refused(answer.status, { ...body, message: body?.message || words.say("refused") });
  }

  async function send(method, path, body) {
    const headers = { "content-type": "application/json" };
    const text = JSON.stringify(body ?? {});
    // What is small enough arrives even where the page is left in the same moment.
    return read(await answerOf(method, path, { headers, body: text, keepalive: text.length < MOST_KEPT_ALIVE }));
  }

  async function get(path) {
    return read(await answerOf("GET", path, { cache: "no-store" }));
  }

  async function sendPicture(file) {
    const path = `/pictures?name=${encodeURIComponent(file.name || words.say("pasted-name"))}`;
    const headers = { "content-type": file.type || "application/octet-stream" };
    return read(await answerOf("POST", path, { headers, body: file }));
  }

  // The shots that a text describes; a file is sent as it is, since it may be in another encoding.
  async function readLines(text, name) {
    const path = `/lines${name ? `?name=${encodeURIComponent(name)}` : ""}`;
    return read(await answerOf("POST", path, { headers: { "content-type": "application/octet-stream" }, body: text }));
  }

  // Writes go in the order in which they were asked for, so that one builds on what the one before did.
  function inOrder(work) {
    const done = chain.then(work);
    chain = done.catch(() => {});
    return done;
  }

  async function look() {
    clearTimeout(timer);
    if (board.ended) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    again = false;
    const covered = board.store.finished();
    const pass = board.pass;
    try {
      const headers = etag ? { "if-none-match": etag } : {};
      const path = `/projects/${board.projectId}/board?pass=${pass}`;
      const answer = await answerOf("GET", path, { headers, cache: "no-store" });
      const data = answer.status === 304 ? null : await read(answer);
      if (board.ended) return;
      if (pass !== board.pass) again = true;
      else {
        if (data) etag = answer.headers.get("etag");
        failures = 0;
        board.store.take(data, covered);
        // Boxes in which nobody is show what there is now.
        if (data) window.dispatchEvent(new CustomEvent("studio:rows", { detail: { shots: data.shots } }));
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      failures += 1;
      board.store.failed(error.message);
    } finally {
      looking = false;
      if (again) look();
      else lookLater();
    }
  }

  function lookLater() {
    clearTimeout(timer);
    const working = board.store.isWorking();
    if (board.ended || (document.hidden && !working)) return;
    let wait = working ? EVERY_AT_WORK : EVERY_AT_REST;
    if (document.hidden) wait = EVERY_UNSEEN;
    if (failures) wait = Math.min(LONGEST_WAIT, EVERY_AT_WORK * 2 ** failures);
    timer = setTimeout(look, wait);
  }

  board.listen(document, "visibilitychange", () => (document.hidden ? lookLater() : look()));
  // Other parts of the page say so when they have changed something.
  board.listen(document, "storyboard-changed", (event) => {
    if (event.detail?.from !== "board") look();
  });
  board.listen(window, "studio:saved", (event) => {
    board.store.takeSaved(event.detail.row);
    look(); // for what follows from it elsewhere
  });
  board.endings.push(() => clearTimeout(timer));

  return {
    send,
    get,
    sendPicture,
    readLines,
    inOrder,
    look,
    // Another pass is another board: what is known of the last one says nothing of it.
    forget() {
      etag = null;
    },
  };
}
