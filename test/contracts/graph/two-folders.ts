import type { Item } from './answer.ts';
import type { Bench } from './bench.ts';

export interface TwoFolders {
  readonly from: Item;
  readonly to: Item;
  /** `a.txt`, in `from`; its content is `hello`. */
  readonly file: Item;
}

/** Two folders of a case's own; the first one has a file. */
export async function twoFolders(bench: Bench): Promise<TwoFolders> {
  const folder = await bench.folder();
  const from = await bench.makeFolder(folder, 'from');
  return { from, to: await bench.makeFolder(folder, 'to'), file: await bench.file(from, 'a.txt', 'hello') };
}
