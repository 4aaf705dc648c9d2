/** Asks the sandbox daemon whether it would make a sandbox, without having it make one. */
import { connect } from 'node:net';
import { encodeFrame, FRAME_TYPES, FrameReader } from './frames.ts';

/** How long the daemon may take to answer before it counts as gone, in ms. */
const PROBE_TIMEOUT_MS = 1_000;

/** Whether the daemon has the environment and a template of it that is ready. */
export function isDaemonReady(path: string, environment: string): Promise<boolean> {
  return new Promise((resolve) => {
    const payload = Buffer.from(JSON.stringify({ environment }));
    const probe = encodeFrame({ type: FRAME_TYPES.probe, terminal: 0, payload });
    const socket = connect(path, () => socket.write(probe));
    const reader = new FrameReader();
    const settle = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
    socket.on('data', (chunk: Buffer) => {
      const [answer] = reader.push(chunk);
      if (answer) settle(answer.type === FRAME_TYPES.ready);
    });
  });
}
