import { hash } from 'node:crypto';
import { Secret } from './secret.ts';

/** Returns a text for objects and functions that stand for themselves; undefined: what is in them counts. */
export type NameOf = (value: object) => string | undefined;

/**
 * Returns a text that is equal for two values exactly when they hold the same: the order of an object's keys does not
 * count, and a key without a value counts as absent. Secrets are compared by a digest, so the text can be kept. Throws
 * TypeError for functions and instances of classes, which have no values to compare.
 */
export function stableText(value: unknown, nameOf: NameOf = () => undefined): string {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return value === undefined ? 'undefined' : JSON.stringify(value);
  }
  const name = nameOf(value);
  if (name !== undefined) {
    return name;
  }
  if (value instanceof Secret) {
    return `secret ${hash('sha256', value.reveal(), 'base64')}`;
  }
  if (value instanceof Date) {
    return `date ${value.getTime()}`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(member => stableText(member, nameOf)).join()}]`;
  }
  if (!isPlain(value)) {
    throw new TypeError(`a ${value.constructor?.name} cannot be compared by its values`);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const texts = members.map(([key, member]) => `${JSON.stringify(key)}:${stableText(member, nameOf)}`);
  return `{${texts.sort().join()}}`;
}

/** Returns true for an object whose values are all that it is. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return [Object.prototype, Array.prototype, Secret.prototype, Date.prototype].includes(prototype as object);
}
