/** One problem in a configuration. */
export interface Problem {
  /** From 1; undefined when the problem has no line. */
  readonly line: number | undefined;
  /** `mounts.0.name`; `''` for the file as a whole. */
  readonly key: string;
  readonly message: string;
  /** The name of the variable or flag that holds the value, when it is not from the file. */
  readonly source?: string;
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

function renderProblem(file: string, { line, key, message, source }: Problem): string {
  const place = source ?? (line === undefined ? file : `${file}:${line}`);
  return key === '' ? `${place}: ${message}` : `${place}: ${key}: ${message}`;
}
