/**
 * The visitor: an ephemeral, unregistered user, made when a console page is loaded. The page carries
 * a signed proof; the first message on its socket gives it back, once. Nothing is stored for a
 * visitor who never comes back.
 */
import { randomBytes } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { v4 as uuid } from 'uuid';
import { z } from 'zod';
import type { Site } from './sites.ts';

/** Who is behind a console. */
export interface Visitor {
  id: string;
  /** The key of the site the visitor came from. */
  site: string;
  environment: string;
}

/** A proof that is genuine and in time. */
export interface Proof {
  visitor: Visitor;
  /** Its own id, by which it is used once. */
  jti: string;
}

const AUDIENCE = 'console';

/** A proof is about 350 characters; a longer one is none and not worth the verifying. */
const MAX_TOKEN_CHARS = 1_024;

/**
 * How many used proofs are remembered: 166 a second for a minute. Past it further proofs are
 * refused, because forgetting one would let it be used again.
 */
const MAX_USED = 10_000;

const CLAIMS = z.object({
  sub: z.uuid(),
  jti: z.uuid(),
  site: z.string(),
  environment: z.string(),
});

/** Makes visitors and recognises them. */
export class Visitors {
  /** Lives as long as the process: after a restart every older proof is worthless. */
  readonly #key = randomBytes(32);
  readonly #ttlSeconds: number;
  /** The ids of used proofs, to the moment from which the proof is too old anyway (ms). */
  readonly #used = new Map<string, number>();

  /** @param ttlMs how long a proof may be used, rounded up to whole seconds */
  constructor(ttlMs: number) {
    this.#ttlSeconds = Math.ceil(ttlMs / 1000);
  }

  /** Makes a visitor of a site and returns the proof. */
  async issue(site: Site): Promise<string> {
    const issuedAt = Math.floor(Date.now() / 1000);
    return new SignJWT({ site: site.key, environment: site.environment })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(uuid())
      .setAudience(AUDIENCE)
      .setJti(uuid())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + this.#ttlSeconds)
      .sign(this.#key);
  }

  /** Reads a proof without using it up. @returns undefined where it is wrong or too old */
  async read(token: string): Promise<Proof | undefined> {
    if (token.length > MAX_TOKEN_CHARS) return undefined;
    const options = { algorithms: ['HS256'], audience: AUDIENCE, requiredClaims: ['exp'] };
    const verified = await jwtVerify(token, this.#key, options).catch(() => undefined);
    const claims = CLAIMS.safeParse(verified?.payload);
    if (!claims.success) return undefined;
    const { sub: id, site, environment, jti } = claims.data;
    return { visitor: { id, site, environment }, jti };
  }

  /**
   * Uses a proof up. The caller has looked at the limits before, so that nobody can fill what is remembered.
   * @returns why not, if so: it was used before, or no more can be remembered
   */
  useUp({ jti }: Proof): 'token' | 'full' | undefined {
    const now = Date.now();
    // Every entry lives equally long, so that the oldest come first.
    for (const [used, until] of this.#used) {
      if (until > now) break;
      this.#used.delete(used);
    }
    if (this.#used.has(jti)) return 'token';
    if (this.#used.size >= MAX_USED) return 'full';
    this.#used.set(jti, now + (this.#ttlSeconds + 1) * 1000);
    return undefined;
  }
}
