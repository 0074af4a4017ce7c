/** One line of a Dockerfile, with its continuations joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** A stage: the lines from one `FROM` to the next. */
export interface Stage {
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** What a container starts with, of the last stage. */
export interface ImageSettings {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly healthcheck: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Parses the part of the format that this project's Dockerfile uses. Throws at anything else. */
export function parseDockerfile(text: string): Stage[] {
  const joined = text.replace(/^#.*\n/gm, '').replace(/\\\n/g, ' ');
  const stages: { base: string; instructions: Instruction[] }[] = [];
  for (const line of joined.split('\n').filter(each => each.trim() !== '')) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) {
      throw new Error(`not an instruction: ${line}`);
    }
    if (name === 'FROM') {
      stages.push({ base: rest, instructions: [] });
    } else {
      stages.at(-1)!.instructions.push({ name, rest: rest.replace(/\s+/g, ' ') });
    }
  }
  return stages;
}

export function settingsOf({ instructions }: Stage): ImageSettings {
  const last = (name: string) => instructions.findLast(each => each.name === name)?.rest;
  const list = (text: string | undefined) => JSON.parse(text ?? '[]') as string[];
  return {
    entrypoint: list(last('ENTRYPOINT')),
    cmd: list(last('CMD')),
    healthcheck: list(/ CMD (\[.*)$/.exec(last('HEALTHCHECK') ?? '')?.[1]),
    env: Object.fromEntries(
      instructions
        .filter(({ name }) => name === 'ENV')
        .flatMap(({ rest }) => rest.split(' ').map(pair => pair.split('=') as [string, string])),
    ),
  };
}

export interface CopyParts {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export function parseCopy(rest: string): CopyParts {
  const words = rest.split(' ');
  const flag = (name: string) => words.find(word => word.startsWith(`--${name}=`))?.split('=')[1];
  const paths = words.filter(word => !word.startsWith('--'));
  return {
    from: flag('from'),
    sources: paths.slice(0, -1),
    target: paths.at(-1)!,
  };
}
