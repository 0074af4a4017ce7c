import { expect, it } from 'vitest';
import { connectionOptions } from '../../../src/state/postgres/connect.ts';

const URL_ = 'postgres://u:p@db.example:5433/state';

it.each([
  ['', undefined, false],
  ['?sslmode=disable', 'CA', false],
  ['?sslmode=require', undefined, { rejectUnauthorized: false }],
  ['?sslmode=require', 'CA', { ca: 'CA', checkServerIdentity: expect.any(Function) }],
  ['?sslmode=verify-ca', 'CA', { ca: 'CA', checkServerIdentity: expect.any(Function) }],
  ['?sslmode=verify-full', undefined, { ca: undefined }],
  ['', 'CA', { ca: 'CA' }],
])('the words %s, with the CA %s, mean what they mean to libpq', (query, caPem, ssl) => {
  expect(connectionOptions({ url: `${URL_}${query}`, caPem })).toMatchObject({ connectionString: URL_, ssl });
});

it('other words of the URL are left to the driver', () => {
  const { connectionString } = connectionOptions({ url: `${URL_}?application_name=x&sslmode=disable&host=%2Frun` });
  expect(connectionString).toBe(`${URL_}?application_name=x&host=%2Frun`);
});

it('an unknown mode is refused, also the one that falls back to no encryption', () => {
  expect(() => connectionOptions({ url: `${URL_}?sslmode=prefer` })).toThrow('write disable, require, verify-ca');
});

it('the step of a process that stands still ends well before the statements that wait for it, and those before their answers', () => {
  const { idle_in_transaction_session_timeout, statement_timeout, query_timeout } = connectionOptions({ url: URL_ });
  expect(Number(statement_timeout) - Number(idle_in_transaction_session_timeout)).toBeGreaterThanOrEqual(2_000);
  expect(Number(query_timeout) - Number(statement_timeout)).toBeGreaterThanOrEqual(2_000);
});
