import type { ConflictBehavior } from './drive-reader.ts';
import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';

const NAME = '@microsoft.graph.conflictBehavior';
const KNOWN: readonly unknown[] = ['fail', 'replace', 'rename'] satisfies ConflictBehavior[];

/** Returns how a write treats a name that is taken: from its body, its query, or by default. */
export function readConflictBehavior(
  { url, world }: Exchange,
  body: Readonly<Record<string, unknown>>,
  { operation, byDefault }: { operation: string; byDefault: ConflictBehavior },
): ConflictBehavior {
  const given = body[NAME] ?? url.searchParams.get(NAME) ?? undefined;
  world.strict.checkConflictBehavior(given, operation);
  if (given !== undefined && !KNOWN.includes(given)) {
    throw new GraphFault('invalidRequest', `'${String(given)}' is not a valid value of ${NAME}.`);
  }
  return (given as ConflictBehavior | undefined) ?? byDefault;
}
