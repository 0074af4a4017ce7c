import { expect, it } from 'vitest';
import { CREDENTIAL_TRAITS, type Credential } from '../../src/graph/credential-kinds.ts';

it('no kind of credential compiles without a word on whose tenant it is of', () => {
  // @ts-expect-error the compiler points to the table when there is one more kind
  const traitsOf = (kind: Credential['kind'] | 'fourth') => CREDENTIAL_TRAITS[kind];
  expect(traitsOf('managed-identity')).toEqual({ isOfMachine: true });
  expect(traitsOf('workload-identity')).toEqual({ isOfMachine: false });
});
