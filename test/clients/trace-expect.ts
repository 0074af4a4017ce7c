import { sha256Of } from '../support/file-hash.ts';
import { generatedBytes, type WireAnswer } from './trace-http.ts';
import type { Expectation } from './trace-schema.ts';

/** Everything about an answer that was not expected, as sentences; none is good. */
export async function findComplaints(answer: WireAnswer, expect: Expectation): Promise<string[]> {
  return [
    ...checkStatus(answer, expect.status ?? []),
    ...Object.entries(expect.headers).flatMap(([name, value]) => checkHeader(answer, name, value)),
    ...(expect.body === undefined || expect.body === answer.text ? [] : [`the body ${JSON.stringify(expect.body)}`]),
    ...(await checkGenerated(answer, expect.bodyBytes)),
    ...expect.bodyMatches.filter(one => !new RegExp(one).test(answer.text)).map(one => `a body that matches /${one}/`),
    ...expect.bodyLacks.filter(one => new RegExp(one).test(answer.text)).map(one => `a body without /${one}/`),
    ...checkHrefs(answer, expect.hrefs),
  ];
}

/** The answer as one text: header lines, an empty line, the body. */
export function asText({ headers, text }: WireAnswer): string {
  return `${headers.map(([name, value]) => `${name}: ${value}\n`).join('')}\n${text}`;
}

function checkStatus({ status }: WireAnswer, allowed: readonly number[]): string[] {
  return allowed.includes(status) ? [] : [`status ${allowed.join(' or ')}`];
}

function checkHeader({ headers }: WireAnswer, name: string, wanted: string | null): string[] {
  const found = headers.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  if (wanted === null) {
    return found.length === 0 ? [] : [`no header ${name}`];
  }
  const value = found.join(', ');
  const pattern = /^\/(.*)\/([a-z]*)$/s.exec(wanted);
  const matches = pattern === null ? value === wanted : new RegExp(pattern[1]!, pattern[2]).test(value);
  return found.length > 0 && matches ? [] : [`header ${name}: ${wanted}`];
}

async function checkGenerated({ bytes, sha256 }: WireAnswer, size: number | undefined): Promise<string[]> {
  if (size === undefined || (bytes === size && sha256 === (await sha256Of(generatedBytes(size))))) {
    return [];
  }
  return [bytes === size ? `other bytes than the ${bytes} that came` : `${size} bytes of body, not ${bytes}`];
}

/**
 * All of them, with whatever prefix, wherever they stand: Finder counts them that way to see whether a folder is empty.
 */
function checkHrefs({ text }: WireAnswer, wanted: readonly string[] | undefined): string[] {
  if (wanted === undefined) {
    return [];
  }
  const found = [...text.matchAll(/<(?:\w+:)?href(?:\s[^>]*)?>([^<]*)</g)].map(match => match[1]!);
  const ordered = (hrefs: readonly string[]) => [hrefs[0], ...hrefs.slice(1).sort()].join(' ');
  return ordered(found) === ordered(wanted) ? [] : [`the hrefs ${wanted.join(' ')}, not ${found.join(' ') || 'none'}`];
}
