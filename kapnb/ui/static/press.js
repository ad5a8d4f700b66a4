// @ts-check
// A page that is drawn anew while a button is held down can move from under the pointer, and the click is lost. So drawing waits.

const HELD = 2_000; // whoever holds on for longer does not click
const TAP = 50; // a finger clicks a moment after it has left

let pressed = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** What waits, with the newest that it was given. @type {Map<Function, unknown[]>} */
const due = new Map();

/** @param {number} wait */
function releaseIn(wait) {
  clearTimeout(timer);
  timer = setTimeout(release, wait);
}

function release() {
  pressed = false;
  const now = [...due];
  due.clear();
  for (const [draw, given] of now) draw(...given);
}

/** Draw at once, or as soon as what was pressed has been clicked. @template {unknown[]} T @param {(...given: T) => void} draw */
export function betweenPresses(draw) {
  return (/** @type {T} */ ...given) => {
    due.set(draw, given);
    if (!pressed) release();
  };
}

addEventListener(
  "pointerdown",
  ({ button, target }) => {
    if (button !== 0 || target instanceof HTMLSelectElement) return; // these open a menu, and may never say that it closed
    pressed = true;
    releaseIn(HELD);
  },
  true,
);
addEventListener("pointerup", () => pressed && releaseIn(TAP), true);
addEventListener("pointercancel", () => pressed && releaseIn(0), true);
addEventListener("click", () => pressed && releaseIn(0), true);
