import { Secret } from '../lib/secret.ts';
import type { ParsedConfig } from './schema.ts';
import { complain, readSecret, type SecretSources } from './secrets.ts';
import { HEADER_NAME } from './tracing-schema.ts';

/** Where the metrics are, and who may read them. */
export interface MetricsConfig {
  /** A listener of their own; undefined: `/-/metrics` beside everything else. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** Undefined: anybody who reaches them. */
  readonly token: Secret | undefined;
}

export interface TracingConfig {
  /** The URL that takes OTLP in JSON. */
  readonly endpoint: string;
  /** For the collector alone. */
  readonly headers: Readonly<Record<string, Secret>>;
  /** The part of the requests that is traced, from 0 to 1. */
  readonly sampleRatio: number;
  readonly serviceName: string;
  /** Whether spans contain paths, and so the names of files. */
  readonly paths: boolean;
  /** Whether Graph is told the ids of traces. */
  readonly propagateToMicrosoft: boolean;
}

/** Undefined: there are none. */
export async function readMetrics(
  given: ParsedConfig['metrics'],
  sources: SecretSources,
): Promise<MetricsConfig | undefined> {
  if (typeof given === 'boolean') {
    return given ? { listen: undefined, token: undefined } : undefined;
  }
  const { listen, token: value, tokenFile: file, tokenEnv: env } = given;
  const keys = { file: 'metrics.tokenFile', env: 'metrics.tokenEnv' };
  const isOpen = value === null && file === null && env === null;
  const text = isOpen ? undefined : await readSecret({ value, file, env, keys }, sources);
  if (text !== undefined && !/^[!-~]*$/.test(text)) {
    complain(
      value !== null ? 'metrics.token' : file === null ? keys.env : keys.file,
      'the token must be ASCII without spaces',
      sources,
    );
  }
  return { listen: listen ?? undefined, token: text === undefined ? undefined : new Secret(text) };
}

/** Undefined: nothing is traced. */
export async function readTracing(
  given: ParsedConfig['tracing'],
  sources: SecretSources,
): Promise<TracingConfig | undefined> {
  const { endpoint, headersFile: file, headersEnv: env, headers, ...rest } = given;
  if (endpoint === null) {
    return undefined;
  }
  const keys = { file: 'tracing.headersFile', env: 'tracing.headersEnv' };
  const text = file === null && env === null ? '' : await readSecret({ value: null, file, env, keys }, sources);
  const pairs = pairsOf(text);
  if (pairs.some(([name, ...rest]) => !HEADER_NAME.test(name) || rest.length === 0)) {
    complain(
      file === null ? keys.env : keys.file,
      'write headers as name=value, one a line or with commas between',
      sources,
    );
  }
  const all = [
    ...Object.entries(headers ?? {}),
    ...pairs.map(([name, ...rest]): [string, string] => [name, rest.join('=')]),
  ];
  return { ...rest, endpoint, headers: Object.fromEntries(all.map(([name, value]) => [name, new Secret(value)])) };
}

/** Reads `name=value` pairs, one a line or separated by commas, as in OTEL_EXPORTER_OTLP_HEADERS. */
function pairsOf(text: string): [name: string, ...value: string[]][] {
  return text
    .split(/[,\n]/)
    .filter(pair => pair.trim() !== '')
    .map(pair => {
      const [name = '', ...value] = pair.split('=');
      return [name.trim(), ...value.map((part, index) => (index === 0 ? part.trimStart() : part))];
    });
}
