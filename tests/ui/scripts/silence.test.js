// When a worker that says nothing is asked whether it is there, and when it counts as gone.

import assert from "node:assert/strict";
import { test } from "node:test";

import openSilence, { LOOKS } from "../../../kapnb/site/static/silence.js";

/** What some looks want, each different thing once. */
const look = (silence, times) => [...new Set(Array.from({ length: times }, () => silence.look()))];

test("where nothing waits, silence is nothing", () => {
  assert.deepEqual(look(openSilence(), 100), [""]);
});

test("what answers nothing is asked, and is gone after its looks and no sooner", () => {
  const silence = openSilence();
  silence.wait();
  assert.deepEqual(look(silence, 2), [""]);
  assert.deepEqual(look(silence, LOOKS.answering - 2), ["ask"]);
  assert.equal(silence.look(), "gone");
});

test("one word ends the waiting of what is at work", () => {
  const silence = openSilence();
  silence.wait();
  look(silence, LOOKS.answering);
  silence.hear();
  assert.deepEqual(look(silence, 100), [""]);
});

for (const doing of ["remembering", "beginning"]) {
  test(`while ${doing} a word is not yet what is waited for, and a slow device has more time`, () => {
    const silence = openSilence();
    silence.begin(doing);
    look(silence, LOOKS[doing]);
    silence.hear();
    assert.deepEqual(look(silence, LOOKS[doing]), ["", "ask"]);
    assert.equal(silence.look(), "gone");
    assert.ok(LOOKS[doing] >= 3 * LOOKS.answering);
  });
}

test("after a beginning that went well nothing is waited for", () => {
  const silence = openSilence();
  silence.begin("beginning");
  silence.begin("answering");
  assert.deepEqual(look(silence, 100), [""]);
});
