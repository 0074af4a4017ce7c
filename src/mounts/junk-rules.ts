import { foldName } from '../lib/fold-name.ts';
import { compileGlob } from '../lib/glob.ts';

/**
 * What happens to a name that clients leave beside files: `keep` in a side store of ours, `pretend` that an empty file is at the top of each
 * mount, `refuse` to make it.
 */
export type JunkPolicy = 'keep' | 'pretend' | 'refuse';

/** Names, in which `*` stands for any text, and what happens to them. */
export interface JunkRule {
  readonly names: readonly string[];
  readonly policy: JunkPolicy;
}

/** Makes of the table the question that is asked of each name; the first rule that matches answers it, without regard to case. */
export function compileJunkRules(rules: readonly JunkRule[]): (name: string) => JunkPolicy | undefined {
  const compiled = rules.flatMap(({ names, policy }) => names.map(name => ({ matches: compileGlob(name), policy })));
  return name => {
    const folded = foldName(name);
    return compiled.find(({ matches }) => matches.testFolded(folded))?.policy;
  };
}
