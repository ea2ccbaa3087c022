// Draws the boxes of one shot and hands what is typed in them to `saving`. Data that comes anew fills only boxes in which
// nobody is and of which all is saved.
const panels = new WeakMap(); // of the place on the page

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".fields");
  let panel = panels.get(root);
  if (!panel) panels.set(root, (panel = makePanel(root)));
  const mine = panel.show(data, setTriggerValue);
  // A run that was overtaken by the next one ends late, and must not take away what that one shows.
  return () => panel.end(mine);
}

function makePanel(root) {
  let data = null;
  let shot = null;
  let boxes = new Map();
  let tellPage = null;
  let saved = null; // what the page has not been told of yet
  let run = 0;
  let listening = null;

  const anyIn = () => [...boxes.values()].some((box) => box.isIn());
  const context = { data: () => data, draws: sayHints, left: tellSaved };

  function sayHints() {
    const { words, bounds, counter, unread, lang } = data;
    const said = (value) => new Intl.NumberFormat(lang, { maximumFractionDigits: 3 }).format(value);
    const { least, most } = bounds.seconds;
    boxes.get("seconds")?.saysBelow(filled(words.seconds_bounds, { least: said(least), most: said(most) }), false);
    const prompt = boxes.get("prompt");
    const isOld = prompt?.input.value !== data.shot.prompt;
    prompt?.saysBelow(counter ?? "", isOld);
    prompt?.saysUnread(unread ?? "", isOld);
  }

  // The page draws anew what hangs on a shot's texts, but not under somebody who still types.
  function tellSaved() {
    if (saved === null || anyIn() || isLeaving()) return;
    tellPage("saved", saved);
    saved = null;
  }

  function onSaved({ detail }) {
    if (detail.shot !== shot) return;
    boxes.forEach((box, field) => box.adopt(detail.row, field === detail.field));
    saved = { shot, version: detail.version };
    tellSaved();
  }

  function onRows({ detail }) {
    const row = detail.shots.find((one) => one.id === shot);
    if (row) boxes.forEach((box) => box.adopt(row, false));
  }

  // Keys typed here are text and nobody else's: the board has keys for shots, and Streamlit its own. What is no box for
  // text has nothing of its own to undo.
  function keep(event) {
    const isText = event.composedPath()[0].matches("input, textarea");
    const meant = event.key === "Enter" || (!isText && ["z", "y"].includes(event.key.toLowerCase()));
    const commands = (event.ctrlKey || event.metaKey) && meant;
    if (event.key !== "Escape" && event.key !== "Tab" && !commands) event.stopPropagation();
  }

  function listen() {
    const ends = [
      saving.hear((of, field, elsewhere) => {
        const box = of === shot ? boxes.get(field) : undefined;
        if (elsewhere) box?.savedElsewhere();
        box?.draw();
      }),
      saving.onLeave(() => boxes.forEach((box) => box.collect())),
    ];
    const events = [["studio:saved", onSaved], ["studio:rows", onRows]];
    events.forEach(([name, act]) => window.addEventListener(name, act));
    for (const name of ["keydown", "keypress", "keyup"]) root.addEventListener(name, keep);
    return () => {
      ends.forEach((end) => end());
      events.forEach(([name, act]) => window.removeEventListener(name, act));
    };
  }

  function close() {
    boxes.forEach((box) => box.collect());
    if (shot !== null) saving.start(shot);
  }

  return {
    show(given, setTriggerValue) {
      [data, tellPage] = [given, setTriggerValue];
      listening ??= listen();
      if (given.shot.id === shot) {
        boxes.forEach((box) => box.adopt(given.shot, false));
      } else {
        const typing = [...boxes].find(([, box]) => box.isIn())?.[0];
        close();
        [shot, saved] = [given.shot.id, null];
        // New boxes for every shot: a box's own undo would bring the text of another back.
        boxes = new Map(given.fields.map((field) => [field, (field === "beats" ? makeBeats : makeBox)(field, shot, context)]));
        root.setAttribute("aria-label", filled(given.words.of_shot, given.shot));
        root.replaceChildren(...[...boxes.values()].map((box) => box.node));
        boxes.forEach((box) => box.begin(given.shot));
        boxes.get(typing)?.input.focus();
      }
      saving.use(given.api);
      void saving.retry(shot);
      sayHints();
      return (run += 1);
    },
    end(mine) {
      if (mine !== run) return;
      close();
      listening?.();
      listening = null;
    },
  };
}
