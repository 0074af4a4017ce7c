import type { ServerResponse } from 'node:http';
import { Basis, type StillHolds } from '../drive/basis.ts';
import type { Answer, KeptAnswers } from './kept-answers.ts';

/** The headers that the frame sets for each method. */
const OF_FRAME = ['DAV', 'MS-Author-Via'];

/**
 * Keeps the answer of one request for others like it, if everything tells how long it holds. A method registers each
 * look at the drive and everything else that its answer rests on, and hands the answer in at the end. Looks that did
 * not happen, or failed, leave nothing to go by, so that nothing is kept.
 */
export class Keeping {
  readonly #answers: KeptAnswers;
  readonly #key: string;
  readonly #bases: Basis[] = [];

  constructor(answers: KeptAnswers, key: string) {
    this.#answers = answers;
    this.#key = key;
  }

  /** Returns the basis of one look. */
  look(): Basis {
    const basis = new Basis();
    this.#bases.push(basis);
    return basis;
  }

  /** As in `Basis`, for what is not in the drive. */
  add(holds: StillHolds | undefined): void {
    this.look().found(holds);
  }

  /** Hands in the answer, which is complete and right. */
  keep(response: ServerResponse, { headers, ...answer }: Answer): void {
    const parts = this.#bases.map(basis => basis.parts);
    const all = parts.flatMap(each => each ?? []);
    if (parts.includes(undefined) || !all.every(holds => holds())) {
      return;
    }
    const ofFrame = OF_FRAME.map(name => [name, String(response.getHeader(name))] as const);
    this.#answers.keep(this.#key, { ...answer, headers: { ...Object.fromEntries(ofFrame), ...headers } }, all);
  }
}
