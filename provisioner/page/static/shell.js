// One connection to a shell: bytes both ways, and the acknowledgements that keep the server from sending too much.
// @ts-check

const PIECE = 16 * 1024; // bytes of one message: the server refuses those above 64 KiB
const ACKNOWLEDGE = 32 * 1024; // bytes; the server stops at 256 KiB, and should not have to wait for the last of them

/**
 * @typedef {object} ShellEvents
 * @property {() => void} opened
 * @property {(bytes: Uint8Array, drawn: () => void) => void} output
 * @property {(reason: string, milliseconds: number) => void} closed why, and how long it was open; 0: never
 */

export class Shell {
  /**
   * @param {string} place
   * @param {number} columns
   * @param {number} rows
   * @param {ShellEvents} events
   */
  constructor(place, columns, rows, events) {
    const address = new URL("/terminal", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.search = String(new URLSearchParams({ place, columns: String(columns), rows: String(rows) }));
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.events = events;
    this.reason = "";
    this.received = 0;
    this.drawn = 0;
    this.acknowledged = 0;
    let opened = 0;
    this.socket.addEventListener("open", () => {
      opened = performance.now();
      events.opened();
    });
    this.socket.addEventListener("message", ({ data }) => this.receive(data));
    this.socket.addEventListener("close", () => events.closed(this.reason, opened && performance.now() - opened));
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (typeof data === "string") {
      this.reason = JSON.parse(data).ended ?? "";
      return;
    }
    const bytes = new Uint8Array(data);
    this.received += bytes.length;
    this.events.output(bytes, () => this.acknowledge(bytes.length));
  }

  /** At once if nothing is left to draw: the server may be waiting. @param {number} size */
  acknowledge(size) {
    this.drawn += size;
    const due = this.drawn - this.acknowledged;
    if (due < ACKNOWLEDGE && this.drawn < this.received) return;
    this.tell({ ack: due });
    this.acknowledged = this.drawn;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  send(bytes) {
    if (!this.isOpen) return;
    for (let start = 0; start < bytes.length; start += PIECE) this.socket.send(bytes.subarray(start, start + PIECE));
  }

  /** @param {{ack: number} | {resize: [number, number]}} message */
  tell(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }
}
