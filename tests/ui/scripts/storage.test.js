// What a page keeps in the browser: nothing is lost where a storage is full, forbidden, or taken over by another tab.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { openStorage } from "../../../kapnb/ui/static/storage.js";

class FakeStorage extends Map {
  full = false;
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, text) {
    if (this.full) throw new Error("QuotaExceededError");
    this.set(key, text);
  }
  removeItem(key) { this.delete(key); }
}

let listeners;
beforeEach(() => {
  globalThis.localStorage = new FakeStorage();
  globalThis.sessionStorage = new FakeStorage();
  listeners = [];
  globalThis.addEventListener = (_, slot) => listeners.push(slot);
  globalThis.removeEventListener = (_, slot) => (listeners = listeners.filter((one) => one !== slot));
});

function open(exclusive = false) {
  const told = [];
  return { told, storage: openStorage({ name: "case", exclusive, unkept: {} }, (status) => told.push(status)) };
}

test("the reader's country is remembered for every page, and by none where there is no storage", () => {
  open().storage.country.write("uk");
  assert.equal(open().storage.country.read(), "uk");
  localStorage.full = true;
  assert.equal(open().storage.country.write("ie"), false);
  assert.equal(open().storage.country.read(), "uk");
});

test("what is kept comes back, and goes when it is forgotten", () => {
  open().storage.keep('{"ocd":"yes"}');
  const { storage } = open();
  assert.equal(storage.restored(), '{"ocd":"yes"}');
  storage.forget();
  assert.equal(open().storage.restored(), "");
  assert.equal(localStorage.size + sessionStorage.size, 0);
});

test("nothing to keep leaves there what is there", () => {
  open().storage.keep("old");
  open().storage.keep(null);
  assert.equal(open().storage.restored(), "old");
});

test("a full storage is told, and what was kept stays until there is room", () => {
  const { storage, told } = open();
  storage.keep("first");
  localStorage.full = true;
  storage.keep("second");
  assert.equal(told.at(-1).kept, false);
  assert.equal(localStorage.getItem("kapnb:case"), "first");
  localStorage.full = false;
  storage.keep("third");
  assert.equal(told.at(-1).kept, true);
  assert.equal(open().storage.restored(), "third");
});

test("what Python cannot use is set aside, and can be dropped", () => {
  localStorage.setItem("kapnb:case", "odd");
  const { storage } = open();
  storage.setAside();
  assert.equal(open().storage.restored(), "");
  assert.deepEqual([storage.status().aside, storage.aside(0)], [1, "odd"]);
  storage.dropAside(0);
  assert.equal(localStorage.size, 0);
});

test("what cannot be set aside stays as it is, and nothing is written over it", () => {
  localStorage.setItem("kapnb:case", "odd");
  const { storage } = open();
  localStorage.full = true;
  storage.setAside();
  localStorage.full = false;
  storage.keep("new");
  assert.equal(localStorage.getItem("kapnb:case"), "odd");
});

/** What a tab does; of all tabs the storage beyond the tab is one. */
function inTab(tab, act) {
  globalThis.sessionStorage = tab;
  return act();
}

test("of two tabs each goes on with its own case, and a new one with the case that was touched last", () => {
  const [first, second] = [new FakeStorage(), new FakeStorage()];
  const one = inTab(first, () => open());
  const two = inTab(second, () => open());
  inTab(first, () => one.storage.keep("one"));
  inTab(second, () => two.storage.keep("two"));
  listeners.forEach((slot) => slot({ key: "kapnb:case", newValue: "two" }));
  inTab(first, () => one.storage.keep("one")); // an answer of Python that changed nothing
  assert.equal(inTab(new FakeStorage(), () => open().storage.restored()), "two");
  assert.equal(inTab(first, () => open().storage.restored()), "one");
  assert.equal(inTab(second, () => open().storage.restored()), "two");
  inTab(first, () => one.storage.keep("one, answered on")); // the other tab is no reason to stop
  assert.equal(inTab(first, () => open().storage.restored()), "one, answered on");
  assert.deepEqual([...one.told, ...two.told], []);
});

test("where the tab's own storage is full, its older copy does not come back", () => {
  const { storage } = open();
  storage.keep("older");
  sessionStorage.full = true;
  storage.keep("newer");
  assert.equal(open().storage.restored(), "newer");
});

test("where the storage beyond the tab is full, the tab itself goes on with what is newer", () => {
  const { storage } = open();
  storage.keep("older");
  localStorage.full = true;
  storage.keep("newer");
  assert.equal(open().storage.restored(), "newer");
});

test("the banner promises what is kept, and no more", (context) => {
  const banner = { dataset: { ended: "Kept.", silent: "Kept." } };
  globalThis.document = { getElementById: (id) => (id === "session" ? banner : null) };
  context.after(() => delete globalThis.document);
  const storage = openStorage({ name: "case", exclusive: false, unkept: { ended: "Lost.", silent: "Lost." } }, () => {});
  storage.keep("first");
  assert.deepEqual([banner.dataset.ended, banner.dataset.silent], ["Kept.", "Kept."]);
  localStorage.full = true;
  storage.keep("second");
  assert.deepEqual([banner.dataset.ended, banner.dataset.silent], ["Lost.", "Lost."]);
  localStorage.full = false;
  storage.keep("third");
  assert.deepEqual([banner.dataset.ended, banner.dataset.silent], ["Kept.", "Kept."]);
});

test("a tab that another one has taken over keeps nothing more", () => {
  const { storage, told } = open(true);
  storage.keep("mine");
  localStorage.setItem("kapnb:case", "theirs");
  listeners.forEach((slot) => slot({ key: "kapnb:case", newValue: "theirs" }));
  storage.keep("mine again");
  assert.equal(told.at(-1).elsewhere, true);
  assert.equal(localStorage.getItem("kapnb:case"), "theirs");
});

test("word that comes late, of what was kept before a reload, stops nobody from keeping", () => {
  localStorage.setItem("kapnb:case", "older");
  localStorage.setItem("kapnb:case", "newer");
  const { storage, told } = open(true);
  listeners.forEach((slot) => slot({ key: "kapnb:case", newValue: "older" }));
  storage.keep("newest");
  assert.deepEqual([localStorage.getItem("kapnb:case"), told], ["newest", []]);
});

test("what an earlier version kept comes back once, its record before its what-if, and is not left behind", () => {
  localStorage.set("kapnb:recorded", "record");
  localStorage.set("kapnb:case", "what-if");
  localStorage.set("kapnb:aside", '["odd"]');
  const openNew = () => {
    const options = { name: "page", exclusive: false, unkept: {}, older: ["kapnb:recorded", "kapnb:case"], olderAside: "kapnb:aside" };
    return openStorage(options, () => {});
  };
  assert.equal(openNew().restored(), "record");
  const storage = openNew(); // nothing was kept yet, so it is still there
  assert.equal(storage.restored(), "record");
  assert.equal(storage.aside(0), "odd");
  storage.keep("new");
  assert.deepEqual([...localStorage.keys()].sort(), ["kapnb:page", "kapnb:page-aside"]);
  assert.equal(openNew().restored(), "new");
});

test("forgetting removes what an earlier version kept too", () => {
  localStorage.set("kapnb:case", "old");
  openStorage({ name: "page", exclusive: false, unkept: {}, older: ["kapnb:case"] }, () => {}).forget();
  assert.equal(localStorage.size, 0);
});
