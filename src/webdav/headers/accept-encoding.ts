import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';

/** The content codings that listings are sent in, best first (RFC 9110 §8.4.1, RFC 7932). */
export const CODINGS = ['br', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];

/** Returns the coding that the client prefers; undefined where it names none of ours (RFC 9110 §12.5.3). */
export function acceptedCoding({ headers }: Pick<IncomingMessage, 'headers'>): Coding | undefined {
  const chosen = new Negotiator({ headers }).encoding([...CODINGS, 'identity'], { preferred: [...CODINGS] });
  return CODINGS.find(coding => coding === chosen);
}
