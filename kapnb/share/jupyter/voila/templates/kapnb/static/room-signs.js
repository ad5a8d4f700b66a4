// @ts-check
// A judgment as ten characters, for where there is no network: the same as write_signs in kapnb/room/codes.py, and a test compares them.

const SIGNS = "ACDEFHJKLMNPRTWXY34679";
const [LENGTH, CHECK, ROOMS, CASES, CHOICES, CONFIDENCES] = [10, 97, 1021, 64, 15, 3];
/** Of a page without a server; as many more are those of phones. */
export const SALTS = 65_536;

/** @param {string} text */
const value = (text) => [...text].reduce((sum, sign) => sum * SIGNS.length + SIGNS.indexOf(sign), 0);

/**
 * @param {string} code of the room
 * @param {{turn: number, round: number, outcome: number, confidence: number, salt: number}} judged places in their lists; the round from 1
 */
export function writeSigns(code, { turn, round, outcome, confidence, salt }) {
  const choice = outcome * CONFIDENCES + confidence;
  let number = ((((salt * CHOICES + choice) * 2 + round - 1) * CASES + turn) * ROOMS + (value(code) % ROOMS)) * CHECK;
  let signs = "";
  for (let place = 0; place < LENGTH; place += 1) {
    signs = SIGNS[number % SIGNS.length] + signs;
    number = Math.floor(number / SIGNS.length);
  }
  return `${signs.slice(0, 5)} ${signs.slice(5)}`;
}
