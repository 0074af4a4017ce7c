import type { Answer } from './answer.ts';
import { expectAnswer } from './answer.ts';
import type { Bench } from './bench.ts';

/** One promise of Graph. */
export interface ContractCase {
  readonly it: string;
  /**
   * Where it is written. `§` is a section of graph-api.md, the project's notes on Graph, with its evidence: DOC is
   * Microsoft's documentation, OBS a report or the code of a mature client, VER was executed, BG is background
   * knowledge without a source, OPEN means that sources conflict or are silent. `learn "…"` is a page of
   * learn.microsoft.com; ODD#, MGD#, docs# are issues of OneDrive/onedrive-api-docs,
   * microsoftgraph/microsoft-graph-docs-contrib and microsoftgraph/microsoft-graph-docs; MGD or ODD with a file is a
   * page there; OG is tonimelisma/onedrive-go. Other names are those of GitHub repositories.
   */
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
