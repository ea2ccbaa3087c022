// What an order would come to: said at its button before the click, and asked about where it takes long.
const ASKED_ABOUT_FROM = 600; // seconds
const PATIENCE = 2500; // ms that a click waits for its forecast

function makeForecast(board) {
  const { words, net, actions } = board;
  const clock = new Intl.DateTimeFormat(board.lang, { hour: "2-digit", minute: "2-digit" });
  const dated = new Intl.DateTimeFormat(board.lang, { weekday: "short", hour: "2-digit", minute: "2-digit" });

  function time(moment) {
    const then = new Date(moment);
    return (then.toDateString() === new Date().toDateString() ? clock : dated).format(then);
  }

  function ask(more = {}) {
    const asked = new URLSearchParams({ pass: board.pass, lang: board.lang, ...more });
    return net.get(`/projects/${board.projectId}/forecast?${asked}`);
  }

  function inWords(found) {
    return `${found.words} ${words.say("forecast-done", { time: time(found.done_to) })}`;
  }

  // The button says it as soon as somebody comes near it; it is asked anew each time.
  function serve(order) {
    async function hint() {
      if (order.disabled) return;
      try {
        order.title = inWords(await ask());
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        order.title = "";
      }
    }
    order.addEventListener("pointerenter", hint);
    order.addEventListener("focus", hint);
  }

  async function render() {
    await window.studioSaving?.flush();
    const late = new Promise((done) => setTimeout(done, PATIENCE, null));
    let found = null;
    try {
      found = await Promise.race([ask(), late]);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
    if (found && found.seconds_high > ASKED_ABOUT_FROM) board.dialogs.askForecast(found);
    else actions.render(null);
  }

  return { ask, inWords, time, serve, render };
}

// The window for what takes long: how long, with which preset, and by when it is to be done.
function offerForecast(board, show, found) {
  const { words, actions, forecast } = board;
  const summary = make("p", "summary", forecast.inWords(found));
  const line = make("label", "ask", words.say("forecast-by"));
  const by = make("input");
  by.type = "time";
  const note = make("span", "hint");
  note.setAttribute("role", "status");
  line.append(by, note);
  const choices = make("fieldset", "choices");
  choices.append(make("legend", "", words.say("forecast-presets")));
  let asked = 0;

  function choice(id, label, figures) {
    const row = make("label", "choice");
    const dot = make("input");
    Object.assign(dot, { type: "radio", name: "preset", value: id, checked: id === "" });
    row.append(dot, make("b", "", label), make("span", "hint", figures));
    choices.append(row);
    return dot;
  }
  const dots = new Map([["", choice("", words.say("forecast-as-is"), "")]]);

  // The next time that it is so late by the reader's own clock.
  function moment() {
    const [hour, minute] = by.value.split(":").map(Number);
    const then = new Date();
    then.setHours(hour, minute, 0, 0);
    if (then <= new Date()) then.setDate(then.getDate() + 1);
    return then;
  }

  async function look() {
    const mine = (asked += 1);
    const more = by.value ? { presets: "true", by: moment().toISOString() } : { presets: "true" };
    let answer;
    try {
      answer = await forecast.ask(more);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      note.textContent = error.message;
      return;
    }
    if (mine !== asked) return;
    for (const one of answer.presets) {
      const figures = `${one.lasts}, ${words.say("forecast-done", { time: forecast.time(one.done_to) })}`;
      if (!dots.has(one.preset)) dots.set(one.preset, choice(one.preset, one.title, figures));
      else setText(dots.get(one.preset).parentNode.querySelector(".hint"), figures);
    }
    if (!by.value) return;
    const best = answer.presets.find((one) => one.preset === answer.best);
    if (best) dots.get(best.preset).checked = true;
    note.textContent = best ? words.say("forecast-best", { preset: best.title }) : words.say("forecast-too-late");
  }

  by.addEventListener("change", look);
  look();
  const read = () => () => {
    const chosen = [...dots].find(([, dot]) => dot.checked)?.[0];
    actions.render(null, chosen || null);
  };
  show({ title: words.say("forecast-title"), body: [summary, line, choices], confirm: words.say("forecast-render"), read });
}
