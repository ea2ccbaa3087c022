// Pictures and texts that are pasted or dropped: they become shots, or the picture of the shot they were dropped on.
const OWN_KIND = "application/x-storyboard-cells";

function listenToPictures(board) {
  const { store, view, words, actions, net } = board;
  const veil = make("div", "veil");
  veil.append(make("div", "", words.say("drop-here")));
  veil.hidden = true;
  board.root.append(veil);
  let inside = 0;
  let over = null;
  let refused = []; // what was said of the files that were sent last

  const inItsOrder = (files) => {
    const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
    return [...files].sort((one, other) => order.compare(one.name, other.name));
  };

  // Sends them one by one and gives what was taken; whatever there is to say of one of them is said.
  async function upload(files) {
    const taken = [];
    const remarks = [];
    const refusals = [];
    const shown = board.toasts.progress(words.say("sending", { n: 0, all: files.length }));
    for (const [index, file] of files.entries()) {
      shown.at(words.say("sending", { n: index + 1, all: files.length }), index / files.length);
      try {
        if (file.size > board.mostBytes) throw new Refused(413, { message: words.say("too-large", { most: board.mostMegabytes }) });
        const picture = await net.sendPicture(file);
        taken.push(picture);
        for (const remark of picture.remarks ?? []) remarks.push(remark);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refusals.push(words.say("refused-file", { name: file.name, why: error.message }));
      }
    }
    shown.close();
    if (refusals.length) refused.push(board.toasts.error(refusals.join("\n")));
    if (remarks.length) board.toasts.say([...new Set(remarks)].join("\n"));
    return taken;
  }

  // Whoever sends others has read it.
  function forget() {
    for (const toast of refused) toast.close();
    refused = [];
  }

  async function addAll(files, after) {
    forget();
    await add(files, after);
  }

  async function add(files, after) {
    const taken = await upload(inItsOrder(files));
    if (!taken.length) return;
    try {
      const shots = taken.map((picture) => ({ prompt: "", media_id: picture.media_id }));
      const made = await actions.add(shots, after);
      board.toasts.say(words.count("added", made.length || shots.length), { text: words.say("undo"), act: actions.undo });
    } catch (error) {
      actions.refused(error);
    }
  }

  async function giveTo(id, files) {
    forget();
    const [first, ...others] = inItsOrder(files);
    if (first) {
      const [picture] = await upload([first]);
      if (picture) await actions.setPicture(id, picture.media_id);
    }
    if (others.length) await add(others, id);
  }

  // What is in a file decides in the end; by its name it is only sent to the one who can read it.
  const isText = (file) => file.type.startsWith("text/") || /\.(txt|csv|tsv|toml|md)$/i.test(file.name);

  // Texts are shown before they become shots, one after the other.
  async function offerTexts(files, after) {
    for (const file of inItsOrder(files)) {
      try {
        const { text, shots } = await net.readLines(file, file.name);
        if (shots.length) await board.dialogs.offerLines({ text, name: file.name, after });
        else board.toasts.error(words.say("text-empty", { name: file.name }));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        board.toasts.error(words.say("refused-file", { name: file.name, why: error.message }));
      }
    }
  }

  async function take(files, after, onto = null) {
    const texts = files.filter(isText);
    const others = files.filter((file) => !isText(file));
    if (texts.length && others.length) board.toasts.say(words.say("mixed"));
    if (others.length) await (onto ? giveTo(onto, others) : addAll(others, after));
    if (texts.length) await offerTexts(texts, onto ?? after);
  }

  // Boxes for files elsewhere on the page take what is dropped on them themselves.
  const isElsewhere = (event) =>
    event.composedPath().some((one) => one instanceof HTMLElement && (one.dataset.testid === "stFileUploader" || one.type === "file"));
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  function hover(id) {
    if (over === id) return;
    if (over) view.nodeOf(over)?.classList.remove("under-drop");
    over = id;
    if (over) view.nodeOf(over)?.classList.add("under-drop");
    setText(veil.firstChild, over ? words.say("drop-on", { shot: store.row(over).number }) : words.say("drop-here"));
  }

  function end() {
    inside = 0;
    hover(null);
    veil.hidden = true;
  }

  board.listen(document, "dragenter", (event) => {
    if (!hasFiles(event) || isElsewhere(event)) return;
    inside += 1;
    veil.hidden = false;
  });
  board.listen(document, "dragleave", (event) => {
    if (!hasFiles(event)) return;
    inside -= 1;
    if (inside <= 0) end();
  });
  board.listen(document, "dragover", (event) => {
    if (!hasFiles(event) || isElsewhere(event)) return;
    event.preventDefault();
    hover(view.shotOf(event));
  });
  board.listen(document, "drop", (event) => {
    if (!hasFiles(event) || isElsewhere(event)) return;
    event.preventDefault();
    const id = view.shotOf(event);
    const files = [...event.dataTransfer.files];
    end();
    if (!files.length) return;
    take(files, null, id);
  });

  function inCells(event) {
    return board.viewName === "list" && event.composedPath().includes(view.scroller);
  }

  const isMeant = (event) => !isTyping(event.composedPath()[0]) && !board.dialogs.isOpen();
  const own = (event) => event.composedPath().includes(board.root);

  function onPaste(event) {
    if (own(event)) event.stopPropagation();
    if (event.defaultPrevented || !isMeant(event)) return;
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (files.length) {
      event.preventDefault();
      take(files, view.lastChosen());
    } else if (inCells(event) && board.cells.paste(text, event.clipboardData.types.includes(OWN_KIND))) {
      event.preventDefault();
    } else if (/\S.*\n\s*\S/.test(text)) {
      event.preventDefault();
      board.dialogs.offerLines({ text });
    }
  }

  function onCopy(event) {
    if (own(event)) event.stopPropagation();
    if (!isMeant(event) || !inCells(event)) return;
    const text = board.cells.copy();
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData(OWN_KIND, text);
    event.preventDefault();
    board.say("copied");
  }

  for (const target of [board.root, document]) {
    board.listen(target, "paste", onPaste);
    board.listen(target, "copy", onCopy);
  }
  return { take };
}
