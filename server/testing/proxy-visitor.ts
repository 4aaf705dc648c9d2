/** A fake of a sandbox's init in front of a real proxy: programs that connect, and what they get. */
import { pino } from 'pino';
import { Dialer, type Connect } from '../dial.ts';
import { FRAME_TYPES, type FrameType } from '../frames.ts';
import { Names, type Lookup } from '../names.ts';
import { Proxy } from '../proxy.ts';
import { Streams } from '../streams.ts';
import { until } from './until.ts';

export const HOST = 'public.example';

/** An address of the public internet, to which no test connects. */
export const PUBLIC = '93.184.215.14';

/** A request for a URL, as curl writes one. */
export function get(url: string, ...headers: string[]): string {
  return `GET ${url} HTTP/1.1\r\n${['Host: whatever', ...headers].join('\r\n')}\r\n\r\n`;
}

export function connectTo(target: string): string {
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`;
}

export interface VisitOptions {
  hosts?: string[];
  allowanceMb?: number;
  limit?: number;
  lookup?: Lookup;
  connect?: Connect;
}

/** One connection of a program's, as the program sees it. */
export class Program {
  received = Buffer.alloc(0);
  /** The proxy sends no more; without it before the close, the connection was broken off. */
  hasEnd = false;
  isClosed = false;
  /** Whether it acknowledges what it gets. */
  reads = true;
  /** Bytes that the proxy has taken. */
  taken = 0;
  #owed = 0;
  readonly #tell: (type: FrameType, payload?: Buffer) => void;

  constructor(tell: (type: FrameType, payload?: Buffer) => void) {
    this.#tell = tell;
  }

  /** Sends as far as its window goes, then as the proxy takes it. */
  async write(text: string | Buffer): Promise<void> {
    const bytes = Buffer.from(text as string);
    const before = this.taken;
    for (let at = 0; at < bytes.length; at += 16_384) {
      await until('the proxy to take more', () => at + 16_384 - (this.taken - before) <= 65_536);
      this.send(bytes.subarray(at, at + 16_384));
    }
  }

  send(bytes: Buffer): void {
    this.#tell(FRAME_TYPES.streamData, bytes);
  }

  end(): void {
    this.#tell(FRAME_TYPES.streamEnd);
  }

  close(): void {
    this.#tell(FRAME_TYPES.streamClose);
  }

  acknowledge(bytes = this.#owed): void {
    this.#owed -= bytes;
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    if (bytes > 0) this.#tell(FRAME_TYPES.streamAck, payload);
  }

  take(type: FrameType, payload: Buffer): void {
    if (type === FRAME_TYPES.streamData) {
      this.received = Buffer.concat([this.received, payload]);
      this.#owed += payload.length;
      // As init does: later, and not from within the call that has sent it.
      if (this.reads) queueMicrotask(() => this.acknowledge());
    } else if (type === FRAME_TYPES.streamAck) {
      this.taken += payload.readUInt32BE();
    } else if (type === FRAME_TYPES.streamEnd) {
      this.hasEnd = true;
    } else {
      this.isClosed = true;
    }
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** Waits for all that comes, and closes as a program does then. */
  async answer(): Promise<string> {
    await until('the end of the answer', () => this.hasEnd || this.isClosed);
    if (!this.isClosed) {
      this.end();
      this.close();
    }
    return this.text;
  }
}

/** Makes a proxy and the sandbox in front of it. */
export function visit(options: VisitOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const lookups: string[] = [];
  const connected: string[] = [];
  const lookup: Lookup = (host) => {
    lookups.push(host);
    return (options.lookup ?? (() => Promise.resolve([PUBLIC])))(host);
  };
  const connect: Connect = (address, port, signal) => {
    connected.push(`${address}:${port}`);
    if (!options.connect) return Promise.reject(new Error('nobody is there'));
    return options.connect(address, port, signal);
  };
  const proxy = new Proxy({
    hosts: options.hosts ?? [HOST],
    allowanceMb: options.allowanceMb ?? 1,
    dialer: new Dialer(new Names(lookup), connect),
    log: pino({ base: null, timestamp: false }, { write }),
  });
  const programs = new Map<number, Program>();
  const streams = new Streams({
    limit: options.limit ?? 16,
    send: (type, number, payload) => programs.get(number)?.take(type, payload),
    isIdle: () => true,
    opened: (stream) => proxy.serve(stream),
  });
  let last = 0;
  const open = (): Program => {
    const number = ++last;
    const program = new Program((type, payload = Buffer.alloc(0)) =>
      streams.take({ type, terminal: number, payload }),
    );
    programs.set(number, program);
    streams.take({ type: FRAME_TYPES.streamOpen, terminal: number, payload: Buffer.alloc(0) });
    return program;
  };
  /** Sends a request and returns the whole answer. */
  const ask = async (request: string): Promise<string> => {
    const program = open();
    await program.write(request);
    return program.answer();
  };
  return { open, ask, streams, lookups, connected, lines };
}

/** Opens a tunnel to the listed host, and forgets the answer that grants it. */
export async function tunnel(open: () => Program): Promise<Program> {
  const program = open();
  await program.write(connectTo(`${HOST}:443`));
  await until('the tunnel', () => program.text.endsWith('\r\n\r\n'));
  if (!program.text.startsWith('HTTP/1.1 200 ')) throw new Error(program.text);
  program.received = Buffer.alloc(0);
  return program;
}
