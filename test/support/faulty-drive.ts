import type { Drive } from '../../src/drive/drive.ts';

/** A drive some of whose operations are replaced; the others are `inner`'s. */
export function withFaults(inner: Drive, faults: Partial<Drive>): Drive {
  return new Proxy(inner, {
    get: (target, name) => {
      const member = faults[name as keyof Drive] ?? target[name as keyof Drive];
      return typeof member === 'function' ? member.bind(name in faults ? faults : target) : member;
    },
  });
}
