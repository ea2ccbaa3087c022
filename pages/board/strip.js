// Draws the tiles and tells the page {id, to} when one was dragged, or moved with Alt and an arrow key.
export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  const text = (tag, name, words) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (words) made.textContent = words;
    return made;
  };
  const tiles = data.tiles.map((tile, place) => {
    const item = text("li", tile.joined ? "tile joined" : "tile");
    item.tabIndex = 0;
    item.dataset.id = tile.id;
    item.setAttribute("aria-label", `${tile.label}, ${tile.length}, ${tile.state}. Alt and an arrow key moves it.`);
    item.title = `${tile.label}: ${tile.state}. Drag to move it, click to go to it.`;
    const shot = text("div", "shot", tile.picture ? "" : tile.joined ? "→" : "▱");
    shot.style.aspectRatio = data.ratio;
    if (tile.picture) {
      const image = document.createElement("img");
      image.src = tile.picture;
      image.alt = "";
      image.draggable = false;
      image.style.objectFit = data.fit;
      shot.append(image);
    }
    const line = text("div", "line");
    line.append(text("i", `dot ${tile.tone}`), text("b", "", tile.label), text("span", "", tile.length));
    item.append(shot, line);
    if (tile.joined && place > 0) item.append(text("div", "link", "›"));
    return item;
  });
  strip.replaceChildren(...tiles);

  const clearMarks = () => tiles.forEach((tile) => tile.classList.remove("before", "after", "held"));
  const goTo = (id) =>
    document.querySelector(`.st-key-shot-${id}`)?.scrollIntoView({ behavior: "smooth", block: "start" });
  const move = (id, from, to) => {
    if (to !== from && to >= 0 && to < tiles.length) setTriggerValue("moved", { id, to });
  };
  // The place among the other tiles where the one that is held would go.
  const placeAt = (x, held) => {
    let place = 0;
    tiles.forEach((tile, index) => {
      if (index === held) return;
      const box = tile.getBoundingClientRect();
      if (x > box.left + box.width / 2) place += 1;
    });
    return place;
  };
  const mark = (place, held) => {
    clearMarks();
    tiles[held].classList.add("held");
    const others = tiles.filter((_, index) => index !== held);
    if (place < others.length) others[place].classList.add("before");
    else others[others.length - 1]?.classList.add("after");
  };

  tiles.forEach((tile, index) => {
    tile.onkeydown = (event) => {
      if (event.key === "Enter") goTo(tile.dataset.id);
      if (!event.altKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
      event.preventDefault();
      move(tile.dataset.id, index, index + (event.key === "ArrowLeft" ? -1 : 1));
    };
    tile.onpointerdown = (press) => {
      if (press.button !== 0) return;
      // A finger scrolls the strip; shots are moved with the buttons there.
      const draggable = press.pointerType === "mouse" || press.pointerType === "pen";
      let dragging = false;
      const onMove = (event) => {
        if (!draggable) return;
        if (!dragging && Math.abs(event.clientX - press.clientX) < 6) return;
        dragging = true;
        const edge = strip.getBoundingClientRect();
        if (event.clientX > edge.right - 40) strip.scrollLeft += 12;
        if (event.clientX < edge.left + 40) strip.scrollLeft -= 12;
        mark(placeAt(event.clientX, index), index);
      };
      const done = (event) => {
        window.removeEventListener("pointermove", onMove);
        window.removeEventListener("pointerup", done);
        window.removeEventListener("pointercancel", done);
        clearMarks();
        if (event.type === "pointercancel") return;
        if (dragging) move(tile.dataset.id, index, placeAt(event.clientX, index));
        else goTo(tile.dataset.id);
      };
      window.addEventListener("pointermove", onMove);
      window.addEventListener("pointerup", done);
      window.addEventListener("pointercancel", done);
    };
  });
}
