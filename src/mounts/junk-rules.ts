import { foldName } from '../lib/fold-name.ts';
import { compileGlob } from '../lib/glob.ts';
import type { JunkPolicy, JunkRule } from './junk-rule.ts';

/** Compiles the rules into a function from a name to its policy; the first match counts, ignoring case. */
export function compileJunkRules(rules: readonly JunkRule[]): (name: string) => JunkPolicy | undefined {
  const compiled = rules.flatMap(({ names, policy }) => names.map(name => ({ matches: compileGlob(name), policy })));
  return name => {
    const folded = foldName(name);
    return compiled.find(({ matches }) => matches.testFolded(folded))?.policy;
  };
}
