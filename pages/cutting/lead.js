// Owns the small window in which it is chosen what leads into a shot: its kind, its length, and where in it the cut lies.
const KINDS = ["cut", "dissolve", "black", "white", "wipe"];
const PLACES = ["in", "centre", "out"];

function makeLeadWindow(words, { change, closed }) {
  const node = element("dialog", "lead-window");
  let clip = null;
  const names = [];

  const kind = choice(KINDS, "lead");
  const place = choice(PLACES, "place");
  const length = element("input", "seconds");
  Object.assign(length, { type: "number", min: "0", max: "10", step: "0.1" });
  const note = element("p", "note");
  const close = element("button", "", words.done);
  close.type = "button";
  close.onclick = () => node.close();
  node.append(labelled(words.lead, kind.node), labelled(words.lead_seconds, length), labelled(words.lead_place, place.node));
  node.append(note, close);

  function choice(names, group) {
    const box = element("select");
    for (const name of names) {
      const option = element("option", "", words[`${group}_${name}`]);
      option.value = name;
      box.append(option);
    }
    return { node: box };
  }

  function labelled(text, box) {
    const line = element("div", "line");
    const label = element("label", "", text);
    box.id = label.htmlFor = `lead-${box.className || box.tagName}-${names.push(text)}`;
    line.append(label, box);
    return line;
  }

  function show() {
    const cut = kind.node.value === "cut";
    length.disabled = place.node.disabled = cut;
    note.textContent = cut ? words.lead_cut_note : words.lead_note;
  }

  kind.node.onchange = () => (show(), change(clip, { transition: kind.node.value }));
  place.node.onchange = () => change(clip, { transition_at: place.node.value });
  length.onchange = () => {
    const seconds = Math.max(0, Math.min(10, Number(length.value.replace(",", ".")) || 0));
    length.value = String(seconds);
    change(clip, { transition_seconds: seconds });
  };
  node.addEventListener("close", () => closed(clip));
  node.addEventListener("click", (event) => event.target === node && node.close());

  return {
    node,
    open(given) {
      clip = given;
      kind.node.value = clip.lead.kind;
      place.node.value = clip.lead.at;
      length.value = String(clip.lead.seconds);
      node.setAttribute("aria-label", filled(words.lead_into, { shot: clip.label }));
      show();
      node.showModal();
      kind.node.focus();
    },
    // The same shot as it is now.
    tell(film) {
      if (clip) clip = film.clips.find((one) => one.shot_id === clip.shot_id) ?? clip;
    },
  };
}
