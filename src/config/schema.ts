import { isIP } from 'node:net';
import { z } from 'zod';
import { parsePasswordCost } from '../auth/password-cost.ts';
import { LOG_LEVELS } from '../lib/log-level.ts';
import { objectionToUrlPath } from '../lib/url-path.ts';
import { JUNK_POLICIES } from '../mounts/junk-rule.ts';
import { ACCESS } from '../mounts/rights.ts';
import { bearer, proxy } from './auth-schema.ts';
import { byteSize, GIB, KIB, MIB } from './byte-size-schema.ts';
import { downloadPolicy, downloads } from './download-schema.ts';
import { mountLimits, userLimits } from './limits-schema.ts';
import { metrics } from './metrics-schema.ts';
import { mount } from './mount-schema.ts';
import { givenMounts, people } from './people-schema.ts';
import { shares } from './shares-schema.ts';
import { signIn } from './sign-in-schema.ts';
import { state } from './state-schema.ts';
import { tenant, tenants } from './tenant-schema.ts';
import { tracing } from './tracing-schema.ts';

const seconds = (byDefault: number, max: number) => z.number().min(0).max(max).default(byDefault);
/** For node 0 means never, and a connection that never times out costs a client nothing to hold. */
const timeout = (byDefault: number, max: number) => z.number().min(1).max(max).default(byDefault);

const url = (protocols: RegExp, what: string) =>
  z.string().refine(
    text => {
      const parsed = URL.parse(text);
      return parsed !== null && protocols.test(parsed.protocol) && parsed.search === '' && parsed.hash === '';
    },
    { message: `write ${what}` },
  );

const publicUrl = url(/^https?:$/, 'an absolute http or https URL')
  .refine(text => !/\/\/[^/]*@/.test(text), { message: 'a public URL must not hold credentials' })
  .superRefine((text, context) => {
    const objection = objectionToUrlPath(URL.parse(text)?.pathname ?? '/');
    if (objection !== undefined) {
      context.addIssue({ code: 'custom', message: `nothing can be served below this URL: ${objection}` });
    }
  });

/** An address, or a network as address and bits. */
const network = z.string().refine(
  text => {
    const [address = '', bits, ...more] = text.split('/');
    const most = [0, 0, 0, 0, 32, 0, 128][isIP(address)] ?? 0;
    return most > 0 && more.length === 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most));
  },
  { message: 'write an address or a network, such as 127.0.0.1 or 10.0.0.0/8' },
);

/** An origin as a browser writes it into the header Origin, or `*`. */
const corsOrigin = z.string().refine(isOrigin, {
  message: 'write an origin as browsers send it, such as https://app.example or http://localhost:3000, or "*" alone',
});

const basePath = z
  .string()
  .default('/')
  .refine(path => /^\/([^/?#%\\\u0000-\u001f]+\/?)*$/.test(path) && !/(^|\/)\.{1,2}(\/|$)/.test(path), {
    message: 'write the path as /a/b, without "?", "#", "%" and dot segments',
  })
  .refine(path => !/^\/-(\/|$)/.test(path), { message: 'the path "/-" belongs to the server\'s own pages' });

const listen = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080),
  reusePort: z.boolean().default(false),
  basePath,
  trustedProxies: z.array(network).default([]),
  compression: z.boolean().default(true),
  cors: z
    .array(corsOrigin)
    .refine(origins => origins.length < 2 || !origins.includes('*'), {
      message: '"*" allows every origin, so it must be alone',
    })
    .default([]),
  tls: z
    .strictObject({
      certificateFile: z
        .string()
        .min(1)
        .describe('PEM file of the certificate and of those that signed it, relative to this file'),
      keyFile: z.string().min(1).describe('PEM file of its private key, relative to this file'),
    })
    .nullable()
    .default(null),
  http2: z.boolean().default(true),
});

const access = z.enum(ACCESS);

const user = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(200)
    .refine(name => !/[:\\\u0000-\u001f]/.test(name), { message: 'a user name must not hold ":" or "\\"' }),
  passwordHash: z.string().superRefine((hash, context) => {
    const objection = parsePasswordCost(hash);
    if (objection !== undefined) {
      context.addIssue({ code: 'custom', message: objection });
    }
  }),
  mounts: givenMounts,
  access: access.default('write'),
  download: downloadPolicy.nullable().default(null),
  limits: userLimits,
  operator: z.boolean().default(false),
});

/**
 * Companions that clients write beside files: macOS, Windows, Office, LibreOffice, and Joplin's folder of locks.
 * OneDrive would refuse some.
 */
const KEPT_NAMES = ['._*', '.DS_Store', '.apdisk', 'Icon\r', 'Thumbs.db', 'desktop.ini', '~$*', '.~lock.*#', '.lock'];
/** An empty file of this name keeps macOS from indexing and thumbnailing the whole drive (dav-server-rs). */
const PRETENDED_NAMES = ['.metadata_never_index', '.metadata_never_index_unless_rootfs', '.ql_disablethumbnails'];
/** Folders that macOS creates on disks that it considers its own. */
const REFUSED_NAMES = ['.Spotlight-V100', '.fseventsd', '.Trashes'];

const junkRule = z.strictObject({
  names: z.array(z.string().min(1).max(255)).min(1),
  policy: z.enum(JUNK_POLICIES),
});

/** Every key of the configuration with its default and its limits. */
export const configSchema = z.strictObject({
  listen: listen.prefault({}),
  publicUrls: z.array(publicUrl).default([]),
  dataDir: z.string().min(1).default('./data'),
  state: state.prefault({}),
  control: z
    .strictObject({
      socket: z
        .union([z.string().min(1), z.literal(false)], { error: 'write a path, null for dataDir, or false for none' })
        .nullable()
        .default(null),
    })
    .prefault({}),
  outbound: z
    .strictObject({
      proxy: url(/^https?:$/, 'the proxy as http://host:port')
        .nullable()
        .default(null),
      caFile: z.string().min(1).nullable().default(null),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(LOG_LEVELS).default('info'),
      format: z.enum(['auto', 'json', 'pretty']).default('auto'),
    })
    .prefault({}),
  audit: z.strictObject({ file: z.string().min(1).nullable().default(null) }).prefault({}),
  tenant: tenant.nullable().default(null),
  tenants: tenants.nullable().default(null),
  mounts: z.array(mount).min(1),
  discovery: z.strictObject({ intervalMinutes: z.number().min(1).max(1_440).default(15) }).prefault({}),
  users: z.array(user).default([]),
  people: z.array(people).default([]),
  signIn: signIn.prefault({}),
  shares: shares.nullable().default(null),
  downloads: downloads.extend({ minRedirectBytes: byteSize('256 KiB', { min: 0, max: GIB }) }).prefault({}),
  browser: z.boolean().default(true),
  metrics: metrics.default(false),
  tracing: tracing.prefault({}),
  auth: z
    .strictObject({
      realm: z
        .string()
        .min(1)
        .max(100)
        .regex(/^[ !#-[\]-~]*$/, { message: 'the realm must be ASCII without quotes and backslashes' })
        .default('OneDrive'),
      allowUnauthenticatedOptions: z.boolean().default(false),
      credentialCacheSeconds: seconds(300, 86_400),
      bearer: bearer.nullable().default(null),
      proxy: proxy.nullable().default(null),
      usersFile: z
        .strictObject({
          path: z
            .string()
            .min(1)
            .describe('the file, relative to this one: name:hash lines, read again on each change'),
          mounts: givenMounts.describe('the mounts of all its users, as for users'),
          access: access.default('write').describe('read or write, for mounts without their own'),
          download: downloadPolicy
            .nullable()
            .default(null)
            .describe("a stricter policy than the mounts' for its users"),
          limits: userLimits.describe('the limits of each of its users, as for users'),
        })
        .nullable()
        .default(null),
      anonymous: z
        .strictObject({
          mounts: z
            .union([z.literal('*'), z.array(z.string().min(1)).min(1)])
            .describe('the mounts that guests may read: "*" or a list of names'),
          access: z
            .literal('read', { error: 'write read, the only access without a password' })
            .default('read')
            .describe('guests can only read'),
        })
        .nullable()
        .default(null),
    })
    .prefault({}),
  limits: z
    .strictObject({
      maxUrlBytes: byteSize('8 KiB', { min: 256, max: 64 * KIB }),
      maxHeaderBytes: byteSize('16 KiB', { min: 4 * KIB, max: 256 * KIB }),
      maxXmlBytes: byteSize('1 MiB', { min: KIB, max: 64 * MIB }),
      maxUploadBytes: byteSize('250 GiB', { min: 1, max: 250 * GIB }),
      maxSpoolBytes: byteSize('50 GiB', { min: 0, max: 250 * GIB }),
      maxBufferBytes: byteSize('128 MiB', { min: 8 * MIB, max: 64 * GIB }),
      maxJunkBytes: byteSize('256 MiB', { min: 16 * MIB, max: 64 * GIB }),
      headersTimeoutSeconds: timeout(30, 600),
      idleTimeoutSeconds: timeout(300, 86_400),
      shutdownDelaySeconds: seconds(0, 3_600),
      drainSeconds: seconds(4, 3_600),
      perUser: userLimits,
      perMount: mountLimits,
    })
    .prefault({}),
  cache: z
    .strictObject({
      ttlSeconds: seconds(5, 3_600),
      pollSeconds: seconds(30, 3_600),
      webhooks: z.boolean().default(false),
      maxEntries: z.int().min(100).max(10_000_000).default(100_000),
      maxAnswerBytes: byteSize('16 MiB', { min: 0, max: GIB }),
    })
    .prefault({}),
  locks: z
    .strictObject({ defaultTimeoutSeconds: timeout(600, 86_400), maxTimeoutSeconds: timeout(3_600, 604_800) })
    .prefault({}),
  junk: z.array(junkRule).default([
    { names: [...KEPT_NAMES], policy: 'keep' },
    { names: [...PRETENDED_NAMES], policy: 'pretend' },
    { names: [...REFUSED_NAMES], policy: 'refuse' },
  ]),
  graph: z.strictObject({ maxConcurrentRequests: z.int().min(1).max(256).default(16) }).prefault({}),
  reload: z.strictObject({ watch: z.boolean().default(true) }).prefault({}),
});

/** The contents of the file, with defaults. */
export type ParsedConfig = z.infer<typeof configSchema>;

/** Returns the file's JSON Schema, for editors. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
}

/** Apps have schemes of their own (`capacitor://localhost`); of the others a browser leaves out the default port. */
function isOrigin(text: string): boolean {
  const isWeb = /^https?:/.test(text);
  return text === '*' || (isWeb ? URL.parse(text)?.origin === text : /^[a-z][a-z\d+.-]*:\/\/[^/?#\s@]+$/.test(text));
}
