// Owns the arithmetic of beats: on which latent one begins, and when that is. It must be the engine's own.

const FRAMES = 4; // of a latent

// Halves go to the even number, as the engine rounds.
function roundEven(value) {
  const whole = Math.round(value);
  return Math.abs(value % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}

// `grid`: {first, latents, window, fps, before, opens, frames, by_sections}, of the shot in its chain.
function beatGrid(grid) {
  const { first, latents, window: size, fps, before, opens, frames, by_sections } = grid;
  const step = by_sections ? size : 1;
  const latentOf = (at) => {
    const latent = Math.max(0, roundEven(((before + at) * fps - 1) / FRAMES) + 1 - first);
    return by_sections ? roundEven(latent / size) * size : latent;
  };
  const secondsOf = (latent) => (latent === 0 ? 0 : (FRAMES * latent + (opens ? 1 : 0)) / fps);
  return {
    step,
    last: Math.floor((latents - 1) / step) * step, // the last latent on which one may begin
    length: frames / fps,
    latentOf,
    beginOf: (at) => secondsOf(latentOf(at)),
    secondsOf,
    // The time that is kept for a beat that begins on `latent`.
    momentOf: (latent) =>
      latent === 0 ? 0 : Math.max(0, Math.round(((FRAMES * (latent + first - 1) + 1) / fps - before) * 10_000) / 10_000),
    // The latent one may begin on that begins nearest to `seconds`.
    nearest(seconds) {
      const latent = Math.round((seconds * fps - (opens ? 1 : 0)) / FRAMES / step) * step;
      return Math.max(step, Math.min(this.last, latent));
    },
    isPast: (at, seconds) => at >= seconds || latentOf(at) >= latents,
  };
}
