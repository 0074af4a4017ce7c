/** Why the token endpoint issues no token, and the remedy for the operator. */
export interface TokenRefusal {
  readonly means: string;
  readonly cure: string;
}

const NO_CREDENTIAL: TokenRefusal = { means: 'no credential was sent', cure: 'give one in tenant' };
const SCOPE: TokenRefusal = { means: 'the scope was refused', cure: 'check tenant.cloud' };
const FEDERATED_CURE = "compare it with the token's in Entra";

/** By AADSTS code (learn, "Microsoft Entra authentication and authorization error codes"; reports of clients). */
export const TOKEN_REFUSALS: Readonly<Record<string, TokenRefusal>> = {
  '7000215': {
    means: 'the client secret is wrong',
    cure: "copy the secret's Value from Entra, not its ID, to tenant.clientSecret",
  },
  '7000222': {
    means: 'the client secret has expired',
    cure: 'create a new one in Entra and put it in tenant.clientSecret',
  },
  '700016': {
    means: 'the application is not known in this tenant',
    cure: 'check tenant.clientId and tenant.tenantId',
  },
  '90002': { means: 'the tenant was not found', cure: 'check tenant.tenantId and tenant.cloud' },
  '900023': {
    means: 'tenant.tenantId is neither a GUID nor a domain',
    cure: 'copy the Directory (tenant) ID from Entra to tenant.tenantId',
  },
  '7000216': NO_CREDENTIAL,
  '7000218': NO_CREDENTIAL,
  '1002012': SCOPE,
  '70011': SCOPE,
  '500011': { means: 'Microsoft Graph is not known there', cure: 'check tenant.cloud' },
  '7000112': { means: 'the application is disabled', cure: 'an administrator must enable it in Entra' },
  '700024': {
    means: 'the assertion is outside its validity',
    cure: "check this machine's clock, and with workload identity the age of the token file",
  },
  '700027': {
    means: 'the certificate of tenant.certificateFile is not among those of the application, or has expired',
    cure: 'upload it to the application in Entra',
  },
  '70025': { means: 'the application has no federated credential', cure: 'add one in Entra' },
  '700211': { means: 'no federated credential of the application has this issuer', cure: FEDERATED_CURE },
  '700212': { means: 'no federated credential of the application has this audience', cure: FEDERATED_CURE },
  '700213': { means: 'no federated credential of the application has this subject', cure: FEDERATED_CURE },
  '53003': { means: 'Conditional Access blocks this application', cure: 'an administrator must allow it' },
  '50012': { means: 'the secret or the signature was refused', cure: 'compare the credential with the one in Entra' },
  '700030': { means: 'the certificate is not accepted', cure: 'upload a valid one to the application in Entra' },
  '90033': { means: "Microsoft's login service is disturbed", cure: 'try again in a few minutes' },
};

/**
 * Refusals of managed identities, where the machine refuses before any request to Entra: App Service and IMDS have no
 * codes.
 */
const LOCAL_REFUSALS: readonly (readonly [text: RegExp, refusal: TokenRefusal])[] = [
  [
    /No User Assigned or Delegated Managed Identity|Identity not found/,
    {
      means: 'this machine has no such managed identity',
      cure: 'assign it in Azure, or check tenant.managedIdentity',
    },
  ],
  [
    /ManagedIdentityCredential: Network unreachable/,
    {
      means: 'this machine has no endpoint for managed identities',
      cure: 'tenant.managedIdentity only works on Azure machines; use another credential elsewhere',
    },
  ],
];

/** Explains a refusal by its AADSTS code or, without one, by its text. */
export function explainTokenRefusal({
  code,
  text,
}: {
  code: string | undefined;
  text: string;
}): TokenRefusal | undefined {
  return code === undefined ? LOCAL_REFUSALS.find(([pattern]) => pattern.test(text))?.[1] : TOKEN_REFUSALS[code];
}

/** The codes that another credential of the same application cures. */
const OF_CREDENTIAL = ['7000215', '7000222', '7000216', '7000218', '700027', '700030', '700024', '50012'];

/** Returns true when the credential itself was refused: it may have been rolled. */
export function isOfCredential({ kind, codes = [] }: { kind?: string; codes?: readonly string[] }): boolean {
  return kind === 'credential' && codes.some(code => OF_CREDENTIAL.includes(code.replace('aadsts', '')));
}

/** Microsoft's own trouble, although the answer has a code. */
const NO_REFUSALS = ['aadsts90033'];

/**
 * Returns true when the token host has said no, to whatever was wrong; false when it could not be reached or was broken.
 */
export function isRefusal({
  kind,
  codes,
  message,
}: {
  kind: string;
  codes: readonly string[];
  message: string;
}): boolean {
  return kind === 'credential' && (codes.some(code => !NO_REFUSALS.includes(code)) || isLocal(message));
}

function isLocal(message: string): boolean {
  return (
    message.startsWith('the managed identity belongs') ||
    LOCAL_REFUSALS.some(([, { means }]) => message.includes(means))
  );
}
