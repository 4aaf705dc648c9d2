/**
 * A fake of the sandbox daemon and its sandboxes at the process seam: a unix socket that speaks
 * frames. It makes no process; what is typed comes back as output.
 */
import { createServer, type Socket } from 'node:net';
import { encodeFrame, FRAME_TYPES, FrameReader, type Frame, type FrameType } from '../frames.ts';

/** The environment that the fake daemon has. */
export const FAKE_ENVIRONMENT = 'ipython';

/** What the fake daemon tells of it. */
export const FAKE_FACTS = {
  network: 'none',
  hosts: [],
  limits: { memory_mb: 256, processes: 64, connections: 16, network_mb: 100 },
};

export interface FakeDaemonOptions {
  /** What it tells of its environment. */
  facts?: object;
  /** Accept and then never answer. */
  isMute?: boolean;
  /** Make the sandbox, and leave its opening to the test. */
  holdsOpen?: boolean;
  /** Keep the connection after the server has ended its half, as while a sandbox is being killed. */
  lingers?: boolean;
  /** Take input without acknowledging or echoing it. */
  ignoresInput?: boolean;
}

/** A sandbox as its far end sees it. */
export class FakeSandbox {
  /** All that the server has sent. */
  readonly frames: Frame[] = [];
  isClosed = false;
  readonly #socket: Socket;
  readonly #options: FakeDaemonOptions;
  readonly #onHello: () => void;

  constructor(socket: Socket, options: FakeDaemonOptions, onHello: () => void) {
    this.#onHello = onHello;
    this.#socket = socket;
    this.#options = options;
    const reader = new FrameReader();
    socket.on('data', (chunk: Buffer) => reader.push(chunk).forEach((frame) => this.#take(frame)));
    socket.on('end', () => {
      this.isClosed = true;
      if (!options.lingers) socket.end();
    });
    socket.on('close', () => (this.isClosed = true));
    socket.on('error', () => socket.destroy());
  }

  /** What the server has sent of one type, as text. */
  received(type: FrameType): string[] {
    return this.frames
      .filter((frame) => frame.type === type)
      .map(({ payload }) => payload.toString());
  }

  /** How many bytes of output the server has acknowledged. */
  get ackedBytes(): number {
    return this.frames
      .filter(({ type }) => type === FRAME_TYPES.ack)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
  }

  output(bytes: string | Buffer): void {
    this.send(FRAME_TYPES.data, Buffer.from(bytes));
  }

  exit(code: number | null, signal: string | null, limit: string | null = null): void {
    this.sendJson(FRAME_TYPES.exit, { code, signal, limit });
  }

  fail(code: string): void {
    this.sendJson(FRAME_TYPES.error, { code, message: 'as the test wanted' });
    this.close();
  }

  sendJson(type: FrameType, value: object): void {
    this.send(type, Buffer.from(JSON.stringify(value)));
  }

  send(type: FrameType, payload: Buffer): void {
    this.sendRaw(encodeFrame({ type, terminal: 1, payload }));
  }

  sendRaw(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Breaks the connection, as when the sandbox is killed. */
  close(): void {
    this.#socket.end();
  }

  #answerProbe({ payload }: Frame): void {
    const { environment } = JSON.parse(payload.toString()) as { environment: string };
    if (environment !== FAKE_ENVIRONMENT) {
      this.fail('environment');
    } else if (!this.#options.isMute) {
      this.sendJson(FRAME_TYPES.ready, {});
      this.close();
    }
  }

  #take(frame: Frame): void {
    if (frame.type === FRAME_TYPES.probe) {
      this.#answerProbe(frame);
      return;
    }
    if (frame.type === FRAME_TYPES.hello) this.#onHello();
    this.frames.push(frame);
    const { isMute, holdsOpen, ignoresInput } = this.#options;
    if (isMute) return;
    if (frame.type === FRAME_TYPES.hello) {
      const { environment } = JSON.parse(frame.payload.toString()) as { environment: string };
      if (environment !== FAKE_ENVIRONMENT) {
        this.fail('environment');
        return;
      }
      this.sendJson(FRAME_TYPES.facts, this.#options.facts ?? FAKE_FACTS);
      this.sendJson(FRAME_TYPES.ready, { sandbox: 'fake' });
    }
    if (frame.type === FRAME_TYPES.open && !holdsOpen) {
      this.sendJson(FRAME_TYPES.open, { pid: 2 });
    }
    if (frame.type === FRAME_TYPES.data && !ignoresInput) {
      const taken = Buffer.alloc(4);
      taken.writeUInt32BE(frame.payload.length);
      this.send(FRAME_TYPES.ack, taken);
      this.output(frame.payload);
    }
  }
}

export interface FakeDaemon {
  /** Every sandbox that was asked for, the latest last. Probes do not count. */
  sandboxes: FakeSandbox[];
  stop(): Promise<void>;
}

/** Starts a fake daemon on a unix socket. */
export async function startFakeDaemon(
  path: string,
  options: FakeDaemonOptions = {},
): Promise<FakeDaemon> {
  const sandboxes: FakeSandbox[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const sandbox = new FakeSandbox(socket, options, () => sandboxes.push(sandbox));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    sandboxes,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
