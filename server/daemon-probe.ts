/** Asks whether the sandbox daemon is there, without asking it for anything. */
import { connect } from 'node:net';

/** How long the daemon may take to accept a connection before it counts as gone, in ms. */
const PROBE_TIMEOUT_MS = 1_000;

/** Whether the daemon accepts connections. It makes nothing before a first frame. */
export function isDaemonUp(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
