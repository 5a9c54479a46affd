// A WebSocket that connects again by itself, after longer and longer pauses.
// @ts-check

const DELAYS = [500, 1000, 2000, 4000, 8000];
const JITTER = 0.5; // of the delay, so that a whole class does not return at once

/**
 * @typedef {object} SocketEvents
 * @property {(message: any) => void} message JSON, as the server sends it
 * @property {(data: ArrayBuffer) => void} [bytes]
 * @property {(connected: boolean, failures: number) => void} connection
 */

export class Socket {
  /**
   * @param {string} path
   * @param {SocketEvents} events
   */
  constructor(path, events) {
    this.path = path;
    this.events = events;
    this.failures = 0;
    this.isOver = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.connect();
  }

  connect() {
    const address = new URL(this.path, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.failures = 0;
      this.events.connection(true, 0);
    });
    socket.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) this.events.bytes?.(data);
      else this.events.message(JSON.parse(data));
    });
    socket.addEventListener("close", () => this.lose());
  }

  end() {
    this.isOver = true;
    this.socket?.close();
  }

  lose() {
    if (this.isOver) return;
    const delay = DELAYS[Math.min(this.failures, DELAYS.length - 1)];
    this.failures += 1;
    this.events.connection(false, this.failures);
    setTimeout(() => this.isOver || this.connect(), delay * (1 + JITTER * Math.random()));
  }

  /**
   * @param {object} message
   * @returns {boolean} false: there is no connection, nothing was sent
   */
  send(message) {
    return this.sendPlain(JSON.stringify(message));
  }

  /**
   * @param {string | Uint8Array<ArrayBuffer>} data as it is
   * @returns {boolean}
   */
  sendPlain(data) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(data);
    return true;
  }
}
