import { z } from 'zod';
import { CLOUD_NAMES } from '../graph/cloud-names.ts';
import type { Credential } from '../graph/credential-kinds.ts';
import { listWords } from '../lib/list-words.ts';

const cloud = z
  .string()
  .default('global')
  .transform((name, context) => {
    const known = CLOUD_NAMES.find(each => each === name);
    if (known !== undefined) {
      return known;
    }
    const message = /^(germany|de)$/i.test(name)
      ? 'the German cloud was closed in 2021; its tenants are in "global" now'
      : `use ${listWords(CLOUD_NAMES)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const optionalText = z.string().min(1).nullable().default(null);

/** The origin of a host that replaces the cloud's own: it gets secrets and tokens, so it must be https. */
const httpsOrigin = z
  .string()
  .refine(text => /^https:\/\/[\w.:[\]-]+$/i.test(text) && URL.canParse(text), {
    message: 'write an origin such as https://graph.microsoft.com, without a path or a slash at the end',
  })
  .transform(text => new URL(text).origin)
  .nullable()
  .default(null);

const keys = z.strictObject({
  cloud,
  tenantId: z.string().min(1),
  clientId: optionalText,
  clientSecret: optionalText,
  clientSecretFile: optionalText,
  clientSecretEnv: optionalText,
  certificateFile: optionalText,
  certificatePasswordFile: optionalText,
  managedIdentity: z
    .union([z.boolean(), z.string().min(1)], {
      error: 'use true, or the client id of a user-assigned managed identity',
    })
    .default(false),
  workloadIdentity: z.boolean().default(false),
  federatedTokenFile: optionalText,
  authorityHost: httpsOrigin,
  graphUrl: httpsOrigin,
  contentHosts: z.array(z.string().min(1)).default([]),
});

type Given = z.infer<typeof keys>;

/** The keys of each kind of credential; a tenant has exactly one. */
const KEYS = {
  secret: ['clientSecret', 'clientSecretFile', 'clientSecretEnv'],
  certificate: ['certificateFile'],
  'managed-identity': ['managedIdentity'],
  'workload-identity': ['workloadIdentity'],
} as const satisfies Record<Credential['kind'], readonly (keyof Given)[]>;
const WAYS = Object.values(KEYS).flat();

/** Keys that mean nothing without another. */
const COMPANIONS = [
  ['certificatePasswordFile', 'certificateFile'],
  ['federatedTokenFile', 'workloadIdentity'],
] as const satisfies [keyof Given, keyof Given][];

export const tenant = keys.superRefine((given, context) => {
  const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const isGiven = (key: keyof Given) => hasKey(given, key);
  if (WAYS.filter(isGiven).length !== 1) {
    complain([], `give the credential in exactly one way: ${listWords(WAYS)}`);
    return;
  }
  for (const [key, other] of COMPANIONS) {
    if (isGiven(key) && !isGiven(other)) {
      complain([key], `this key needs ${other}`);
    }
  }
  if (given.clientId !== null && isGiven('managedIdentity')) {
    complain(
      ['clientId'],
      'leave it out: a managed identity is not a registered application; write the client id of a user-assigned one to managedIdentity',
    );
  }
  // In a pod the client id of a workload identity comes with the environment.
  if (given.clientId === null && !isGiven('managedIdentity') && !isGiven('workloadIdentity')) {
    complain(['clientId'], 'write the client id of the registered application');
  }
});

/** Tenants by the operator's names; mounts refer to them. */
export const tenants = z
  .record(
    z.string().regex(/^[\w-]+$/, { message: 'the name of a tenant has only letters, digits, hyphens and underscores' }),
    tenant,
  )
  .refine(byName => Object.keys(byName).length > 0, { message: 'name at least one tenant' });

export type GivenTenant = z.infer<typeof tenant>;

/** Returns the kind of the credential; the schema guarantees exactly one. */
export function kindOf(given: GivenTenant): Credential['kind'] {
  const kinds = Object.keys(KEYS) as Credential['kind'][];
  return kinds.find(kind => KEYS[kind].some(key => hasKey(given, key)))!;
}

function hasKey(given: Given, key: keyof Given): boolean {
  return given[key] !== null && given[key] !== false;
}
