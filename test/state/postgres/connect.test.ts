import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectionOptions, setPatience } from '../../../src/state/postgres/connect.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

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

it.each([
  ['ssl=0', 'ssl'],
  ['statement_timeout=0', 'statement_timeout'],
  ['channel_binding=require', 'channel_binding'],
  ['target_session_attrs=standby', 'standby'],
])('a word that would have no effect, or turn another one off, is refused: %s', (word, named) => {
  expect(() => connectionOptions({ url: `${URL_}?${word}` })).toThrow(named);
});

it('words of libpq that are so here anyhow are left out', () => {
  const { connectionString } = connectionOptions({ url: `${URL_}?connect_timeout=3&target_session_attrs=read-write` });
  expect(connectionString).toBe(URL_);
});

it('the certificates may be named in the URL, as libpq has it', async () => {
  await using folder = await makeTempDir();
  const [ca, cert, key] = ['ca', 'cert', 'key'].map(name => join(folder.path, name));
  await Promise.all([ca, cert, key].map(file => writeFile(file!, `PEM of ${file}`)));
  const ssl = (query: string) => connectionOptions({ url: `${URL_}?${query}` }).ssl;
  expect(ssl(`sslrootcert=${ca}`)).toEqual({ ca: `PEM of ${ca}` });
  expect(ssl(`sslmode=verify-ca&sslrootcert=${ca}&sslcert=${cert}&sslkey=${key}`)).toEqual({
    ...{ ca: `PEM of ${ca}`, cert: `PEM of ${cert}`, key: `PEM of ${key}` },
    checkServerIdentity: expect.any(Function),
  });
  expect(() => ssl(`sslrootcert=${ca}-missing`)).toThrow(`cannot read ${ca}-missing`);
});

it('an unknown mode is refused, also the one that falls back to no encryption', () => {
  expect(() => connectionOptions({ url: `${URL_}?sslmode=prefer` })).toThrow('write disable, require, verify-ca');
});

it('the step of a process that stands still ends well before the statements that wait for it, and those before their answers', async () => {
  const sent: string[][] = [];
  const query = (_: string, values: string[][]) => sent.push(...values);
  await setPatience({ query } as unknown as Parameters<typeof setPatience>[0]);
  const msOf = (name: string) => Number(sent[1]![sent[0]!.indexOf(name)]);
  const statement = msOf('statement_timeout');
  expect(statement - msOf('idle_in_transaction_session_timeout')).toBeGreaterThanOrEqual(2000);
  expect(Number(connectionOptions({ url: 'postgres://h/d' }).query_timeout) - statement).toBeGreaterThanOrEqual(2000);
});
