import { createHmac } from 'node:crypto';
import { isGraphHost, isLoginHost } from './clouds.ts';
import type { Library } from './site.ts';
import type { Tenant } from './tenant.ts';

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

  /** By id or initial domain, as the login host is asked; only tenants of that host's cloud. `onHost` undefined: of any. */
  find(idOrDomain: string, onHost: string | undefined): Tenant | undefined {
    const asked = idOrDomain.toLowerCase();
    return this.all.find(
      ({ id, domain, cloud }) =>
        (asked === id || asked === domain) && (onHost === undefined || cloud.loginHosts.includes(onHost)),
    );
  }

  findById(id: string): Tenant | undefined {
    return this.all.find(tenant => tenant.id === id);
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
      this.all.some(({ sharePointHost, personalHost }) => host === sharePointHost || host === personalHost)
    );
  }

  sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}
