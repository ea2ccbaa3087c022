// What is noticed away from the board: the title of the page, and a notification and a sound when a render ends.
function makeFinish(board) {
  const { words } = board;
  const silent = new Set(); // renders that were called off here
  let plain = null; // the page's own title, while ours is shown
  let ours = "";
  let sounds = null;

  function showTitle(data) {
    const name = data?.project.name ?? "";
    if (data?.render) {
      if (document.title !== ours) plain = document.title;
      ours = words.say("title-working", { share: words.percent(data.render.share), name });
      document.title = ours;
    } else if (plain !== null) {
      if (document.title === ours) document.title = plain;
      plain = null;
    }
  }

  const wants = (name) => kept.read(name, "off") === "on";

  function tell(data) {
    const failed = data.shots.filter((row) => row.kind === "failed").length;
    const text = failed ? words.count("finished-with-failures", failed) : words.say("finished");
    board.say(failed ? "finished-some-failed" : "finished");
    if (wants("sound")) ring();
    if (wants("notify") && "Notification" in window && Notification.permission === "granted") {
      const note = new Notification(data.project.name, { body: text, tag: `storyboard-${data.project.id}` });
      note.onclick = () => window.focus();
    }
  }

  // Two soft notes, made here.
  function ring() {
    sounds ??= new AudioContext();
    sounds.resume();
    [660, 880].forEach((pitch, index) => {
      const start = sounds.currentTime + index * 0.16;
      const loudness = sounds.createGain();
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.12, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.5);
      const note = sounds.createOscillator();
      note.frequency.value = pitch;
      note.connect(loudness).connect(sounds.destination);
      note.start(start);
      note.stop(start + 0.52);
    });
  }

  board.endings.push(() => {
    showTitle(null);
    sounds?.close();
  });

  return {
    showTitle,
    expectNothing: (id) => silent.add(id),
    isOn: wants,

    follow(before, now) {
      showTitle(now);
      const ended = before?.render?.id;
      if (ended && now.render?.id !== ended && !silent.has(ended)) tell(now);
    },

    // Leave to notify is asked for only when somebody wants it.
    async switchNotify(on) {
      if (on && (!("Notification" in window) || (await Notification.requestPermission()) !== "granted")) {
        board.toasts.error(words.say("notify-refused"));
        kept.write("notify", "off");
        return false;
      }
      kept.write("notify", on ? "on" : "off");
      return on;
    },

    switchSound(on) {
      kept.write("sound", on ? "on" : "off");
      if (on) ring();
      return on;
    },
  };
}
