import { parseClient, parseTrace, type Trace } from './trace-file.ts';

const CLIENT = `
name: Tester
source: here
patienceSeconds: 5
headers: { User-Agent: Tester/1, translate: f }
habits:
  lock:
    method: LOCK
    headers: { Depth: 0 }
    body: [<lock, info/>]
    expect: { status: 200, headers: { Lock-Token: /^</ } }
    save: { token: 'lock-token: <([^>]+)>' }
`;
export const clients = new Map([['tester', parseClient(CLIENT, 'clients/tester.yaml')]]);

/** A trace of these steps, one YAML flow mapping each. */
export function traceOf(...steps: string[]): Trace {
  return parseTrace(
    `client: tester\ntitle: tries\nsource: here\nsteps:\n${steps.map(step => `  - ${step}\n`).join('')}then: {}\n`,
    { file: 'tried.yaml', clients },
  );
}
