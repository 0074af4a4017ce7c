import { createHmac, randomBytes } from 'node:crypto';
import { DriveState } from './drive.ts';

/** Whether a user has a OneDrive, and how its absence shows (the variants that Graph is known to answer with). */
export type DriveCondition = 'ready' | 'no-mysite' | 'no-mysite-url' | 'file-not-found' | 'no-licence' | 'locked';

export interface MailboxSpec {
  readonly upn: string;
  readonly displayName?: string;
  readonly userId?: string;
  readonly quotaBytes?: number;
  readonly drive?: DriveCondition;
  /** False: nobody can sign in; the drive stays. */
  readonly accountEnabled?: boolean;
  /** Null for who has no mail address; the user principal name by default. */
  readonly mail?: string | null;
}

export interface User {
  readonly id: string;
  upn: string;
  readonly displayName: string;
  readonly accountEnabled: boolean;
  readonly mail: string | null;
  condition: DriveCondition;
  readonly drive: DriveState;
  /** `ada_contoso_com` in the personal site's address; stays when the user is renamed. */
  readonly site: string;
}

/** A federated identity credential: whose tokens the application may show instead of a secret. */
export interface FederatedIssuer {
  readonly issuer: string;
  readonly subject: string;
  /** `api://AzureADTokenExchange` unless somebody has chosen another. */
  readonly audience: string;
  /** In PEM; Entra gets it from the issuer. */
  readonly publicKey: string;
}

export interface Application {
  clientId: string;
  clientSecret: string;
  /** In PEM, without their keys. */
  certificates: readonly string[];
  federatedIssuers: readonly FederatedIssuer[];
  /** Consented application permissions; none: consent is missing. */
  roles: string[];
  secretExpired: boolean;
  disabled: boolean;
}

const TEBIBYTE = 1024 ** 4;

/** The directory: one tenant, its users with their drives, one registered application. */
export class Tenant {
  readonly id: string;
  /** `contoso`, the first label of the SharePoint hosts. */
  readonly name = 'contoso';
  readonly users: User[] = [];
  readonly application: Application;
  /** `jti` → the second in which it may be forgotten. */
  readonly seenAssertions = new Map<string, number>();
  /** Signs tokens and pre-authenticated URLs. */
  readonly #key = randomBytes(32);
  readonly #ids: () => string;

  constructor(ids: () => string) {
    this.#ids = ids;
    this.id = ids();
    this.application = {
      clientId: ids(),
      clientSecret: randomBytes(24).toString('base64url'),
      certificates: [],
      federatedIssuers: [],
      roles: ['Files.ReadWrite.All', 'User.Read.All'],
      secretExpired: false,
      disabled: false,
    };
  }

  get contentHost(): string {
    return `${this.name}-my.sharepoint.com`;
  }

  addUser(spec: MailboxSpec, now: number): User {
    const drive = new DriveState({
      siteId: this.#ids(),
      webId: this.#ids(),
      listId: this.#ids(),
      quotaBytes: spec.quotaBytes ?? TEBIBYTE,
      now,
    });
    const user: User = {
      id: spec.userId ?? this.#ids(),
      upn: spec.upn,
      displayName: spec.displayName ?? spec.upn.split('@')[0]!,
      accountEnabled: spec.accountEnabled ?? true,
      mail: spec.mail === undefined ? spec.upn : spec.mail,
      condition: spec.drive ?? 'ready',
      drive,
      site: spec.upn.toLowerCase().replaceAll(/[^a-z0-9]/g, '_'),
    };
    this.users.push(user);
    return user;
  }

  /** By object id or, without regard to case, by user principal name. */
  findUser(idOrUpn: string): User | undefined {
    return this.users.find(user => user.id === idOrUpn || user.upn.toLowerCase() === idOrUpn.toLowerCase());
  }

  findDrive(driveId: string): User | undefined {
    return this.users.find(user => user.drive.id === driveId);
  }

  sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}
