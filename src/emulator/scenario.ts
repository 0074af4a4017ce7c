import { closest, distance } from 'fastest-levenshtein';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Emulator, EmulatorOptions } from './emulator.ts';
import { FAULTS } from './fault-catalogue.ts';
import type { DriveHandle, MailboxHandle, TenantHandle } from './handles.ts';
import { switchesSchema } from './switches-schema.ts';
import {
  bandwidthSchema,
  consentSchema,
  faultRuleSchema,
  groupSchema,
  latencySchema,
  personSchema,
  siteSchema,
  throttlingSchema,
} from './world-schema.ts';

const PIECE_BYTES = 64 * 1024;
/** A word with more typos counts as another word. */
const MAX_TYPOS = 3;

/** A file in a scenario: its text, or a size to fill with bytes. Paths begin with a slash. */
const fileSchema = z.union([
  z.string(),
  z.strictObject({
    text: z.string().optional(),
    bytes: z.number().int().nonnegative().optional(),
    modified: z.iso.datetime().optional(),
  }),
]);
const filesSchema = z.record(z.string().startsWith('/'), fileSchema);

const tenantSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+$/, 'use only lower-case letters and digits'),
  displayName: z.string().optional(),
  cloud: z.enum(['global', 'usgov', 'usgovdod', 'china']).optional(),
  application: z
    .strictObject({
      clientId: z.guid().optional(),
      clientSecret: z.string().min(1).optional(),
      roles: z.array(z.string()).optional(),
      redirectUris: z.array(z.string()).optional(),
    })
    .optional(),
  people: z.array(personSchema.extend({ files: filesSchema.optional() })).default([]),
  groups: z.array(groupSchema).default([]),
  sites: z.array(siteSchema.extend({ files: z.record(z.string(), filesSchema).optional() })).default([]),
});

const scenarioSchema = z.strictObject({
  tenants: z
    .array(tenantSchema)
    .min(1)
    .default([{ name: 'contoso', people: [], groups: [], sites: [] }]),
  consent: consentSchema.optional(),
  latency: latencySchema.optional(),
  bandwidth: bandwidthSchema.optional(),
  throttling: throttlingSchema.optional(),
  switches: switchesSchema.optional(),
  faults: z.array(faultRuleSchema).default([]),
});

export type Scenario = z.output<typeof scenarioSchema>;

/** The problems of a scenario file, one per line. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** Parses a scenario; `file` is for messages only. Throws ScenarioError. */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message}`);
    throw new ScenarioError(problems.join('\n'));
  }
  const value: unknown = document.toJS() ?? {};
  const result = scenarioSchema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (z.object({ range: z.array(z.number()) }).safeParse(node).success) {
        return lines.linePos((node as { range: [number] }).range[0]).line;
      }
    }
    return 1;
  };
  const problems = result.error.issues.map(
    issue => `${file}:${lineOf(issue.path)}: ${[...issue.path].join('.')}: ${explain(issue, value)}`,
  );
  throw new ScenarioError(problems.join('\n'));
}

/** Returns the options for `createEmulator`. */
export function optionsOf({ tenants, consent, latency, bandwidth, throttling, switches }: Scenario): EmulatorOptions {
  const { name, displayName, cloud } = tenants[0]!;
  return { tenant: { name, displayName, cloud }, consent, latency, bandwidth, throttling, ...switches };
}

/** Fills an emulator that was created with `optionsOf`; sets faults last, so that none affects the seed. */
export async function applyScenario(emulator: Emulator, { tenants, faults }: Scenario): Promise<void> {
  const [first, ...others] = tenants;
  await fillTenant(emulator, first!);
  for (const tenant of others) {
    const { name, displayName, cloud } = tenant;
    await fillTenant(emulator.addTenant({ name, displayName, cloud }), tenant);
  }
  emulator.setFaults(faults);
}

type TenantOfScenario = Scenario['tenants'][number];

async function fillTenant(
  handle: TenantHandle,
  { application, people, groups, sites }: TenantOfScenario,
): Promise<void> {
  if (application !== undefined) {
    handle.setApplication(application);
  }
  const known = new Map<string, MailboxHandle>();
  for (const { files, quotaBytes, ...spec } of people) {
    const mailbox = handle.addMailbox(spec);
    known.set(spec.upn.toLowerCase(), mailbox);
    await putFiles(mailbox, files);
    if (quotaBytes !== undefined) {
      // After the files: a drive may be over its quota from the start.
      mailbox.setQuota(quotaBytes);
    }
  }
  for (const { members = [], ...spec } of groups) {
    handle.addGroup({ ...spec, members: members.map(upn => personOf(known, upn)) });
  }
  for (const { files = {}, ...spec } of sites) {
    const site = handle.addSite(spec);
    for (const [library, its] of Object.entries(files)) {
      await putFiles(site.library(library), its);
    }
  }
}

function personOf(known: ReadonlyMap<string, MailboxHandle>, upn: string): MailboxHandle {
  const found = known.get(upn.toLowerCase());
  if (found === undefined) {
    throw new ScenarioError(`A group has the member ${upn}, but its tenant has no such person.`);
  }
  return found;
}

/** A path that ends with a slash is an empty folder. */
async function putFiles(drive: DriveHandle, files: z.output<typeof filesSchema> = {}): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const { text = '', bytes, modified } = typeof file === 'string' ? { text: file } : file;
    if (path.endsWith('/')) {
      drive.mkdir(path);
    } else {
      const content = bytes === undefined ? text : fill(bytes);
      await drive.put(path, content, modified === undefined ? {} : { modified: new Date(modified) });
    }
  }
}

async function* fill(bytes: number): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(PIECE_BYTES, 'onedrive-webdav scenario ');
  for (let left = bytes; left > 0; left -= piece.length) {
    yield piece.subarray(0, left);
  }
}

function explain(issue: z.core.$ZodIssue, scenario: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown key ${issue.keys.map(key => `"${key}"${suggest(key, keysAt(issue.path))}`).join(', ')}`;
  }
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    scenario,
  );
  if (issue.path.at(-1) === 'fault' && typeof given === 'string') {
    return `there is no fault "${given}"${suggest(given, Object.keys(FAULTS))}`;
  }
  return issue.message;
}

function keysAt(path: readonly PropertyKey[]): string[] {
  const shapes: Record<string, object> = {
    '': scenarioSchema.shape,
    tenants: tenantSchema.shape,
    people: tenantSchema.shape.people.unwrap().element.shape,
    groups: groupSchema.shape,
    sites: tenantSchema.shape.sites.unwrap().element.shape,
    switches: switchesSchema.shape,
    throttling: throttlingSchema.shape,
    bandwidth: bandwidthSchema.shape,
    faults: faultRuleSchema.shape,
  };
  const name = String(path.filter(step => typeof step === 'string').at(-1) ?? '');
  return Object.keys(shapes[name] ?? {});
}

function suggest(word: string, known: readonly string[]): string {
  const best = known.length === 0 ? undefined : closest(word, known);
  return best !== undefined && distance(word.toLowerCase(), best.toLowerCase()) <= MAX_TYPOS
    ? `; did you mean "${best}"?`
    : '';
}
