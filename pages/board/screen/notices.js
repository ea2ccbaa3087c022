// What stands between the tools and the shots: the work under way, a problem, and what to do where there is no shot yet.
function makeNotices(board) {
  const { words, store, actions } = board;
  const box = make("div", "notices");

  const work = make("div", "work");
  const preview = make("img");
  Object.assign(preview, { alt: "", decoding: "async" });
  const share = make("b", "share");
  const said = make("span", "what");
  const left = make("span", "left");
  const meter = make("div", "meter");
  meter.setAttribute("role", "progressbar");
  meter.setAttribute("aria-label", words.say("progress-label"));
  meter.append(make("i", "bar"));
  const cancel = button(words.say("cancel"), () => actions.cancelRender(), { symbol: "stop", name: "quiet" });
  // What there is by then is kept as a take of that length.
  const stop = button(words.say("stop-after"), () => actions.stopRender(), { name: "quiet" });
  work.append(preview, share, said, left, stop, cancel, meter);

  const problem = make("p", "notice bad");
  const lost = make("p", "notice warn");
  lost.setAttribute("role", "alert");
  const lostText = make("span");
  lost.append(lostText, button(words.say("retry"), () => board.net.look(), { name: "quiet" }));
  const loading = make("p", "notice", words.say("loading"));
  box.append(work, problem, lost, loading);

  const empty = make("div", "empty");
  const steps = make("ol");
  for (const step of ["empty-first", "empty-second", "empty-third"]) steps.append(make("li", "", words.say(step)));
  const ways = make("div", "ways");
  ways.append(
    button(words.say("add-pictures"), () => board.toolbar.pickFiles(), { symbol: "picture", name: "primary" }),
    button(words.say("add-lines"), () => board.dialogs.offerLines()),
    button(words.say("add-cut"), () => actions.add([{ prompt: "", start: "cut" }]).catch(actions.refused)),
  );
  empty.append(make("h2", "", words.say("empty-title")), steps, ways);
  const none = make("p", "empty", words.say("none-found"));
  // Nothing is known before the first look, so nothing of all this is said yet.
  for (const one of [work, problem, lost, empty, none]) one.hidden = true;

  function drawWork(render) {
    work.hidden = !render;
    if (!render) return;
    preview.hidden = !render.preview;
    if (render.preview) setAttribute(preview, "src", render.preview);
    setText(share, words.percent(render.share));
    setText(said, render.words);
    setText(left, render.left);
    stop.disabled = Boolean(render.stopping);
    setText(stop.firstChild, words.say(render.stopping ? "stopping" : "stop-after"));
    setAttribute(meter, "aria-valuenow", Math.floor(render.share * 100));
    meter.firstChild.style.transform = `scaleX(${render.share})`;
  }

  return {
    box,
    empty,
    none,
    draw() {
      const data = store.shown();
      loading.hidden = Boolean(data) || Boolean(store.problem());
      lost.hidden = !store.problem();
      const sentence = data ? `${store.problem()} ${words.say("shown-is-older")}` : store.problem();
      if (store.problem()) setText(lostText, sentence);
      problem.hidden = !data?.problem;
      if (data?.problem) setText(problem, data.problem);
      drawWork(data?.render);
      empty.hidden = !data || data.shots.length > 0;
      none.hidden = !data || data.shots.length === 0 || store.rows().length > 0;
      board.view.scroller.hidden = !data || !empty.hidden || !none.hidden;
    },
  };
}
