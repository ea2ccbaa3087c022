// Says whether the person has just chosen a link. A component tells the page nothing then: Streamlit would take a word
// that comes after the click for a wish to stay. One watch serves the whole page.
const MOST_WAY = 5000; // milliseconds; by then the other page is there, or the link led to none

const isLeaving = (window.studioIsLeaving ??= watchLinks());

function watchLinks() {
  let until = 0;
  const see = (event) => {
    if (event.composedPath().some((one) => one.tagName === "A")) until = performance.now() + MOST_WAY;
  };
  // The press already: it takes the focus out of a box, which is what has something to tell.
  for (const name of ["pointerdown", "click"]) window.addEventListener(name, see, true);
  return () => performance.now() < until;
}
