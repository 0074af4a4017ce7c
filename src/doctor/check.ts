/** The result of a check: fine, worth a look, broken, or unknown. */
export type Level = 'ok' | 'warning' | 'failure' | 'skipped';

/** One result of a check. Plain sentences for an operator, without a full stop. */
export interface Finding {
  readonly level: Level;
  /** The observation. */
  readonly saw: string;
  /** The consequence. */
  readonly means?: string | undefined;
  /** The action to take. */
  readonly cure?: string | undefined;
  /** The page for that action, or Microsoft's page about it. */
  readonly link?: string | undefined;
}

/** One check of the machine, a tenant or a mount. Its file's function creates it with all its dependencies. */
export interface Check {
  /** Stable: scripts rely on it. */
  readonly name: string;
  /** The tenant, where there are several. */
  readonly tenant?: string | undefined;
  /** The name of the mount. */
  readonly mount?: string | undefined;
  /** Checks that must succeed before this one. */
  readonly needs?: readonly Check[];
  /** The check that reports throttling; while Microsoft throttles, this check is skipped. */
  readonly throttling?: ThrottlingCheck | undefined;
  /** Throws SkippedBecause when an earlier check has reported the cause; any other error becomes a finding. */
  run(signal: AbortSignal): Promise<readonly Finding[]>;
}

export interface ThrottlingCheck extends Check {
  /** True while Microsoft throttles. */
  isSilent(): boolean;
}

/** The check is skipped because another check failed. */
export class SkippedBecause extends Error {
  override readonly name = 'SkippedBecause';
  readonly check: Check;

  constructor(check: Check) {
    super(`skipped because of ${labelOf(check)}`);
    this.check = check;
  }
}

/** Returns the label in front of a finding: `drive /ada`, `credential (contoso)`. */
export function labelOf({ name, tenant, mount }: Check): string {
  const words = name.replaceAll('-', ' ');
  return mount !== undefined ? `${words} /${mount}` : tenant !== undefined ? `${words} (${tenant})` : words;
}

/** A level without an entry does not compile. */
const SEVERITY = { skipped: 0, ok: 1, warning: 2, failure: 3 } as const satisfies Record<Level, number>;

/** Returns the worst level; `skipped` when there is no other. */
export function worstOf(findings: readonly Finding[]): Level {
  const worse = (one: Level, other: Level) => (SEVERITY[other] > SEVERITY[one] ? other : one);
  return findings.map(({ level }) => level).reduce(worse, 'skipped');
}
