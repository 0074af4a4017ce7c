import { createHmac } from 'node:crypto';
import { isGraphHost, isLoginHost } from './clouds.ts';
import { isSharedContentHost } from './content-hosts.ts';
import type { Library } from './site.ts';
import type { Person, Tenant } from './tenant.ts';

/** All tenants of the emulated Microsoft; the first one is what the simple case has. */
export class Tenants {
  readonly all: Tenant[] = [];
  /** Signs tokens and pre-authenticated URLs. */
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  get first(): Tenant {
    return this.all[0]!;
  }

  /**
   * By id or verified domain, as the login host is asked; only tenants of that host's cloud. `onHost` undefined: of
   * any.
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

  /** Somebody by the ids of their tenant and their account; undefined for who is gone. */
  findPerson({ tenantId, userId }: { tenantId: string; userId: string }): Person | undefined {
    const tenant = this.findById(tenantId);
    const user = tenant?.users.find(({ id }) => id === userId);
    return tenant === undefined || user === undefined ? undefined : { tenant, user };
  }

  /** A drive of whichever tenant, for hosts that ask for no token. */
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

  /** Whether it is a host name of Microsoft that ends here. */
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
