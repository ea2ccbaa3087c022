// A picture in its frame, dragged and zoomed. What is shown is what the engine cuts: the picture fills the frame times
// the zoom; x and y are thousandths of the way it can be moved.
const frames = new WeakMap();
const STEP = 10; // thousandths a key press
const MOST_ZOOM = 4000;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".placing");
  let frame = frames.get(root);
  if (!frame || frame.shot !== data.shot) {
    frame?.save();
    frame = openFrame(root, data);
    frames.set(root, frame);
  }
  frame.given(data);
  return () => {
    frames.get(root)?.save();
    frames.delete(root);
  };
}

function openFrame(root, data) {
  root.replaceChildren();
  const box = document.createElement("div");
  const image = document.createElement("img");
  const line = document.createElement("div");
  const zoom = document.createElement("input");
  const label = document.createElement("label");
  const centre = document.createElement("button");
  box.className = "frame";
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", data.words.frame);
  box.title = data.words.frame;
  image.alt = "";
  line.className = "line";
  zoom.type = "range";
  zoom.min = 1000;
  zoom.max = MOST_ZOOM;
  zoom.step = 10;
  label.append(data.words.zoom, " ", zoom);
  label.style.display = "contents";
  centre.type = "button";
  centre.textContent = data.words.centre;
  line.append(label, centre);
  box.append(image);
  root.append(box, line);

  const frame = { shot: data.shot, place: [...data.place], was: [...data.place], version: data.version };
  let saving = 0;
  let asked = Promise.resolve();

  const room = () => {
    const [, , scale] = frame.place;
    const wide = box.clientWidth;
    const high = box.clientHeight;
    const fill = Math.max(wide / image.naturalWidth, high / image.naturalHeight) * (scale / 1000);
    const w = image.naturalWidth * fill;
    const h = image.naturalHeight * fill;
    return { w, h, free: [w - wide, h - high] };
  };
  const draw = () => {
    zoom.value = frame.place[2];
    if (!image.naturalWidth || !box.clientWidth) return;
    const { w, h, free } = room();
    image.style.width = `${w}px`;
    image.style.height = `${h}px`;
    image.style.left = `${(-free[0] * frame.place[0]) / 1000}px`;
    image.style.top = `${(-free[1] * frame.place[1]) / 1000}px`;
  };
  const put = (x, y, scale) => {
    const within = (value, least, most) => Math.round(Math.min(Math.max(value, least), most));
    frame.place = [within(x, 0, 1000), within(y, 0, 1000), within(scale, 1000, MOST_ZOOM)];
    draw();
    clearTimeout(saving);
    saving = setTimeout(frame.save, 300);
  };
  frame.save = () => {
    clearTimeout(saving);
    const place = [...frame.place];
    if (place.every((value, at) => value === frame.was[at])) return;
    const names = ["place_x", "place_y", "place_zoom"];
    const was = Object.fromEntries(names.map((name, at) => [name, frame.was[at]]));
    const changes = Object.fromEntries(names.map((name, at) => [name, place[at]]));
    frame.was = place;
    asked = asked.then(async () => {
      const answer = await fetch(`${data.api}/shots/${frame.shot}`, {
        method: "PATCH",
        keepalive: true,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ version: frame.version, was, changes }),
      }).catch(() => null);
      const said = answer?.ok ? await answer.json() : null;
      if (!said) return;
      frame.version = said.version;
      window.dispatchEvent(
        new CustomEvent("studio:saved", { detail: { shot: frame.shot, version: said.version, row: said.shot } }),
      );
    });
  };
  frame.given = (now) => {
    box.style.aspectRatio = now.ratio;
    frame.version = Math.max(frame.version, now.version);
    if (image.getAttribute("src") !== now.picture) image.src = now.picture;
    const untouched = frame.place.every((value, at) => value === frame.was[at]);
    if (untouched) {
      frame.place = [...now.place];
      frame.was = [...now.place];
    }
    draw();
  };

  image.addEventListener("load", draw);
  new ResizeObserver(draw).observe(box);
  let from = null;
  box.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY, place: [...frame.place] };
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (!from) return;
    const { free } = room();
    const moved = (way, at) => (free[at] > 0 ? from.place[at] - (way / free[at]) * 1000 : from.place[at]);
    put(moved(event.clientX - from.x, 0), moved(event.clientY - from.y, 1), frame.place[2]);
  });
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => (from = null));
  box.addEventListener("keydown", (event) => {
    const [x, y, scale] = frame.place;
    if (event.key === "Escape" && from) {
      const back = from.place;
      from = null;
      put(...back);
      return;
    }
    const to = {
      ArrowLeft: [x - STEP, y, scale],
      ArrowRight: [x + STEP, y, scale],
      ArrowUp: [x, y - STEP, scale],
      ArrowDown: [x, y + STEP, scale],
      "+": [x, y, scale + 50],
      "=": [x, y, scale + 50],
      "-": [x, y, scale - 50],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    put(...to);
  });
  zoom.addEventListener("input", () => put(frame.place[0], frame.place[1], Number(zoom.value)));
  centre.addEventListener("click", () => put(500, 500, 1000));
  return frame;
}
