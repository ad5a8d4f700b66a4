// What a reader does gets to Python once and in order, over a lost connection, a reload and a new session.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { openConnection } from "../../../kapnb/ui/static/connection.js";

const opened = [];
afterEach(() => opened.splice(0).forEach((one) => one.close()));

/** A kernel that takes what is sent, unless its connection is lost. */
function makeModel(session = "one") {
  const slots = new Set();
  const kernel = {
    connectionStatus: "connected",
    connectionStatusChanged: { connect: (slot) => slots.add(slot), disconnect: (slot) => slots.delete(slot) },
    turn(status) {
      this.connectionStatus = status;
      slots.forEach((slot) => slot(null, status));
    },
  };
  const state = { session, heard: {} };
  return { sent: [], state, kernel, get: (name) => state[name], send(message) { this.sent.push(message); }, widget_manager: { kernel } };
}

function makeMemory(text = "") {
  return { text, read() { return this.text; }, write(now) { this.text = now; } };
}

function open(model, memory = makeMemory(), isKept = () => true) {
  const connection = openConnection(model, memory, isKept, () => {});
  opened.push(connection);
  return connection;
}

/** Python takes everything up to a turn. */
function take(model, connection, turn) {
  model.state.heard = { [model.sent.at(-1).client]: turn };
  connection.hear();
}

const actions = (model) => model.sent.map(({ action }) => action);

test("messages are numbered, and one waits until Python has taken it", () => {
  const model = makeModel();
  const connection = open(model);
  connection.send({ action: "a" });
  connection.send({ action: "b" });
  assert.deepEqual(model.sent.map(({ action, turn }) => [action, turn]), [["a", 1], ["b", 2]]);
  take(model, connection, 1);
  assert.equal(connection.settled, false);
  assert.equal(connection.waitsFor("b"), true);
  take(model, connection, 2);
  assert.equal(connection.settled, true);
});

test("what is done while the connection is lost is sent in order once it is back", () => {
  const model = makeModel();
  const connection = open(model);
  model.kernel.turn("connecting");
  connection.send({ action: "a" });
  connection.send({ action: "b" });
  assert.deepEqual(actions(model), []);
  model.kernel.turn("connected");
  assert.deepEqual(actions(model), ["kapnb:again", "a", "b"]);
});

test("after a reload what was not taken is sent again, with turns that follow on", () => {
  const model = makeModel();
  const memory = makeMemory();
  const before = open(model, memory);
  before.send({ action: "a" });
  before.send({ action: "b" });
  take(model, before, 1);
  before.close();
  model.sent.length = 0;
  const client = JSON.parse(memory.text).client;
  model.state.heard = { [client]: 1 };
  open(model, memory);
  assert.deepEqual(model.sent.map(({ action, turn }) => [action, turn]), [["b", 2]]);
  assert.equal(model.sent[0].client, client);
});

test("what an earlier session did not take is said again when asked, and three times at most", () => {
  const memory = makeMemory();
  open(makeModel("one"), memory).send({ action: "a", about: "V01" });
  const shown = [];
  for (const session of ["two", "three", "four", "five"]) {
    opened.splice(0).forEach((one) => one.close());
    const model = makeModel(session);
    const connection = open(model, memory);
    assert.deepEqual(actions(model), []);
    connection.replay("V02");
    assert.deepEqual(actions(model), []);
    connection.replay("V01");
    shown.push(model.sent.length);
  }
  assert.deepEqual(shown, [1, 1, 1, 0]);
});

/** The banner of a served page; `end` says in it that the session has ended. */
function openBanner(context) {
  const banner = { dataset: {} };
  const watching = new Set();
  globalThis.document = { getElementById: () => banner };
  globalThis.MutationObserver = class {
    constructor(slot) { this.slot = slot; }
    observe() { watching.add(this.slot); }
    disconnect() { watching.delete(this.slot); }
  };
  context.after(() => ["document", "MutationObserver"].forEach((name) => delete globalThis[name]));
  return {
    end() {
      banner.dataset.state = "ended";
      watching.forEach((slot) => slot());
      delete banner.dataset.state;
    },
  };
}

test("who reloads again and again before Python has answered loses nothing", (context) => {
  openBanner(context);
  const memory = makeMemory();
  open(makeModel("one"), memory).send({ action: "ask", about: "V01" });
  for (const session of ["two", "three", "four", "five", "six"]) {
    opened.splice(0).forEach((one) => one.close());
    const model = makeModel(session);
    open(model, memory).replay();
    assert.deepEqual(actions(model), ["ask"]);
  }
});

test("what three sessions in a row did not survive is given up, and what waits behind it is not", (context) => {
  const banner = openBanner(context);
  const memory = makeMemory();
  const first = open(makeModel("one"), memory);
  first.send({ action: "deadly" });
  first.send({ action: "ask" });
  const shown = [];
  for (const session of ["two", "three", "four"]) {
    banner.end();
    opened.splice(0).forEach((one) => one.close());
    const model = makeModel(session);
    open(model, memory).replay();
    shown.push(actions(model).join(" "));
  }
  assert.deepEqual(shown, ["deadly ask", "deadly ask", "ask"]);
});

test("files and what is not to be kept are not stored", () => {
  const memory = makeMemory();
  const connection = open(makeModel(), memory, ({ action }) => action !== "look");
  connection.send({ action: "look" });
  connection.send({ action: "load" }, [new ArrayBuffer(8)]);
  assert.equal(memory.text, "");
  connection.send({ action: "answer" });
  assert.deepEqual(JSON.parse(memory.text).waiting.map(({ message }) => message.action), ["answer"]);
});

test("a stored text that is no such text is left alone", () => {
  for (const text of ["{", "[]", "null", '{"session":"one","client":"c","waiting":[{"turn":"1"}]}']) {
    const model = makeModel();
    open(model, makeMemory(text));
    assert.deepEqual(model.sent, []);
  }
});
