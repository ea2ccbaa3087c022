// Owns what is heard while the film plays: its music and the sounds of its shots, each in step with the playhead.
const SOUND_DRIFT = 0.15; // seconds a sound may be off before it is put right
const SOUND_AHEAD = 3; // seconds before a sound is due it is fetched
const FASTEST_HEARD = 4;
const DUCKING = 0.12; // of the way the music goes down or up at each picture

function makeSound() {
  let film = null;
  let tracks = []; // {key, url, volume(seconds), due(seconds), voice, music}
  let players = new Map();
  let on = true;
  let ducked = 1;

  function tell(given) {
    film = given;
    const all = film.frames / film.rate;
    tracks = film.clips.flatMap((clip) =>
      clip.sounds.map((sound, place) => {
        const from = clip.start / film.rate + sound.at;
        return {
          key: `${clip.shot_id}/${place}/${sound.id}`,
          url: sound.url,
          due: (seconds) => (seconds >= from && seconds < from + sound.seconds ? seconds - from : null),
          nears: (seconds) => seconds > from - SOUND_AHEAD && seconds < from + sound.seconds,
          volume: () => 10 ** (sound.db / 20),
          voice: sound.sort === "voice",
          music: false,
        };
      }),
    );
    if (film.music) {
      const { music } = film;
      tracks.push({
        key: `music/${music.id}`,
        url: music.url,
        due: (seconds) => musicSeconds(music, seconds, all),
        nears: () => true,
        volume: (seconds) => musicLevel(music, seconds, all),
        voice: false,
        music: true,
      });
    }
    const known = new Set(tracks.map((track) => track.key));
    for (const key of [...players.keys()]) if (!known.has(key)) drop(key);
  }

  function drop(key) {
    const player = players.get(key);
    player.pause();
    player.removeAttribute("src");
    players.delete(key);
  }

  function playerOf(track) {
    if (!players.has(track.key)) {
      const made = new Audio(track.url);
      made.preload = "auto";
      players.set(track.key, made);
    }
    return players.get(track.key);
  }

  // The playhead is at a frame and moves at a rate, 1 being as the film is; 0 and what is too fast are silent.
  function follow(at, rate) {
    if (!film) return;
    const seconds = at / film.rate;
    const heard = on && rate > 0 && rate <= FASTEST_HEARD;
    const spoken = heard && tracks.some((track) => track.voice && track.due(seconds) !== null);
    const wanted = spoken && film.music ? 10 ** (-film.music.duck / 20) : 1;
    ducked += (wanted - ducked) * DUCKING;
    for (const track of tracks) {
      const due = track.due(seconds);
      if (!heard || due === null) {
        players.get(track.key)?.pause();
        if (players.has(track.key) && !track.nears(seconds)) drop(track.key);
        if (heard && track.nears(seconds)) playerOf(track);
        continue;
      }
      const player = playerOf(track);
      player.volume = Math.max(0, Math.min(1, track.volume(seconds) * (track.music ? ducked : 1)));
      if (player.playbackRate !== rate) player.playbackRate = rate;
      if (Math.abs(player.currentTime - due) > SOUND_DRIFT && !player.seeking) player.currentTime = due;
      if (player.paused && player.readyState > 1) player.play().catch(() => {});
    }
  }

  return {
    tell,
    follow,
    switchTo(given) {
      on = given;
      if (!on) players.forEach((player) => player.pause());
    },
    has: () => tracks.length > 0,
    end: () => [...players.keys()].forEach(drop),
  };
}
