import { type Finding, type Level, labelOf, worstOf } from '../doctor/check.ts';
import type { CheckResult } from '../doctor/run-checks.ts';
import { printable } from '../lib/printable.ts';
import { redact } from '../lib/redact.ts';

export interface Style {
  /** Columns after which lines are broken; undefined: never, where the output is not a terminal. */
  readonly width: number | undefined;
  readonly hasColour: boolean;
}

const SIGNS: Record<Level, string> = { ok: '✓', failure: '✗', warning: '!', skipped: '–' };
/** ECMA-48: green, red, yellow, faint. */
const COLOURS: Record<Level, number> = { ok: 32, failure: 31, warning: 33, skipped: 2 };
const INDENT = '    ';

/** Renders one finding: observation, meaning, cure and link. */
export function renderFinding(label: string, finding: Finding, style: Style): string {
  const { level, saw, means, cure, link } = clean(finding);
  const sign = style.hasColour ? `\u001b[${COLOURS[level]}m${SIGNS[level]}\u001b[0m` : SIGNS[level];
  const first = wrap(`${label}: ${saw}`, { width: style.width, first: '', rest: INDENT });
  const paragraph = (text: string, name: string) =>
    wrap(`${name}${text}`, { width: style.width, first: INDENT, rest: `${INDENT}${' '.repeat(name.length)}` });
  return [
    `${sign} ${first}`,
    ...(means === undefined ? [] : [paragraph(means, 'means: ')]),
    ...(cure === undefined ? [] : [paragraph(cure, 'to do: ')]),
    ...(link === undefined ? [] : [`${INDENT}see:   ${link}`]),
  ].join('\n');
}

/** Renders all findings of a check. */
export function renderResult({ check, findings }: CheckResult, style: Style): string {
  return findings.map(finding => renderFinding(labelOf(check), finding, style)).join('\n');
}

/** Renders one line for all checks that were skipped because of the same failure. */
export function renderSkipped(results: readonly CheckResult[], style: Style): string {
  const names = results.map(({ check }) => labelOf(check)).join(', ');
  const cause = labelOf(results[0]!.skippedBecause!);
  return renderFinding('skipped', { level: 'skipped', saw: `${names}: because "${cause}" failed` }, style);
}

/** Renders the last line. */
export function renderSummary(results: readonly CheckResult[]): string {
  const count = (level: Level) =>
    results.flatMap(({ findings }) => findings).filter(each => each.level === level).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const parts = [
    failures === 0 ? 'no failures' : plural(failures, 'failure'),
    ...(warnings === 0 ? [] : [plural(warnings, 'warning')]),
  ];
  return `${plural(results.length, 'check')}: ${parts.join(', ')}`;
}

/** Renders one object for programs: `ok` is false when there is a failure. */
export function renderJson(results: readonly CheckResult[]): string {
  const checks = results.map(({ check, findings, skippedBecause }) => ({
    name: check.name,
    tenant: check.tenant ?? null,
    mount: check.mount ?? null,
    level: worstOf(findings),
    skippedBecause: skippedBecause === undefined ? null : labelOf(skippedBecause),
    findings: findings.map(finding => {
      const { level, saw, means = null, cure = null, link = null } = clean(finding);
      return { level, saw, means, cure, link };
    }),
  }));
  return JSON.stringify({ ok: !hasFailure(results), checks }, null, 2);
}

export function hasFailure(results: readonly CheckResult[]): boolean {
  return results.some(({ findings }) => worstOf(findings) === 'failure');
}

/** Makes texts safe to print: names and messages come from outside, and some hold secrets. */
function clean(finding: Finding): Finding {
  const entries = Object.entries(finding).filter(([, text]) => text !== undefined);
  return Object.fromEntries(entries.map(([key, text]) => [key, printable(redact(text))])) as unknown as Finding;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Breaks between words; a word that is too long, such as a URL, stays whole. */
function wrap(
  text: string,
  { width, first, rest }: { width: number | undefined; first: string; rest: string },
): string {
  if (width === undefined) {
    return `${first}${text}`;
  }
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const isStart = line === first || line === rest;
    if (!isStart && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${rest}${word}`;
    } else {
      line += isStart ? word : ` ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
