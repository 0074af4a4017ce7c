import { expect, it } from 'vitest';
import { migrate } from '../../../src/state/postgres/migrations.ts';
import { StateUnavailable } from '../../../src/state/state-unavailable.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { POSTGRES, startPostgres } from '../../support/postgres.ts';

describeWith(POSTGRES, 'the way to PostgreSQL', () => {
  it('is encrypted and checked as the URL says', async () => {
    const tls = await makeCertificate({ addresses: ['127.0.0.1'] });
    const other = await makeCertificate();
    await using server = await startPostgres({ tls });
    const database = await server.openDatabase();
    const connect = (mode: string, caPem?: string, url = database.url) =>
      migrate({ url: mode === '' ? url : `${url}?sslmode=${mode}`, caPem });
    await connect('require');
    await connect('verify-ca', tls.certificate);
    await connect('verify-full', tls.certificate);
    await connect('', tls.certificate);
    await expect(connect('verify-full')).rejects.toThrow(
      'cannot use the database of the state: self-signed certificate',
    );
    await expect(connect('verify-ca', other.certificate)).rejects.toThrow('cannot use the database of the state');
    const byName = database.url.replace('127.0.0.1', 'localhost');
    await expect(connect('verify-full', tls.certificate, byName)).rejects.toThrow(
      "does not match certificate's altnames",
    );
    await connect('verify-ca', tls.certificate, byName);
  });

  it('tells what is wrong for good from what may pass', async () => {
    await using server = await startPostgres();
    const { url } = await server.openDatabase();
    const wrong = migrate({ url: `${url}_not_there` });
    await expect(wrong).rejects.toThrow('cannot use the database of the state: database "');
    await expect(wrong).rejects.not.toThrow(StateUnavailable);
    await expect(migrate({ url: `${url}?sslmode=require` })).rejects.toThrow('does not support SSL');
    await server.stop();
    await expect(migrate({ url })).rejects.toThrow(StateUnavailable);
  });
});
