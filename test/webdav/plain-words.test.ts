import { expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { errorFromCredential, GraphError, type GraphErrorKind } from '../../src/graph/errors.ts';
import { fromChangeError, fromGraphError } from '../../src/onedrive/from-graph-error.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

const SECRET = '0f0e0d0c-1111-2222-3333-444455556666';
const TEXT = `Graph answered: tenant contoso, mailbox ada@contoso.com, user ${SECRET}, AADSTS50034`;
/** A kind without a line does not compile. */
const KINDS = {
  answer: true,
  network: true,
  timeout: true,
  credential: true,
  throttled: true,
  aborted: true,
  protocol: true,
  lapsed: true,
} satisfies Record<GraphErrorKind, true>;
const STATUSES = [400, 401, 403, 404, 408, 409, 410, 412, 413, 416, 423, 429, 500, 503, 504, 507, 509];
const CODES = [
  'itemNotFound',
  'nameAlreadyExists',
  'resourceLocked',
  'invalidPath',
  'pathIsTooLong',
  'quotaLimitReached',
  'maxFileSizeExceeded',
  'malwareDetected',
].map(code => code.toLowerCase());

const BODIES: Record<string, string> = {
  PROPPATCH: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><a xmlns="x:">1</a></D:prop></D:set></D:propertyupdate>',
  LOCK: '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>',
};

const failures = [
  ...Object.keys(KINDS).map(kind => new GraphError(kind as GraphErrorKind, TEXT)),
  ...STATUSES.map(status => new GraphError('answer', TEXT, { status })),
  ...CODES.flatMap(code => [404, 409].map(status => new GraphError('answer', TEXT, { status, codes: [code] }))),
  errorFromCredential(new Error(`invalid_client: ${TEXT}`)),
];

it.each(['GET', 'PUT', 'PROPFIND', 'PROPPATCH', 'DELETE', 'MKCOL', 'COPY', 'MOVE', 'LOCK'])(
  'a client of %s reads no word of Microsoft, of the tenant or of the operator; the log has them',
  async method => {
    let failure: unknown;
    const fail = () => Promise.reject(failure);
    const drive = withFaults(createMemoryDrive(), {
      ...{ stat: fail, list: fail, read: fail, write: fail, remove: fail, makeFolder: fail, copy: fail, move: fail },
    });
    const door = await startFrontDoor({ drive });
    for (const error of failures) {
      for (const translate of [fromGraphError, fromChangeError]) {
        failure = translate(error);
        const before = door.logged.length;
        const head = { Depth: '0', Destination: '/m/y', Connection: 'close', ...basic(door.user, door.password) };
        const answer = await rawRequest(door.url, compose(`${method} /m/x`, head, BODIES[method]));
        const shown = JSON.stringify([answer.headers, answer.body]);
        expect(shown).not.toMatch(/Graph|AADSTS|contoso|0f0e0d0c/);
        expect(answer.status).not.toBe(500);
        if (answer.status > 404 && answer.status !== 412) {
          expect(door.logged.slice(before).join('')).toMatch(/AADSTS|contoso/);
        }
      }
    }
    await door.stop();
  },
);
