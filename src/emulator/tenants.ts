import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { isGraphHost, isLoginHost } from './clouds.ts';
import { isSharedContentHost } from './content-hosts.ts';
import type { Library } from './site.ts';
import type { Person, Tenant } from './tenant.ts';

/** All tenants of the emulated Microsoft; the first one is the default. */
export class Tenants {
  readonly all: Tenant[] = [];
  /** Signs tokens and pre-authenticated URLs. */
  /** Made once: each answer signs several addresses, and a key of bytes takes longer than the signature. */
  readonly #key: KeyObject;

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  get first(): Tenant {
    return this.all[0]!;
  }

  /**
   * Finds a tenant by id or verified domain, as in login URLs; only tenants of that host's cloud. `onHost` undefined:
   * of any cloud.
   */
  find(idOrDomain: string, onHost: string | undefined): Tenant | undefined {
    const asked = idOrDomain.toLowerCase();
    return this.all.find(
      ({ id, domains, cloud }) =>
        (asked === id || domains.has(asked)) && (onHost === undefined || cloud.loginHosts.includes(onHost)),
    );
  }

  findById(id: string): Tenant | undefined {
    return this.all.find(tenant => tenant.id === id);
  }

  /** Finds a user by the ids of their tenant and account; undefined if they were deleted. */
  findPerson({ tenantId, userId }: { tenantId: string; userId: string }): Person | undefined {
    const tenant = this.findById(tenantId);
    const user = tenant?.users.find(({ id }) => id === userId);
    return tenant === undefined || user === undefined ? undefined : { tenant, user };
  }

  /** Finds a drive of any tenant, for hosts that need no token. */
  findLibrary(driveId: string): Library | undefined {
    for (const tenant of this.all) {
      const library = tenant.findLibrary(driveId);
      if (library !== undefined) {
        return library;
      }
    }
    return undefined;
  }

  libraries(): Library[] {
    return this.all.flatMap(tenant => tenant.libraries());
  }

  /** Tells whether it is an emulated host name of Microsoft. */
  ownsHost(host: string): boolean {
    return (
      isLoginHost(host) ||
      isGraphHost(host) ||
      isSharedContentHost(host) ||
      this.all.some(({ sharePointHost, personalHost }) => host === sharePointHost || host === personalHost)
    );
  }

  sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}
