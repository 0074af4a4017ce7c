import type { KnownPerson } from '../people-store.ts';

/** Returns a person as the text that every engine keeps. JSON leaves an undefined member out. */
export function encodePerson(person: KnownPerson): string {
  return JSON.stringify(person);
}

export function decodePerson(text: string): KnownPerson {
  const { mail, ...rest } = JSON.parse(text) as KnownPerson;
  return { ...rest, mail };
}
