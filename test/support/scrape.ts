import { request } from 'node:https';
import { text } from 'node:stream/consumers';

/** A sample of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads Prometheus' text format, as far as this program writes it. */
export function parseSamples(text: string): Sample[] {
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key!, text!] as const);
      return { name, labels: Object.fromEntries(pairs), value: Number(value.replace('Inf', 'Infinity')) };
    });
}

/** The sum of the samples with this name and these labels; undefined when there is none. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = samples.filter(
    sample => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

/** The metrics of a server on its own port, as text. */
export async function scrape(url: string, headers: Record<string, string> = {}): Promise<string> {
  return (await fetch(new URL('/-/metrics', url), { headers })).text();
}

/** The same from a server with TLS, whose certificate nobody has issued. */
export function scrapeTls(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(new URL('/-/metrics', url), { agent: false, rejectUnauthorized: false }, response => {
      text(response).then(resolve, reject);
    })
      .once('error', reject)
      .end();
  });
}
