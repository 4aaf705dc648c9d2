/** GET and PUT /v1/switch: the kill switch for those who have the admin token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import express, { Router, type RequestHandler } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { Problem, reasonOf } from '../errors.ts';
import { POSITIONS } from '../kill-switch.ts';

/** Wrong tokens that one address may present in a minute. */
const GUESSES_PER_MINUTE = 10;

/** The largest body, in bytes. */
const MAX_BODY_BYTES = 4_096;

const BODY = z.strictObject({
  position: z.enum(POSITIONS),
  /** Who moves it, for the audit trail. */
  who: z.string().trim().min(1).max(200),
  /** Why, for the audit trail. */
  reason: z.string().trim().min(1).max(1_000),
});

/** Makes the routes. Both answer with the latest change. */
export function switchRoutes(context: Context): Router {
  const { killSwitch } = context;
  return Router()
    .use('/v1/switch', requireAdmin(context))
    .get('/v1/switch', (_request, response) => {
      response.set('Cache-Control', 'no-store').json(killSwitch.last);
    })
    .put('/v1/switch', express.json({ limit: MAX_BODY_BYTES }), async (request, response) => {
      const body = BODY.safeParse(request.body);
      if (!body.success) {
        const [issue] = body.error.issues;
        const detail = `${issue?.path.join('.') || 'The body'}: ${issue?.message}.`;
        throw new Problem(400, 'request', detail);
      }
      const { position, who, reason } = body.data;
      await killSwitch.set(position, who, reason).catch((error: unknown) => {
        context.log.error({ problem: reasonOf(error) }, 'the switch could not be written');
        const detail = `The switch is "${killSwitch.position}" now, but could not be written.`;
        throw new Problem(500, 'fault', detail);
      });
      response.set('Cache-Control', 'no-store').json(killSwitch.last);
    });
}

/**
 * Lets those pass who present the token. Wrong ones are limited by address; the right one never is, or
 * strangers behind the same proxy could keep the operator from the switch.
 */
function requireAdmin({ adminToken, addressKey }: Context): RequestHandler {
  const expected = digest(adminToken);
  const guesses = new RateLimiterMemory({ points: GUESSES_PER_MINUTE, duration: 60 });
  return async (request, response, next) => {
    const [, given = ''] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (timingSafeEqual(digest(given), expected)) {
      next();
      return;
    }
    const { consumedPoints, msBeforeNext } = await guesses.penalty(addressKey(request));
    if (consumedPoints > GUESSES_PER_MINUTE) {
      throw new Problem(429, 'rate', 'Too many wrong tokens.', msBeforeNext);
    }
    response.set('WWW-Authenticate', 'Bearer');
    throw new Problem(401, 'token', 'The admin token is missing or wrong.');
  };
}

/** Digests are equally long, so that comparing them tells not even the length. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
