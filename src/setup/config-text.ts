import { printable } from '../lib/printable.ts';
import { yamlScalar } from '../lib/yaml-scalar.ts';

/** The parts of the configuration that setup writes. */
export interface ConfigParts {
  readonly listen: { readonly host: string; readonly port: number };
  readonly publicUrl: string | undefined;
  readonly dataDir: string | undefined;
  readonly outbound: { readonly proxy: string | undefined; readonly caFile: string | undefined };
  readonly tenant: Readonly<Record<string, string | boolean | readonly string[]>>;
  readonly mounts: ChosenMounts;
  readonly readOnly: boolean;
  /** The first user; undefined where people sign in. */
  readonly user: { readonly name: string; readonly passwordHash: string } | undefined;
  /** The rule for people who sign in with Microsoft. */
  readonly people?: ChosenRule | undefined;
}

/** The chosen mounts: single mailboxes, a rule, or both. */
export interface ChosenMounts {
  readonly mailboxes: readonly ChosenMailbox[];
  readonly rule: ChosenRule | undefined;
}

export interface ChosenMailbox {
  /** User principal name or object id. */
  readonly mailbox: string;
  /** Set where the part before the @ is already taken. */
  readonly name?: string;
  /** For people. */
  readonly remark?: string;
}

export interface ChosenRule {
  readonly match: readonly string[];
  readonly exclude: readonly string[];
  readonly group?: string;
}

const DEFAULT_LISTEN = { host: '127.0.0.1', port: 8080 };

const TENANT_REMARKS: Record<string, string> = {
  tenantId: 'Directory (tenant) ID',
  clientId: 'Application (client) ID',
  clientSecretFile: 'renew it in Entra before it expires, put the new one there: it is read again',
  clientSecretEnv: 'renew it in Entra before it expires',
  certificateFile: 'the certificate and its key; its public half is in Entra',
};

/** Renders the configuration as a person would write it: only values that differ from the defaults, and why. */
export function renderConfig(parts: ConfigParts, now: Date): string {
  const sections = [
    [
      `# Written by "onedrive-webdav setup" on ${now.toISOString().slice(0, 10)}. Missing keys have their defaults: config.example.yaml lists all keys.`,
      '# A running server reads changes by itself; onedrive-webdav check-config says first whether they are right.',
    ],
    renderListen(parts),
    renderOutbound(parts),
    ['tenant:', ...Object.entries(parts.tenant).map(([key, value]) => renderKey(key, value))],
    renderMounts(parts),
    renderUser(parts),
    renderPeople(parts),
  ];
  return `${sections
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`;
}

function renderListen({ listen, publicUrl, dataDir }: ConfigParts): string[] {
  const { host, port } = listen;
  const own = [
    ...(host === DEFAULT_LISTEN.host ? [] : [`  host: ${yamlScalar(host)}`]),
    ...(port === DEFAULT_LISTEN.port ? [] : [`  port: ${port}`]),
  ];
  return [
    ...(own.length === 0 ? [] : ['listen:', ...own]),
    ...(publicUrl === undefined ? [] : [`publicUrls: [${yamlScalar(publicUrl)}] # where clients reach this server`]),
    ...(dataDir === undefined ? [] : [`dataDir: ${yamlScalar(dataDir)} # locks, properties, spooled uploads`]),
  ];
}

function renderOutbound({ outbound: { proxy, caFile } }: ConfigParts): string[] {
  const lines = [
    ...(proxy === undefined ? [] : [`  proxy: ${yamlScalar(proxy)}`]),
    ...(caFile === undefined ? [] : [`  caFile: ${yamlScalar(caFile)}`]),
  ];
  return lines.length === 0 ? [] : ['outbound: # the way to Microsoft', ...lines];
}

function renderKey(key: string, value: string | boolean | readonly string[]): string {
  const remark = TENANT_REMARKS[key];
  const text = Array.isArray(value)
    ? renderList(value)
    : typeof value === 'boolean'
      ? String(value)
      : yamlScalar(value as string);
  return `  ${key}: ${text}${remark === undefined ? '' : ` # ${remark}`}`;
}

function renderMounts({ mounts: { mailboxes, rule }, readOnly }: ConfigParts): string[] {
  const settings = readOnly ? ['    readOnly: true # the application may only read'] : [];
  return [
    'mounts:',
    ...mailboxes.flatMap(({ mailbox, name, remark }) => [
      `  - mailbox: ${yamlScalar(mailbox)}${remark === undefined ? '' : ` # ${printable(remark)}`}`,
      ...(name === undefined ? [] : [`    name: ${yamlScalar(name)}`]),
      ...settings,
    ]),
    ...(rule === undefined ? [] : [...renderRule(rule), ...settings]),
  ];
}

function renderUser({ user, readOnly }: ConfigParts): string[] {
  if (user === undefined) {
    return [];
  }
  return [
    'users: # add a name and a hash for each further user; hash: onedrive-webdav hash-password',
    `  - name: ${yamlScalar(user.name)}`,
    `    passwordHash: ${yamlScalar(user.passwordHash)}`,
    `    mounts: "*" # or a list of mount names`,
    ...(readOnly ? ['    access: read'] : []),
  ];
}

function renderPeople({ people, publicUrl, readOnly }: ConfigParts): string[] {
  if (people === undefined) {
    return [];
  }
  const [match, ...others] = rulePairs(people);
  return [
    `people: # sign in with Microsoft at ${publicUrl?.replace(/\/+$/, '')}/-/account and make a password for each device there`,
    `  - ${match}`,
    ...others.map(pair => `    ${pair}`),
    '    mounts: own # the OneDrive of the person; or names, globs and own: {own: write, marketing: read}',
    ...(readOnly ? ['    access: read'] : []),
  ];
}

function renderRule(rule: ChosenRule): string[] {
  return [
    '  - mailboxes: # found in the directory; the server looks for them at start and from time to time',
    ...rulePairs(rule).map(pair => `      ${pair}`),
  ];
}

function rulePairs({ match, exclude, group }: ChosenRule): string[] {
  const [only, ...others] = match;
  return [
    `match: ${only !== undefined && others.length === 0 ? yamlScalar(only) : renderList(match)}`,
    ...(exclude.length === 0 ? [] : [`exclude: ${renderList(exclude)}`]),
    ...(group === undefined ? [] : [`group: ${yamlScalar(group)}`]),
  ];
}

function renderList(values: readonly string[]): string {
  return `[${values.map(yamlScalar).join(', ')}]`;
}
