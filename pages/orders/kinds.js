// What lines say of the three kinds of orders: renders, films and what else is delivered, and pictures from words.
// `path` is where the interface has a kind, and `key` under which name the queue does, with `over` for what is over.
function makeKinds(words, time) {
  const lasts = (order) => (order.measured ? order.lasts : words.say("estimated", { lasts: order.lasts }));
  const doneAbout = (order) => (order.done_to ? [words.say("done-about", { time: time(order.done_to) })] : []);

  function figuresOfRender(order) {
    const said = [words.count("shots", order.shots)];
    const isOver = Boolean(order.finished_at);
    if (!isOver && order.sections !== null) said.push(words.count("sections", order.sections));
    if (!isOver && order.lasts) said.push(lasts(order));
    said.push(...doneAbout(order));
    if (order.afterwards) {
      const { foretold, took } = order.afterwards;
      said.push(words.say("afterwards", { foretold: words.length(foretold), took: words.length(took) }));
    }
    return said;
  }

  function figuresOfPictures(order) {
    const said = [words.say("pictures-made", { made: order.made, count: order.count })];
    if (order.lasts) said.push(lasts(order));
    else if (order.status === "queued") said.push(words.say("pictures-unmeasured"));
    return said;
  }

  return [
    {
      key: "orders",
      over: "over",
      path: "renders",
      page: "storyboard",
      name: (order) => order.project,
      tag: (order) => words.say(order.pass),
      isUrgent: (order) => order.urgent,
      doing: (order) => order.words,
      figures: figuresOfRender,
    },
    {
      key: "films",
      over: null,
      path: "films",
      page: "film",
      name: (film) => film.name,
      tag: () => "",
      isUrgent: () => false,
      doing: (film, state) => words.say(`film-${state}`, { share: words.percent(film.share) }),
      figures: (film) => [film.project, lasts(film), ...doneAbout(film)],
    },
    {
      key: "pictures",
      over: "pictures_over",
      path: "pictures",
      page: "storyboard",
      name: (order) => words.say("pictures-name", order),
      tag: () => "",
      isUrgent: () => false,
      doing: (order, state) => words.say(`pictures-${order.goes_on ? "goes-on" : state}`, { share: words.percent(order.share) }),
      figures: figuresOfPictures,
    },
  ];
}
