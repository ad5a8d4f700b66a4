// @ts-check
// The wall shows what it is sent, and nothing else.
import { base, code, draw, gone, listen, say } from "./room.js";

listen(
  `${base}/${code}/stream/wall`,
  {},
  (state) => state.html && draw(state.html),
  (_, state) => say(state.said ?? gone),
);
