// The window for a text of shots, one per line or a table: the studio reads it, and what it read is shown before it is added.
const PAUSE_BEFORE_READING = 200;
const MOST_SHOWN = 50;

// `name` is that of the file it comes from; gives a promise that is kept when the window is closed.
function offerLines(board, show, { text = "", name = "", after = board.view.lastChosen() } = {}) {
  const { words, actions } = board;
  const area = make("textarea", "lines");
  Object.assign(area, { value: text, rows: 8, placeholder: words.say("lines-example") });
  area.setAttribute("aria-label", words.say("lines-label"));
  const preview = make("ol", "preview");
  const count = make("p", "hint");
  count.setAttribute("role", "status");
  const wrong = make("p", "wrong");
  wrong.setAttribute("role", "alert");
  let timer = 0;
  let turn = 0;
  let shots = null; // of the text as it stands; null while it is not read, or cannot be

  async function read() {
    const mine = (turn += 1);
    shots = null;
    let said = "";
    let found = [];
    try {
      if (area.value.trim()) found = (await board.net.readLines(area.value, name)).shots;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said = error.message;
    }
    if (mine !== turn) return;
    if (!said) shots = found;
    setText(wrong, said);
    draw(found, said);
  }

  function draw(found, said) {
    setText(count, found.length ? words.count("lines-count", found.length) : said ? "" : words.say("lines-none"));
    const shown = found.slice(0, MOST_SHOWN).map(lineOf);
    if (found.length > MOST_SHOWN) shown.push(make("li", "more", words.count("lines-more", found.length - MOST_SHOWN)));
    preview.replaceChildren(...shown);
  }

  function lineOf({ prompt, name: called, seconds, start, dialogue }) {
    const line = make("li", "", prompt || called || dialogue || words.say("no-prompt"));
    const more = [prompt && called, seconds && words.seconds(seconds), start && words.say(`start-${start}`)];
    const said = more.filter(Boolean).join(" · ");
    if (said) line.append(make("span", "soft", ` ${said}`));
    return line;
  }

  async function add(all) {
    try {
      const made = await actions.add(all, after);
      board.toasts.say(words.count("added", made.length || all.length), { text: words.say("undo"), act: actions.undo });
    } catch (error) {
      actions.refused(error);
    }
  }

  area.addEventListener("input", () => {
    shots = null;
    clearTimeout(timer);
    timer = setTimeout(read, PAUSE_BEFORE_READING);
  });
  read();
  return new Promise((closed) => {
    show({
      title: name ? words.say("lines-title-of", { name }) : words.say("lines-title"),
      body: [area, count, wrong, preview],
      confirm: words.say("lines-add"),
      read: () => (shots?.length ? () => add(shots) : undefined),
      closed,
    });
  });
}
