/** Files that survive a crash: what a call has written is on the disk when its promise resolves. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file as a whole: a reader, also after a crash, finds the old text or the new one. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  await writeAndSync(temporary, 'w', text);
  await rename(temporary, file);
  await syncFolder(file);
}

/** Appends to a file, which is made where it is missing. */
export async function appendFile(file: string, text: string): Promise<void> {
  await writeAndSync(file, 'a', text);
  await syncFolder(file);
}

/** Makes a file. @throws EEXIST where there is one */
export async function createFile(file: string, text: string): Promise<void> {
  await writeAndSync(file, 'wx', text);
  await syncFolder(file);
}

/** Only the server's own user may read what it keeps. */
async function writeAndSync(file: string, flags: string, text: string): Promise<void> {
  await using(await open(file, flags, 0o600), async (handle) => {
    await handle.writeFile(text);
    await handle.sync();
  });
}

/** The name of a file is in its folder, and has to reach the disk too. */
async function syncFolder(file: string): Promise<void> {
  await using(await open(dirname(file)), (handle) => handle.sync());
}

async function using<T extends { close(): Promise<void> }>(
  handle: T,
  work: (handle: T) => Promise<void>,
): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
