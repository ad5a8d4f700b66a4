// @ts-check
// Whether the worker is still there. It is looked at every two seconds; looks are counted, not time, so that a machine that slept,
// or a tab that was put to sleep, does not take it for gone.

/** How many looks may pass without a word from it: while it begins from a copy of memory or in the ordinary way, and afterwards. */
export const LOOKS = { remembering: 18, beginning: 60, answering: 6 };
const CALM = 2; // looks after which it is asked whether it is there: long work answers late, a dead worker never does

function openSilence() {
  /** @type {keyof typeof LOOKS} */
  let doing = "answering";
  let waiting = false;
  let looks = 0;
  return {
    /** @param {keyof typeof LOOKS} what */
    begin(what) {
      doing = what;
      waiting = what !== "answering";
      looks = 0;
    },
    /** Something waits for an answer. */
    wait() {
      waiting = true;
    },
    /** It said something. While it begins, that is not yet what is waited for. */
    hear() {
      waiting = doing !== "answering";
      looks = 0;
    },
    /** @returns {"" | "ask" | "gone"} what is to be done */
    look() {
      if (!waiting) return "";
      looks += 1;
      return looks > LOOKS[doing] ? "gone" : looks > CALM ? "ask" : "";
    },
  };
}

export default openSilence;
