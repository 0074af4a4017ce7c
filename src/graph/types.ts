/** Graph's wire shapes, in Graph's spelling: only what we read. */

export interface WireItem {
  readonly id: string;
  readonly name?: string;
  readonly size?: number;
  readonly eTag?: string;
  readonly cTag?: string;
  readonly createdDateTime?: string;
  readonly lastModifiedDateTime?: string;
  readonly fileSystemInfo?: { readonly createdDateTime?: string; readonly lastModifiedDateTime?: string };
  readonly parentReference?: { readonly id?: string; readonly path?: string };
  readonly file?: { readonly mimeType?: string; readonly hashes?: { readonly quickXorHash?: string } };
  readonly folder?: { readonly childCount?: number };
  readonly package?: { readonly type?: string };
  readonly remoteItem?: Pick<WireItem, 'size' | 'file' | 'folder' | 'package'> & {
    readonly id?: string;
    readonly parentReference?: { readonly driveId?: string };
  };
  readonly root?: object;
  /** Only where they were selected. */
  readonly createdBy?: WireIdentities;
  readonly lastModifiedBy?: WireIdentities;
  /** Only where it was expanded; the first page. */
  readonly children?: readonly WireItem[];
  readonly 'children@odata.nextLink'?: string;
  /** In a feed of changes only. */
  readonly deleted?: object;
  readonly '@microsoft.graph.downloadUrl'?: string;
  readonly '@content.downloadUrl'?: string;
}

/** Who did something: a person, a program, or both (Graph docs, "identitySet resource type"). */
export type WireIdentities = Partial<
  Readonly<Record<'user' | 'application' | 'device', { readonly displayName?: string | null }>>
>;

export interface WireVersion {
  readonly id: string;
  readonly lastModifiedDateTime?: string;
  readonly lastModifiedBy?: WireIdentities;
  readonly size?: number;
}

/** By the names of sizes, besides its id. */
export type WireThumbnailSet = Readonly<Record<string, { readonly url?: string } | undefined>>;

export interface WirePage<T> {
  readonly value: readonly T[];
  readonly '@odata.nextLink'?: string;
}

export interface WireDrive {
  readonly id: string;
  readonly name?: string;
  readonly quota?: { readonly total?: number; readonly used?: number; readonly remaining?: number };
  readonly owner?: { readonly user?: { readonly email?: string; readonly displayName?: string } };
  readonly webUrl?: string;
}

export interface WireUser {
  readonly id: string;
  readonly userPrincipalName?: string;
  readonly displayName?: string | null;
  readonly mail?: string | null;
  readonly accountEnabled?: boolean | null;
  readonly assignedPlans?: readonly { readonly service?: string; readonly capabilityStatus?: string }[] | null;
}

export interface WireApplication {
  readonly passwordCredentials?: readonly { readonly hint?: string | null; readonly endDateTime?: string | null }[];
  readonly web?: { readonly redirectUris?: readonly string[] };
  readonly requiredResourceAccess?: readonly {
    readonly resourceAccess?: readonly { readonly id?: string; readonly type?: string }[];
  }[];
  readonly appRoles?: readonly {
    readonly value?: string | null;
    readonly isEnabled?: boolean;
    readonly allowedMemberTypes?: readonly string[];
  }[];
}

export interface WireUploadSession {
  readonly uploadUrl: string;
  readonly expirationDateTime?: string;
  readonly nextExpectedRanges?: readonly string[];
}

export interface WireMonitor {
  readonly status?: string;
  readonly resourceId?: string;
  readonly error?: { readonly code?: string; readonly message?: string };
  readonly errorCode?: string;
}

/** Returns the name of the one who did something: the person's, else the program's. */
export function identityName(identities: WireIdentities | undefined): string | undefined {
  const { user, application } = identities ?? {};
  return user?.displayName ?? application?.displayName ?? undefined;
}
