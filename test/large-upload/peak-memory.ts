import { readFile } from 'node:fs/promises';
import type { AppPage } from '../support/app-browser.ts';

const EVERY_MS = 500;
const MIB = 1024 ** 2;

export interface PeakMemory {
  /** Ends the looks, and tells what was seen. */
  stop(): Promise<string>;
}

/** Looks again and again at the memory of the server's process, of the page's process and of the page's scripts. */
export function peakMemory({ server, app }: { server: number; app: AppPage }): PeakMemory {
  const peaks: Record<string, number> = {};
  const note = (name: string, bytes: number | undefined) => {
    peaks[name] = Math.max(peaks[name] ?? 0, bytes ?? 0);
  };
  let isOver = false;
  const look = async () => {
    note('server', await residentBytes(server));
    const session = await app.context.browser()!.newBrowserCDPSession();
    const { processInfo } = (await session.send('SystemInfo.getProcessInfo')) as unknown as Processes;
    await session.detach();
    for (const { id, type } of processInfo) {
      note(`Chromium's ${type}`, await residentBytes(id));
    }
    note('heap of the page', await heapOf(app));
  };
  const looking = (async () => {
    while (!isOver) {
      await look();
      await new Promise(resolve => setTimeout(resolve, EVERY_MS));
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await looking;
      return Object.entries(peaks)
        .map(([name, bytes]) => `${name} ${Math.round(bytes / MIB)} MiB`)
        .join(', ');
    },
  };
}

interface Processes {
  readonly processInfo: readonly { readonly id: number; readonly type: string }[];
}

/** Undefined for a process that has ended. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** Undefined while the page is loaded anew. */
async function heapOf({ page }: AppPage): Promise<number | undefined> {
  const used = () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
  return page.evaluate(used).catch(() => undefined);
}
