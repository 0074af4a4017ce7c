/** One problem in a configuration file. */
export interface Problem {
  /** From 1; undefined when the problem has no line. */
  readonly line: number | undefined;
  /** `mounts.0.name`; `''` for the file as a whole. */
  readonly key: string;
  readonly message: string;
}

/** All problems of a configuration. Holds no values: some are secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super(problems.map(problem => renderProblem(file, problem)).join('\n'));
    this.file = file;
    this.problems = problems;
  }
}

function renderProblem(file: string, { line, key, message }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return key === '' ? `${place}: ${message}` : `${place}: ${key}: ${message}`;
}
