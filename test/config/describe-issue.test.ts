import { describe, expect, it } from 'vitest';
import { ConfigError, type Problem } from '../../src/config/config-error.ts';
import { parseConfigText } from '../../src/config/parse.ts';
import { configJsonSchema } from '../../src/config/schema.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';

/** What is read of the configuration's JSON Schema, whose keys the cases are made of. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

type Path = readonly (string | number)[];

/** A configuration with an entry in every list and every group. */
function fullConfig(): unknown {
  const tenant = { tenantId: 't', clientId: 'c', clientSecret: 's', contentHosts: ['h'] };
  return {
    listen: {
      cors: ['https://app.example'],
      trustedProxies: ['127.0.0.1'],
      tls: { certificateFile: 'c', keyFile: 'k' },
    },
    publicUrls: ['https://dav.example.com'],
    ...{ limits: { perUser: {}, perMount: {} } },
    ...{
      state: {},
      control: {},
      outbound: {},
      log: {},
      audit: {},
      discovery: {},
      cache: {},
      locks: {},
      graph: {},
      reload: {},
      signIn: {},
    },
    auth: {
      bearer: {},
      proxy: {
        assertion: { header: 'X', issuer: 'https://i.example', jwksUrl: 'https://i.example/keys', audience: 'a' },
      },
      ...{ usersFile: { path: 'u', mounts: ['ada'], limits: {} }, anonymous: { mounts: ['ada'] } },
    },
    tenant,
    tenants: { contoso: tenant },
    mounts: [{ mailboxes: { match: ['*'], exclude: ['a'] }, limits: {} }],
    users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: ['ada'], limits: {} }],
    people: [{ match: ['*'], exclude: ['a'], mounts: ['own'], limits: {} }],
    shares: { kinds: ['read'], users: ['ada'], mounts: ['ada'] },
    downloads: {
      clients: [{ userAgent: 'x', policy: 'proxy' }],
      proxy: { urls: ['https://dl.example.com'], keys: [{ secret: 'a key of many letters', mounts: ['ada'] }] },
    },
    junk: [{ names: ['x'], policy: 'keep' }],
    metrics: { listen: {} },
    tracing: { headers: {} },
  };
}

/** The configuration with another value at a path; without the key for undefined. */
function withValue(path: Path, value: unknown): unknown {
  const config = fullConfig();
  const last = path.at(-1)!;
  const holderOf = (steps: Path) => steps.reduce((at, step) => (at as Record<string | number, unknown>)[step], config);
  const holder = holderOf(path.slice(0, -1));
  if (Array.isArray(holder) && typeof last === 'string') {
    // Where a list or a group may stand, this is a case of the group.
    Object.assign(holderOf(path.slice(0, -2)) as object, { [path.at(-2)!]: { [last]: value } });
  } else {
    Object.assign(holder as object, { [last]: value });
  }
  return config;
}

function problemsOf(config: unknown): { problems: readonly Problem[]; lines: string[] } {
  const text = JSON.stringify(config, null, 2);
  try {
    parseConfigText(text, 'config.yaml');
  } catch (error) {
    if (error instanceof ConfigError) {
      return { problems: error.problems, lines: text.split('\n') };
    }
    throw error;
  }
  return { problems: [], lines: [] };
}

interface Case {
  readonly title: string;
  readonly path: Path;
  readonly value: unknown;
  /** Of the key that is complained about: an unknown key is below the group that has it. */
  readonly key: string;
}

function casesOf(node: Node, path: Path, isRequired: boolean): Case[] {
  const forms = [node, ...(node.anyOf ?? [])];
  const make = (title: string, value: unknown, key = path.join('.')) => [{ title, path, value, key }];
  const has = (test: (form: Node) => boolean) => forms.some(test);
  const group = forms.find(({ properties }) => properties !== undefined);
  const bounded = forms.find(({ minimum, maximum }) => minimum !== undefined && maximum !== undefined);
  return [
    ...(isRequired ? make('missing', undefined) : []),
    ...make('wrong type', group === undefined && !has(isRecord) ? { a: 1 } : 7),
    ...(has(form => form.enum !== undefined) ? make('unknown value', 'nonsense') : []),
    ...(has(form => (form.minLength ?? 0) > 0) && !has(form => form.minLength === undefined && isText(form))
      ? make('empty', '')
      : []),
    ...(has(form => (form.minItems ?? 0) > 0) ? make('empty list', []) : []),
    ...(bounded === undefined ? [] : make('too small', bounded.minimum! - 1)),
    ...(bounded === undefined ? [] : make('too large', bounded.maximum! + 1)),
    ...(group === undefined ? [] : make('unknown key', { zzzzzzzz: 1 }, [...path, 'zzzzzzzz'].join('.'))),
    ...forms.flatMap(form => childrenOf(form, path)),
  ];
}

function isRecord({ additionalProperties }: Node): boolean {
  return typeof additionalProperties === 'object';
}

function isText(form: Node): boolean {
  return (form as { type?: string }).type === 'string';
}

function childrenOf(form: Node, path: Path): Case[] {
  const { properties = {}, required = [], items, additionalProperties } = form;
  return [
    ...Object.entries(properties).flatMap(([name, child]) => casesOf(child, [...path, name], required.includes(name))),
    ...(items === undefined ? [] : casesOf(items, [...path, 0], false)),
    ...(typeof additionalProperties === 'object' ? casesOf(additionalProperties, [...path, 'contoso'], false) : []),
  ];
}

const CASES = childrenOf(configJsonSchema() as Node, []);
const STOCK = /Invalid|Required|expected .*received|Too (?:big|small)|Unrecognized/;
const REMEDY = /\b(?:write|use|give|name|say|leave|put|known keys|did you mean|has|have|is plain|must|no)\b/;

describe('an error of the configuration', () => {
  it('is tried for every key', () => {
    expect(CASES.length).toBeGreaterThan(200);
    expect(CASES.filter(({ title }) => title === 'missing').map(({ key }) => key)).toContain('users.0.mounts');
  });

  it.each(CASES)('names the key, the line and what is right: $key, $title', ({ path, value, key, title }) => {
    const { problems, lines } = problemsOf(withValue(path, value));
    const problem = problems.find(each => each.key === key);
    expect(problem, JSON.stringify(problems)).toBeDefined();
    // A key that is missing at the top stands on no line; one below has that of its group.
    expect(problem!.line ?? 0)[title === 'missing' && path.length === 1 ? 'toBe' : 'toBeGreaterThan'](0);
    const name = key.split('.').at(-1)!;
    if (title !== 'missing' && !/^\d+$/.test(name) && title !== 'unknown key') {
      expect(lines[problem!.line! - 1]).toContain(`"${name}"`);
    }
    expect(problems.map(({ message }) => message).filter(message => STOCK.test(message))).toEqual([]);
    expect(problem!.message).toMatch(REMEDY);
  });

  it.each([
    ['users.0.mounts', undefined, 'the key is missing: write "*", a list or a group of keys'],
    ['users.0.mounts', 'ada', 'this is text: write "*", a list or a group of keys'],
    ['users.0.mounts.0', 7, 'this is a number: write text'],
    ['users.0.access', 'all', 'this is not a known value: write read or write'],
    ['mounts', [], 'this is empty: write a list of at least 1 entry'],
    ['listen.port', 70_000, 'this is too large: write a number of at most 65535'],
    ['listen.port', 80.5, 'this is not a whole number: write a whole number'],
    ['limits.maxXmlBytes', 1, 'write a size from 1024 to 67108864 bytes, such as "1 MiB"'],
    ['limits.maxXmlBytes', true, 'this is true or false: write text or a number'],
  ])('%s: %j', (key, value, message) => {
    const path = key.split('.').map(step => (/^\d+$/.test(step) ? Number(step) : step));
    expect(problemsOf(withValue(path, value)).problems).toMatchObject([{ key, message }]);
  });
});
