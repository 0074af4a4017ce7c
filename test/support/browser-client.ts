import type { Dav, DavAnswer } from './dav-client.ts';

/** The lines of an answer in lines of JSON. */
export function linesOf({ text }: Pick<DavAnswer, 'text'>): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

/** The entries of such an answer. Throws when it was cut. */
export function entriesOf(answer: Pick<DavAnswer, 'text'>): Record<string, unknown>[] {
  const lines = linesOf(answer);
  const entries = lines.flatMap(({ entries }) => (entries ?? []) as Record<string, unknown>[]);
  const last = lines.at(-1);
  if (last?.end !== true || last.count !== entries.length) {
    throw new Error(`the answer is not whole: ${answer.text}`);
  }
  return entries;
}

/** The code of an answer that is an error. */
export function codeOf({ text }: Pick<DavAnswer, 'text'>): string {
  return (JSON.parse(text) as { error: { code: string } }).error.code;
}

/** Does an action, as the app does it. */
export function act(
  dav: Dav,
  path: string,
  { input = {}, headers = {} }: { input?: object; headers?: Record<string, string> } = {},
): Promise<DavAnswer> {
  return dav('POST', path, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(input));
}
