/** Tells the server how much output was drawn, often enough to keep the output flowing. */
import { ACK_EVERY_UNITS } from '../server/protocol.ts';

/**
 * How long less than a full portion waits, in ms, for more to be acknowledged with it. A hidden tab
 * may stretch this to a minute, which does no harm: what waits is a small part of the window.
 */
const REST_DELAY_MS = 100;

/** Counts drawn messages and acknowledges them together. */
export class OutputAcks {
  #messages = 0;
  #units = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly send: (messages: number) => void) {}

  /** One more message of so many UTF-16 units is on the screen. */
  drawn(units: number): void {
    this.#messages += 1;
    this.#units += units;
    if (this.#units >= ACK_EVERY_UNITS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), REST_DELAY_MS);
  }

  /** Nothing is acknowledged any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.send(this.#messages);
    this.#messages = 0;
    this.#units = 0;
  }
}
