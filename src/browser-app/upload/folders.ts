import { asRequestError } from '../dav/errors.ts';
import { memberHref } from '../dav/href.ts';
import { makeFolder } from '../dav/methods.ts';

/** Makes the folders that uploads go into, each once, the outer ones first. */
export class Folders {
  readonly #root: string;
  readonly #made = new Map<string, Promise<string>>();

  /** `root`: the href of the folder that is there. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Returns the href of a folder that is there now. Throws RequestError; a later call tries anew. */
  ensure(names: readonly string[]): Promise<string> {
    const name = names.at(-1);
    if (name === undefined) {
      return Promise.resolve(this.#root);
    }
    const key = names.join('/');
    const known = this.#made.get(key);
    if (known !== undefined) {
      return known;
    }
    const made = this.ensure(names.slice(0, -1)).then(outer => make(memberHref(outer, { name, kind: 'folder' })));
    this.#made.set(key, made);
    made.catch(() => this.#made.delete(key));
    return made;
  }
}

async function make(href: string): Promise<string> {
  try {
    await makeFolder(href);
  } catch (error) {
    if (asRequestError(error).code !== 'exists') {
      throw error;
    }
  }
  return href;
}
