/**
 * One SockJS connection: the proof first, then a session's bytes. Every way out tells the client why,
 * once. Nothing here throws, because SockJS lets that end the process.
 */
import type { Connection } from 'sockjs';
import type { Context } from './context.ts';
import { reasonOf } from './errors.ts';
import type { Seat } from './pending.ts';
import { decodeClient, encodeServer } from './protocol-codec.ts';
import { type ClientMessage, type End, type ServerMessage, type Size } from './protocol.ts';
import type { Session } from './session.ts';

/** What a bridge needs of the server. */
export type BridgeContext = Pick<
  Context,
  | 'config'
  | 'log'
  | 'addressKey'
  | 'addressHash'
  | 'pending'
  | 'visitors'
  | 'admission'
  | 'sessions'
>;

/** Serves a connection until its end. */
export function bridge(connection: Connection, context: BridgeContext): void {
  new Bridge(connection, context).open();
}

class Bridge {
  /**
   * pending: nothing was said yet; checking: the proof is being looked at, and whoever speaks now
   * breaks the protocol; live: there is a session; ended: the client was told why.
   */
  #state: 'pending' | 'checking' | 'live' | 'ended' = 'pending';
  readonly #connection: Connection;
  readonly #context: BridgeContext;
  readonly #addressKey: string;
  #seat: Seat | undefined;
  #authTimer: NodeJS.Timeout | undefined;
  #session: Session | undefined;

  constructor(connection: Connection, context: BridgeContext) {
    this.#connection = connection;
    this.#context = context;
    const { headers, remoteAddress } = connection;
    this.#addressKey = context.addressKey({ headers, socket: { remoteAddress } });
  }

  open(): void {
    this.#connection.on('data', (raw: unknown) => this.#receive(raw));
    this.#connection.on('close', () => this.#end({ reason: 'lost' }));
    const { authTimeoutMs } = this.#context.config;
    const seat = this.#context.pending.take(this.#addressKey);
    if (typeof seat === 'string') {
      this.#end({ reason: seat, retryAfterMs: authTimeoutMs });
      return;
    }
    this.#seat = seat;
    this.#authTimer = setTimeout(() => this.#end({ reason: 'silent' }), authTimeoutMs);
  }

  #receive(raw: unknown): void {
    if (this.#state === 'ended') return;
    try {
      const message = decodeClient(raw);
      if (message) this.#dispatch(message);
      else this.#end({ reason: 'protocol' });
    } catch (error) {
      this.#fault(error);
    }
  }

  #dispatch(message: ClientMessage): void {
    if (this.#state === 'pending' && message.kind === 'auth') {
      this.#state = 'checking';
      this.#authenticate(message.token, message.size).catch((error: unknown) => this.#fault(error));
      return;
    }
    if (!this.#session || message.kind === 'auth') {
      this.#end({ reason: 'protocol' });
      return;
    }
    if (message.kind === 'input') this.#session.input(message.data);
    else if (message.kind === 'resize') this.#session.resize(message.size);
    else this.#session.ack(message.messages);
  }

  async #authenticate(token: string, size: Size): Promise<void> {
    const proof = await this.#context.visitors.read(token);
    if (this.#hasEnded()) return;
    if (!proof) {
      this.#end({ reason: 'token' });
      return;
    }
    const { visitor } = proof;
    // The limits first: what a proof costs us to remember is limited by them.
    const admitted = await this.#context.admission.admit(visitor.site, this.#addressKey);
    if ('refused' in admitted) {
      this.#end(admitted.refused);
      return;
    }
    const refusal = this.#hasEnded() ? 'lost' : this.#context.visitors.useUp(proof);
    if (refusal) {
      admitted.lease.release();
      this.#end({ reason: refusal });
      return;
    }
    this.#leavePending();
    this.#state = 'live';
    this.#send({ kind: 'ready' });
    this.#session = this.#context.sessions.start({
      visitor,
      size,
      lease: admitted.lease,
      addressHash: this.#context.addressHash(this.#addressKey),
      client: {
        running: () => this.#send({ kind: 'running' }),
        write: (data) => this.#send({ kind: 'output', data }),
        acked: (messages) => this.#send({ kind: 'ack', messages }),
        noticed: (notice) => this.#send({ kind: 'notice', ...notice }),
        ended: (end) => this.#end(end),
      },
    });
  }

  #send(message: ServerMessage): void {
    this.#connection.write(encodeServer(message));
  }

  #end(end: End): void {
    if (this.#hasEnded()) return;
    this.#state = 'ended';
    this.#leavePending();
    this.#session?.end(end);
    this.#send({ kind: 'end', end });
    // SockJS hands over a batch of messages in a loop over what closing takes away.
    setImmediate(() => this.#connection.close());
  }

  #fault(error: unknown): void {
    this.#context.log.error({ problem: reasonOf(error) }, 'a connection failed');
    this.#end({ reason: 'fault' });
  }

  #leavePending(): void {
    clearTimeout(this.#authTimer);
    this.#seat?.release();
  }

  #hasEnded(): boolean {
    return this.#state === 'ended';
  }
}
