import type { Reporter, TestModule } from 'vitest/node';

const REASON = /^needs (.+), not installed here$/;
/** The scripts that bring them, by their place; the rest is from Debian. */
const INSTALLERS: readonly (readonly [place: RegExp, script: string])[] = [
  [/onedrive-webdav-tests\/python/, '.ci/install-python-clients'],
  [/onedrive-webdav-tests\/kubernetes/, '.ci/install-kubernetes-tools'],
  [/^/, '.ci/install-clients'],
];

/** The name of a skipped test, from which {@link MissingPrograms} knows the reason. */
export function nameOfSkipped(missing: readonly string[]): string {
  return `needs ${missing.join(', ')}, not installed here`;
}

/** Says at the end of a run which programs were missing, how many tests waited for them, and what installs them. */
export class MissingPrograms implements Reporter {
  private readonly write: (text: string) => void;

  constructor(write: (text: string) => void = text => void process.stdout.write(text)) {
    this.write = write;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const names = modules.flatMap(module => [...module.children.allTests('skipped')].map(({ name }) => name));
    const text = describeMissing(names);
    if (text !== undefined) {
      this.write(text);
    }
  }
}

/** Returns undefined when nothing was skipped for a missing program. */
export function describeMissing(names: readonly string[]): string | undefined {
  const found = names.flatMap(name => REASON.exec(name)?.[1] ?? []);
  if (found.length === 0) {
    return undefined;
  }
  const programs = [...new Set(found.flatMap(list => list.split(', ')))].sort();
  const byScript = Map.groupBy(programs, program => INSTALLERS.find(([place]) => place.test(program))![1]);
  const lines = [...byScript].map(([script, names]) => `  ${script} installs ${names.map(shorten).join(', ')}\n`);
  return `\n${found.length} groups of tests were skipped, for programs that are not installed here:\n${lines.join('')}`;
}

/** A path in the folder of the tests' own programs is of no interest. */
function shorten(program: string): string {
  const path = program.replace(/ \(by .*/, '');
  return path.slice(path.lastIndexOf('/') + 1);
}
