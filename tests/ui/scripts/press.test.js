// What is drawn while a pointer is down waits until it has clicked, and then only the newest is drawn.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

const listeners = {};
Object.assign(globalThis, { addEventListener: (name, listener) => (listeners[name] = listener), HTMLSelectElement: class {} });
mock.timers.enable({ apis: ["setTimeout"] });
const { betweenPresses } = await import("../../../kapnb/ui/static/press.js");

let drawn;
const show = betweenPresses((text) => drawn.push(text));
const press = (more = {}) => listeners.pointerdown({ button: 0, target: {}, ...more });
beforeEach(() => (drawn = []));

test("without a press it is drawn at once", () => {
  show("a");
  assert.deepEqual(drawn, ["a"]);
});

for (const [what, events, wait] of [
  ["a click", ["pointerup", "click"], 0],
  ["a tap, whose click comes late, or a release elsewhere", ["pointerup"], 50],
  ["a press that became a scroll", ["pointercancel"], 0],
  ["a press that is held", [], 2_000],
]) {
  test(`${what} ends the wait`, () => {
    press();
    show("a");
    show("b");
    events.forEach((name) => listeners[name]({}));
    if (wait) mock.timers.tick(wait - 1);
    assert.deepEqual(drawn, []);
    mock.timers.tick(1);
    assert.deepEqual(drawn, ["b"]);
    show("c");
    assert.deepEqual(drawn, ["b", "c"]);
  });
}

test("nothing waits for a menu, or for another button", () => {
  press({ button: 2 });
  show("a");
  press({ target: new HTMLSelectElement() });
  show("b");
  assert.deepEqual(drawn, ["a", "b"]);
});
