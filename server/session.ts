/**
 * A session: one visitor's sandbox from its making to its end, with its clocks and windows. It knows
 * nothing of how the visitor is connected.
 */
import { InputFlow, OutputFlow } from './flow.ts';
import { Notices } from './notices.ts';
import type { Proxy } from './proxy.ts';
import type { CloseReason, End, Limit, Notice, Size } from './protocol.ts';
import { Sandbox } from './sandbox-client.ts';
import type { Exit, Facts, SandboxFailure } from './sandbox-fields.ts';

/** Whom a session tells; `ended` comes once, and after it only `gone`. */
export interface SessionClient {
  /** The process runs and takes input. */
  running(): void;
  write(text: string): void;
  /** So many messages of input, oldest first, were taken by the process. */
  acked(messages: number): void;
  /** The visitor's programs have met a limit; the session goes on. */
  noticed(notice: Notice): void;
  /** @param detail what failed on our side, for the log */
  ended(end: End, detail?: string): void;
  /** Nothing of the sandbox is left: its room is free. */
  gone(): void;
}

export interface SessionOptions {
  /** The daemon's unix socket. */
  socketPath: string;
  environment: string;
  size: Size;
  /** All in ms. */
  idleTimeoutMs: number;
  sessionTimeoutMs: number;
  stallTimeoutMs: number;
  /** Makes the way out of a sandbox whose environment has one. */
  createProxy(facts: Facts): Proxy;
}

/** What the visitor gets to know of a failure of the sandbox. */
const FAILURE_REASONS: Record<SandboxFailure['code'], CloseReason> = {
  environment: 'environment',
  full: 'full',
  protocol: 'fault',
  fault: 'fault',
  memory: 'memory',
};

/** A session. It starts as soon as it is made. */
export class Session {
  /** starting: the sandbox is being made; running: its process takes input; ended: all is gone. */
  #state: 'starting' | 'running' | 'ended' = 'starting';
  readonly #abort = new AbortController();
  readonly #options: SessionOptions;
  readonly #client: SessionClient;
  readonly #sandbox: Sandbox;
  readonly #output = new OutputFlow();
  readonly #input = new InputFlow();
  #notices: Notices | undefined;
  #proxy: Proxy | undefined;
  readonly #idleTimer: NodeJS.Timeout;
  readonly #totalTimer: NodeJS.Timeout;
  #stallTimer: NodeJS.Timeout | undefined;
  #size: Size;
  /** The size that the command was started with. */
  #openedWith: Size | undefined;

  constructor(options: SessionOptions, client: SessionClient) {
    this.#options = options;
    this.#client = client;
    this.#size = options.size;
    this.#idleTimer = setTimeout(() => this.end({ reason: 'idle' }), options.idleTimeoutMs);
    this.#totalTimer = setTimeout(() => this.end({ reason: 'limit' }), options.sessionTimeoutMs);
    this.#sandbox = new Sandbox(options.socketPath, options.environment, this.#abort.signal, {
      ready: (facts) => this.#open(facts),
      opened: () => this.#run(),
      data: (bytes) => this.#receive(bytes),
      acked: (bytes) => this.#taken(bytes),
      noticed: (limit) => this.#notice(limit),
      connected: (stream) => this.#proxy?.serve(stream),
      exited: (exit) => this.#exit(exit),
      failed: (failure) => this.#fail(failure),
      gone: () => client.gone(),
    });
  }

  /** Types. Before the process runs, or past the window, it is a breach of the protocol. */
  input(text: string): void {
    if (this.#state === 'ended') return;
    const bytes = Buffer.from(text, 'utf8');
    if (this.#state === 'starting' || !this.#input.receive(bytes.length)) {
      this.end({ reason: 'protocol' });
      return;
    }
    this.#idleTimer.refresh();
    this.#sandbox.input(bytes);
  }

  /** Changes the size; while the sandbox is being made, the latest one is kept for its start. */
  resize(size: Size): void {
    this.#size = size;
    if (this.#state === 'running') this.#sandbox.resize(size);
  }

  /** The visitor has seen so many messages of output. */
  ack(messages: number): void {
    if (this.#state === 'ended') return;
    const bytes = this.#output.ack(messages);
    if (bytes === undefined) {
      this.end({ reason: 'protocol' });
      return;
    }
    this.#sandbox.ack(bytes);
    this.#stopStallTimer();
    this.#deliver();
  }

  /** Ends the session and all in its sandbox; further calls do nothing. */
  end(end: End, detail?: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#totalTimer);
    this.#stopStallTimer();
    this.#abort.abort();
    this.#client.ended(end, detail);
  }

  #open(facts: Facts): void {
    this.#notices = new Notices(facts.limits);
    if (facts.network === 'proxy') this.#proxy = this.#options.createProxy(facts);
    this.#openedWith = this.#size;
    this.#sandbox.open(this.#size);
  }

  #run(): void {
    this.#state = 'running';
    if (this.#size !== this.#openedWith) this.#sandbox.resize(this.#size);
    this.#client.running();
  }

  #receive(bytes: Buffer): void {
    if (!this.#output.receive(bytes)) {
      this.#break('the sandbox exceeded its output window');
      return;
    }
    this.#deliver();
  }

  #deliver(): void {
    for (let text = this.#output.next(); text !== undefined; text = this.#output.next()) {
      this.#client.write(text);
    }
    if (this.#stallTimer || !this.#output.isHeldBack) return;
    const end = () => this.end({ reason: 'stalled' });
    this.#stallTimer = setTimeout(end, this.#options.stallTimeoutMs);
  }

  #stopStallTimer(): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
  }

  #taken(bytes: number): void {
    const messages = this.#input.ack(bytes);
    if (messages === undefined) {
      this.#break('the sandbox took more input than it got');
      return;
    }
    if (messages > 0) this.#client.acked(messages);
  }

  #notice(limit: Limit): void {
    const notice = this.#notices?.take(limit);
    if (notice) this.#client.noticed(notice);
  }

  #exit({ code, signal, limit }: Exit): void {
    for (const text of this.#output.rest()) this.#client.write(text);
    const how = {
      ...(code !== null && { exitCode: code }),
      ...(signal !== null && { signal: `SIG${signal}` }),
    };
    if (limit) this.end({ reason: limit, ...this.#notices?.amountOf(limit) });
    else this.end({ reason: 'exit', ...how });
  }

  #fail({ code, message }: SandboxFailure): void {
    const amount = code === 'memory' && this.#notices?.amountOf(code);
    this.end({ reason: FAILURE_REASONS[code], ...amount }, `${code}: ${message}`);
  }

  #break(detail: string): void {
    this.end({ reason: 'fault' }, detail);
  }
}
