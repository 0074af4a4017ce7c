import type { Answer } from './answer.ts';
import { expectAnswer } from './answer.ts';
import type { Bench } from './bench.ts';

/** One promise of Graph. */
export interface ContractCase {
  readonly it: string;
  /** Where it is written: a section of graph-api.md with its evidence tag, or a page of Microsoft's. */
  readonly source: string;
  /** The case asks for what no client should do (Authorization on a pre-authenticated URL, no conflictBehavior). */
  readonly violates?: true;
  /** The case asks for the loss of the drive's root, which must be refused; not to be tried on anybody's real files. */
  readonly endangers?: true;
  run(bench: Bench): Promise<void>;
}

/** A case that is one request and its refusal, or its bare success. */
export interface AnswerCase {
  readonly it: string;
  readonly source: string;
  readonly violates?: true;
  readonly endangers?: true;
  readonly status: number | readonly number[];
  readonly code?: string;
  ask(bench: Bench): Promise<Answer>;
}

export function answerCases(rows: readonly AnswerCase[]): ContractCase[] {
  return rows.map(({ ask, status, code, ...row }) => ({
    ...row,
    run: async bench => expectAnswer(await ask(bench), status, code),
  }));
}
