// Owns what is said at one beat: its sentence, and where it is wanted its seed and its picture.

// `acts`: {typed(), changed(), remove(item), left()}; both texts go straight into the item.
function makeBeatRow(item, context, acts) {
  const { words } = context.data();
  const node = element("div", "beat");
  const head = element("div", "beat-head");
  const number = element("b", "beat-number");
  const time = element("span", "beat-time");
  const text = element("textarea", "box");
  const more = element("div", "beat-more");
  const seedLabel = element("label", "", words.seed);
  const seed = element("input", "box");
  const image = element("img");
  const file = element("input");
  const pick = element("button", "", words.beat_picture);
  const drop = element("button", "", words.beat_no_picture);
  const remove = element("button", "remove", words.beat_delete);
  const note = element("p", "beat-note");
  head.append(number, time, remove);
  seedLabel.append(seed);
  more.append(seedLabel, image, pick, drop, file);
  node.append(head, text, more, note);
  for (const button of [pick, drop, remove]) button.type = "button";
  Object.assign(text, { rows: 2, dir: "auto", placeholder: words.beat_example, autocomplete: "off" });
  Object.assign(seed, { inputMode: "numeric", placeholder: words.beat_seed_example, autocomplete: "off", spellcheck: false });
  Object.assign(file, { type: "file", accept: "image/*", hidden: true });
  image.alt = "";
  note.setAttribute("role", "status");
  let problem = ""; // of a picture that was not taken

  const composing = new Set();
  for (const [box, field] of [[text, "prompt"], [seed, "seed"]]) {
    box.addEventListener("compositionstart", () => composing.add(box));
    box.addEventListener("compositionend", () => {
      composing.delete(box);
      item[field] = box.value;
      acts.typed();
    });
    box.addEventListener("input", () => {
      if (composing.has(box)) return;
      item[field] = box.value;
      acts.typed();
    });
    box.addEventListener("blur", acts.left);
  }
  remove.onclick = () => acts.remove(item);
  pick.onclick = () => file.click();
  drop.onclick = () => {
    item.media_id = null;
    pick.focus();
    acts.changed();
  };
  file.onchange = async () => {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    const path = `${context.data().api}/pictures?name=${encodeURIComponent(chosen.name)}`;
    const answer = await fetch(path, { method: "POST", body: chosen }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    problem = answer?.ok ? "" : (told?.message ?? words.waiting);
    if (answer?.ok) item.media_id = told.media_id;
    acts.changed();
  };

  return {
    node,
    focus: () => text.focus(),
    collect() {
      if (!composing.size) return false;
      [item.prompt, item.seed] = [text.value, seed.value];
      return true;
    },
    // What it is called, from when it counts, and why it does not (`why`).
    draw(count, when, why) {
      const put = (box, value) => box.value !== value && (box.value = value);
      number.textContent = String(count);
      time.textContent = when;
      put(text, item.prompt ?? "");
      put(seed, item.seed ?? "");
      text.setAttribute("aria-label", filled(words.beat_text, { time: when }));
      seed.setAttribute("aria-label", filled(words.beat_seed, { time: when }));
      remove.setAttribute("aria-label", filled(words.beat_delete_at, { time: when }));
      image.hidden = drop.hidden = !item.media_id;
      pick.textContent = item.media_id ? words.beat_other_picture : words.beat_picture;
      pick.setAttribute("aria-label", `${pick.textContent}: ${when}`);
      drop.setAttribute("aria-label", `${words.beat_no_picture}: ${when}`);
      const address = item.media_id ? filled(context.data().strip.picture, { id: item.media_id }) : null;
      if (address && image.getAttribute("src") !== address) image.src = address;
      node.classList.toggle("past", Boolean(why));
      note.textContent = [why, problem].filter(Boolean).join(" ");
    },
  };
}
