/** How it is: well; worth a look; broken; or nothing could be said. */
export type Level = 'ok' | 'warning' | 'failure' | 'skipped';

/** One thing that a check has to say. Plain sentences for an operator, without a full stop. */
export interface Finding {
  readonly level: Level;
  /** What was looked at, and what was there. */
  readonly saw: string;
  /** What follows from it. */
  readonly means?: string | undefined;
  /** What to do. */
  readonly cure?: string | undefined;
  /** Where to do it, or Microsoft's page about it. */
  readonly link?: string | undefined;
}

/** One question to the machine, to a tenant or to a mount. Made by the function of its file, with all that it needs. */
export interface Check {
  /** Stable: scripts read it. */
  readonly name: string;
  /** The tenant that it is about, where there are several. */
  readonly tenant?: string | undefined;
  /** The name of the mount that it is about. */
  readonly mount?: string | undefined;
  /** Checks without whose success this one can say nothing. */
  readonly needs?: readonly Check[];
  /** The check that tells of throttling; while Microsoft wants silence this one asks nothing. */
  readonly throttling?: ThrottlingCheck | undefined;
  /**
   * Throws SkippedBecause when it turns out that an earlier check has told the cause; any other error becomes a
   * finding.
   */
  run(signal: AbortSignal): Promise<readonly Finding[]>;
}

export interface ThrottlingCheck extends Check {
  /** True while Microsoft wants silence. */
  isSilent(): boolean;
}

/** Nothing to say: the failure of that check is the cause. */
export class SkippedBecause extends Error {
  override readonly name = 'SkippedBecause';
  readonly check: Check;

  constructor(check: Check) {
    super(`skipped because of ${labelOf(check)}`);
    this.check = check;
  }
}

/** What people read in front of a finding: `drive /ada`, `credential (contoso)`. */
export function labelOf({ name, tenant, mount }: Check): string {
  const words = name.replaceAll('-', ' ');
  return mount !== undefined ? `${words} /${mount}` : tenant !== undefined ? `${words} (${tenant})` : words;
}

/** A level without a line does not compile. */
const SEVERITY = { skipped: 0, ok: 1, warning: 2, failure: 3 } as const satisfies Record<Level, number>;

/** Of several findings the level that counts; `skipped` when none says anything else. */
export function worstOf(findings: readonly Finding[]): Level {
  const worse = (one: Level, other: Level) => (SEVERITY[other] > SEVERITY[one] ? other : one);
  return findings.map(({ level }) => level).reduce(worse, 'skipped');
}
