// The connection to the server: requests with their progress and answers, and what the server says by itself.
// @ts-check

import { Socket } from "./socket.js";

/** An answer that says what went wrong, with its evidence and the next step. */
export class RequestError extends Error {
  /** @param {Failure} failure */
  constructor(failure) {
    super(failure.error);
    this.evidence = failure.evidence ?? "";
    this.hint = failure.hint ?? "";
  }
}

/**
 * @typedef {object} Pending
 * @property {(result: never) => void} resolve
 * @property {(error: RequestError) => void} reject
 * @property {(line: string) => void} progress
 */

/**
 * @typedef {object} Events
 * @property {(lab: Lab) => void} lab
 * @property {(activity: string) => void} busy
 * @property {(result: CheckResult) => void} watched
 * @property {(on: boolean) => void} watching
 * @property {(connected: boolean, failures: number) => void} connection
 */

export class Live {
  /** @param {Events} events */
  constructor(events) {
    this.events = events;
    /** @type {Map<number, Pending>} */
    this.pending = new Map();
    this.lastId = 0;
    this.socket = new Socket("/live", {
      message: (message) => this.receive(message),
      connection: (connected, failures) => {
        if (!connected) this.rejectPending();
        this.events.connection(connected, failures);
      },
    });
  }

  /** Nothing is known about the requests under way: the server may have finished them or not. */
  rejectPending() {
    const failure = { error: "the connection to `lab page` was lost", hint: "See below whether it took effect, then try again." };
    for (const { reject } of this.pending.values()) reject(new RequestError(failure));
    this.pending.clear();
  }

  /**
   * @template {keyof Results} Name
   * @param {Name} name
   * @param {Record<string, unknown>} [details]
   * @param {(line: string) => void} [progress]
   * @returns {Promise<Results[Name]>}
   */
  request(name, details = {}, progress = () => {}) {
    const id = ++this.lastId;
    if (!this.socket.send({ ...details, id, do: name })) {
      const failure = { error: "no connection to `lab page`", hint: "Look whether it still runs in the terminal where you started it." };
      return Promise.reject(new RequestError(failure));
    }
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject, progress }));
  }

  /** @param {{id?: number, progress?: string, result?: never, error?: Failure, lab?: Lab, busy?: string, watched?: CheckResult, watching?: boolean}} message */
  receive(message) {
    const { id } = message;
    if (id === undefined) {
      if (message.lab) this.events.lab(message.lab);
      if (message.busy !== undefined) this.events.busy(message.busy);
      if (message.watched) this.events.watched(message.watched);
      if (message.watching !== undefined) this.events.watching(message.watching);
      return;
    }
    const pending = this.pending.get(id);
    if (!pending) return;
    if (message.progress !== undefined) {
      pending.progress(message.progress);
      return;
    }
    this.pending.delete(id);
    if (message.error) pending.reject(new RequestError(message.error));
    else pending.resolve(/** @type {never} */ (message.result));
  }
}
