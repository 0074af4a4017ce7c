import { CONFLICT } from './emulated-drive.ts';
import type { EmulatorProcess } from './emulator-process.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from './microsoft-client.ts';

/** The known state of each path: its content, null for a folder, undefined when it is free. */
export type Known = string | null | undefined;

/** The changes that the emulator has acknowledged, by path; a path with a call under way may be in either state. */
export interface Acknowledged {
  readonly known: Map<string, Known>;
  readonly unsure: Set<string>;
  /** How many writes were acknowledged. */
  count: number;
}

interface Step {
  readonly paths: readonly string[];
  readonly send: () => Promise<MicrosoftAnswer>;
  readonly after: readonly (readonly [path: string, known: Known])[];
}

const LARGE = 'l'.repeat(40_000);

/**
 * Puts, replaces, renames, moves and deletes below `folder` with several clients at once, until `writes` writes have
 * been acknowledged; then kills the process while others are under way.
 */
export async function killInTheMiddle(
  running: EmulatorProcess,
  { folder, writes }: { folder: string; writes: number },
): Promise<Acknowledged> {
  const client = await microsoftClient(running.address);
  const seen: Acknowledged = { known: new Map(), unsure: new Set(), count: 0 };
  let killed: Promise<void> | undefined;
  const work = async (worker: number): Promise<void> => {
    for (let round = 0; killed === undefined; round += 1) {
      for (const step of stepsOf(client, `/drives/${running.driveId}`, `${folder}/w${worker}/r${round}`)) {
        if (!(await take(step, seen))) {
          return;
        }
        if (seen.count >= writes) {
          killed ??= running.kill();
        }
      }
    }
  };
  await Promise.all([0, 1, 2, 3].map(work));
  await killed;
  await client.close();
  return seen;
}

/** False when the process was gone. */
async function take({ paths, send, after }: Step, seen: Acknowledged): Promise<boolean> {
  for (const path of paths) {
    seen.unsure.add(path);
  }
  let answer: MicrosoftAnswer;
  try {
    answer = await send();
  } catch {
    return false;
  }
  if (answer.status >= 300) {
    throw new Error(`${answer.status} ${answer.text}`);
  }
  seen.count += 1;
  for (const path of paths) {
    seen.unsure.delete(path);
  }
  for (const [path, known] of after) {
    seen.known.set(path, known);
  }
  return true;
}

function stepsOf(client: MicrosoftClient, drive: string, folder: string): Step[] {
  const [a, b, c] = [`${folder}/a.txt`, `${folder}/b.txt`, `${folder}/moved/c.txt`];
  const put = (path: string, content: string): Step => ({
    paths: [path],
    send: () => client.graph(`${drive}/root:${path}:/content?${CONFLICT}=replace`, { method: 'PUT', body: content }),
    after: [[path, content]],
  });
  const rename = (from: string, to: string, content: string): Step => ({
    paths: [from, to],
    send: () =>
      client.graph(`${drive}/root:${from}`, {
        method: 'PATCH',
        body: { name: to.slice(to.lastIndexOf('/') + 1), [CONFLICT]: 'fail' },
      }),
    after: [
      [from, undefined],
      [to, content],
    ],
  });
  return [
    put(a, 'first'),
    put(a, LARGE),
    put(c, 'c'),
    rename(a, b, LARGE),
    put(a, 'again'),
    {
      paths: [`${folder}/moved`, c],
      send: () => client.graph(`${drive}/root:${folder}/moved`, { method: 'DELETE' }),
      after: [
        [`${folder}/moved`, undefined],
        [c, undefined],
      ],
    },
  ];
}
