import type { Reporter, TestModule } from 'vitest/node';

const REASON = /^install (.+) to run this$/;
/** The scripts that bring them, by their place; the rest is from Debian. */
const INSTALLERS: readonly (readonly [place: RegExp, script: string])[] = [
  [/onedrive-webdav-tests\/python/, '.ci/install-python-clients'],
  [/onedrive-webdav-tests\/kubernetes/, '.ci/install-kubernetes-tools'],
  [/^/, '.ci/install-clients'],
];

/** The reason of a skipped test that {@link MissingPrograms} understands. */
export function reasonToSkip(missing: readonly string[]): string {
  return `install ${missing.join(', ')} to run this`;
}

/** Says at the end of a run which programs were missing, how many tests waited for them, and what installs them. */
export class MissingPrograms implements Reporter {
  private readonly write: (text: string) => void;

  constructor(write: (text: string) => void = text => void process.stdout.write(text)) {
    this.write = write;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const notes = modules.flatMap(module => [...module.children.allTests('skipped')].map(noteOf));
    const text = describeMissing(notes);
    if (text !== undefined) {
      this.write(text);
    }
  }
}

function noteOf(test: { result(): object }): string | undefined {
  return (test.result() as { note?: string }).note;
}

/** Returns undefined when nothing was skipped for a missing program. */
export function describeMissing(notes: readonly (string | undefined)[]): string | undefined {
  const found = notes.flatMap(note => REASON.exec(note ?? '')?.[1] ?? []);
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
