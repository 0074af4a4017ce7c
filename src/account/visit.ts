import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attempts } from '../auth/attempts.ts';
import type { Audit } from '../auth/audit.ts';
import type { Clock } from '../lib/clock.ts';
import type { DevicePasswordStore } from '../state/device-password-store.ts';
import type { Words } from '../words/words.ts';
import type { Identifying } from './identity.ts';
import type { PendingSignIns } from './pending-sign-ins.ts';
import type { Place } from './place.ts';
import type { Provider } from './provider.ts';
import type { Sessions, SignedIn } from './sessions.ts';

/** The parts that the account pages work with. */
export interface AccountParts {
  readonly provider: Provider;
  readonly identifying: Identifying;
  readonly sessions: Sessions;
  readonly pending: PendingSignIns;
  /** Counts, by address, codes that the provider has not accepted. */
  readonly wrongCodes: Pick<Attempts, 'waitSeconds' | 'failed'>;
  readonly passwords: DevicePasswordStore;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** One request for a page. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parts: AccountParts;
  /** The client's address. */
  readonly address: string;
  readonly place: Place;
  /** The path of the account pages in the client's URLs: `/dav/-/account`. */
  readonly home: string;
  /** The path below `home`: empty, or `/connect`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of its pages, in the language of the browser. */
  readonly words: Words['account'];
  readonly logAs: (user: string) => void;
}

/** A visit of a person who has signed in. */
export interface OwnVisit extends Visit {
  readonly signedIn: SignedIn;
}

/** A form of ours that a person has sent: its token was checked. */
export interface FormVisit extends OwnVisit {
  readonly fields: URLSearchParams;
  /** Random, and another one in each form. */
  readonly formId: string;
}
