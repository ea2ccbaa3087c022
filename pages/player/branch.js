// Takes that go on from the one that is shown: differently from a frame on, or as it is but longer or shorter.

// ``frameNow`` says which frame is shown, ``onOpen`` is called when somebody asks to go on. What is wanted goes to the
// ``tell`` of what is returned.
function makeBranch(words, { frameNow, onOpen }) {
  const button = element("button", "act", words.branch);
  button.type = "button";
  const form = element("form", "choice branch");
  const moment = element("div", "moment");
  moment.setAttribute("role", "status");
  const said = labelled("label", "said", words.branch_prompt, element("textarea", "shots"));
  Object.assign(said.box, { rows: 2, maxLength: 4000, placeholder: words.branch_same_words });
  const seed = labelled("label", "", words.branch_seed, element("select", "shots"));
  seed.box.append(new Option(words.branch_new_seed, "new"), new Option(words.branch_same_seed, "same"));
  const count = labelled("label", "", words.branch_count, element("select", "shots"));
  for (let n = 1; n <= 8; n += 1) count.box.append(new Option(String(n), String(n)));
  const done = element("button", "act main", words.branch_go);
  form.append(moment, said.label, seed.label, count.label, done);
  form.hidden = true;
  button.setAttribute("aria-expanded", "false");

  let data = null;
  const made = { button, form, draw, tell: null };

  // The latent (0 is the first new one) that begins nearest to the frame that is shown.
  function latent() {
    const { first, latents } = data.branch;
    return Math.max(Math.min(1, latents - 1), Math.min(latents - 1, Math.round((frameNow() - first) / 4)));
  }

  function draw(given) {
    data = given;
    button.hidden = !data.branch;
    if (!data.branch || form.hidden) return;
    const from = data.branch.first + 4 * latent();
    const sections = Math.ceil((data.branch.latents - latent()) / data.branch.window) * Number(count.box.value);
    const values = { time: timeText(from / data.take.fps, data.lang), frame: from + 1, sections };
    moment.textContent = filled(sections === 1 ? words.branch_from_one : words.branch_from, values);
    // With the same words and the same seed nothing would be another.
    seed.box.disabled = !said.box.value.trim();
    if (seed.box.disabled) seed.box.value = "new";
  }

  function open(shown) {
    form.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
    if (shown) onOpen();
  }

  button.onclick = () => {
    open(form.hidden);
    if (!form.hidden) said.box.focus();
  };
  form.oninput = () => draw(data);
  form.onsubmit = (event) => {
    event.preventDefault();
    const at = (data.branch.first + 4 * latent()) / data.take.fps;
    made.tell({ at, prompt: said.box.value.trim(), seed: seed.box.value, count: Number(count.box.value) });
    open(false);
    button.focus();
  };
  return made;
}

// How long a take as this one is to last: up to the frame that is shown, or as many seconds as are typed.
function makeLength(words, { frameNow, onOpen }) {
  const button = element("button", "act", words.length);
  button.type = "button";
  const form = element("form", "choice length");
  const seconds = labelled("label", "", words.length_seconds, element("input", "shots"));
  Object.assign(seconds.box, { type: "number", min: "0.1", max: "600", step: "any", required: true });
  const here = element("button", "act", words.length_here);
  here.type = "button";
  const done = element("button", "act main", words.length_go);
  const cost = element("div", "moment");
  cost.setAttribute("role", "status");
  form.append(cost, seconds.label, here, done);
  form.hidden = true;
  button.setAttribute("aria-expanded", "false");

  let data = null;
  const made = { button, form, draw, tell: null };

  function draw(given) {
    data = given;
    button.hidden = !data.branch;
    const wanted = Number(seconds.box.value) * data.take.fps;
    cost.textContent = wanted > data.take.count + 0.5 ? words.length_longer : words.length_shorter;
  }

  function open(shown) {
    form.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
    if (!shown) return;
    onOpen();
    seconds.box.value = String(Math.round((100 * data.take.count) / data.take.fps) / 100 + 2);
    draw(data);
    seconds.box.focus();
  }

  button.onclick = () => open(form.hidden);
  here.onclick = () => {
    seconds.box.value = String(Math.floor((100 * (frameNow() + 1)) / data.take.fps + 0.01) / 100);
    draw(data);
  };
  form.oninput = () => draw(data);
  form.onsubmit = (event) => {
    event.preventDefault();
    made.tell({ seconds: Number(seconds.box.value) });
    open(false);
    button.focus();
  };
  return made;
}

function labelled(tag, name, words, box) {
  const label = element(tag, name, words);
  label.append(box);
  return { label, box };
}
