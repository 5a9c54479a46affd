// The board's connection to the server: boards as they come, and requests with their answers.
// @ts-check

import { RequestError } from "/static/live.js";
import { Socket } from "/static/socket.js";

/**
 * @typedef {object} Events
 * @property {(board: Board) => void} board
 * @property {(busy: Busy) => void} busy
 * @property {(connected: boolean, failures: number) => void} connection
 */

/**
 * @typedef {object} Pending
 * @property {(result: unknown) => void} resolve
 * @property {(error: RequestError) => void} reject
 */

export class Connection {
  /** @param {Events} events */
  constructor(events) {
    this.events = events;
    /** @type {Map<number, Pending>} */
    this.pending = new Map();
    this.lastId = 0;
    this.socket = new Socket("/board/live", {
      message: (message) => this.receive(message),
      connection: (isConnected, failures) => {
        if (!isConnected) this.rejectAll();
        events.connection(isConnected, failures);
      },
    });
  }

  /**
   * @template {keyof BoardRequests} Name
   * @param {Name} name
   * @param {BoardRequests[Name]} details
   * @returns {Promise<unknown>}
   */
  request(name, details) {
    const id = ++this.lastId;
    if (!this.socket.send({ ...details, id, do: name })) {
      return Promise.reject(new RequestError({ error: "no connection to the class's server", hint: "Wait until it is back." }));
    }
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
  }

  /** The server may have done what was asked for, or not. */
  rejectAll() {
    const failure = { error: "the connection to the class's server was lost", hint: "Look whether it took effect, then try again." };
    for (const { reject } of this.pending.values()) reject(new RequestError(failure));
    this.pending.clear();
  }

  /** @param {{id?: number, result?: unknown, error?: Failure, board?: Board, busy?: Busy}} message */
  receive({ id, result, error, board, busy }) {
    if (board) this.events.board(board);
    if (busy) this.events.busy(busy);
    const pending = id === undefined ? undefined : this.pending.get(id);
    if (id === undefined || !pending) return;
    this.pending.delete(id);
    if (error) pending.reject(new RequestError(error));
    else pending.resolve(result);
  }
}
