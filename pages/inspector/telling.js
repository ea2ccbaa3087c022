// Owns what stands below a box of how its text is kept: what went wrong, and the choice between two texts.
//
// `box` has {textOf(value), mineOf(entry), newest(), putTheirs(value), focus()}.

// Both texts by words, each with what is only in it between two parts that they share.
function difference(mine, theirs) {
  const cut = (text) =>
    "Segmenter" in Intl
      ? [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].map((one) => one.segment)
      : [...text];
  const [one, other] = [cut(mine), cut(theirs)];
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < shorter - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return [one, other].map((words) =>
    [words.slice(0, start), words.slice(start, words.length - end), words.slice(words.length - end)].map((part) =>
      part.join(""),
    ),
  );
}

function makeMessage(field, shot, words, box) {
  const node = element("div", "message");
  node.id = `message-${field}`;
  node.setAttribute("role", "status");
  let drawn = "";

  function button(text, act, main) {
    const made = element("button", main ? "main" : "", text);
    made.type = "button";
    made.onclick = () => {
      act();
      box.focus();
    };
    return made;
  }

  function buttons(...all) {
    const line = element("div", "buttons");
    line.append(...all);
    return line;
  }

  function messageOf(shown, entry) {
    const says = (tone, text) => element("p", tone, text);
    const putBack = () => box.putTheirs(box.newest()?.[field] ?? entry.was);
    if (shown === "waiting") return [says("warn", words.waiting)];
    if (shown === "refused")
      return [says("bad", entry.problem || words.refused), buttons(button(words.put_back, putBack))];
    if (shown === "gone")
      return [
        says("warn", words.gone),
        ...(entry.problem ? [says("bad", entry.problem)] : []),
        buttons(button(words.bring_back, () => saving.bringBack(shot), true)),
      ];
    if (shown !== "changed") return [];
    const sides = difference(box.mineOf(entry), box.textOf(entry.theirs)).map(([before, differs, after], place) => {
      const side = element("div", "side");
      const text = element("div", "text");
      text.dir = "auto";
      text.append(before, element("mark", "", differs), after);
      side.append(element("h4", "", place ? words.theirs : words.mine), text);
      side.append(
        place
          ? button(words.take_theirs, () => box.putTheirs(entry.theirs))
          : button(words.keep_mine, () => saving.keepMine(shot, field), true),
      );
      return side;
    });
    const both = element("div", "both");
    both.append(...sides);
    return [says("warn", words.changed), both];
  }

  return {
    node,
    // Draws anew only what is another than before, so that nobody's focus is lost.
    draw(shown, entry) {
      const now = JSON.stringify([shown, entry?.problem, shown === "changed" && [entry.text, entry.theirs]]);
      if (now === drawn) return;
      drawn = now;
      node.replaceChildren(...messageOf(shown, entry));
    },
  };
}
