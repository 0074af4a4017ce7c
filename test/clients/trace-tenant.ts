import type { CallRecord, MailboxHandle } from '../../src/emulator/emulator.ts';
import { QuickXorHash } from '../../src/emulator/quick-xor-hash.ts';
import { generatedBytes } from './trace-http.ts';
import type { Contents, Node, TraceText } from './trace-schema.ts';

export type Mailboxes = Readonly<Record<'ada' | 'grace', MailboxHandle>>;

/**
 * Names that clients write beside the user's files and that OneDrive must never see, as a file, a folder or a question.
 */
const JUNK = /^(\._.*|\.DS_Store|desktop\.ini|Thumbs\.db)$/i;

/** Puts into the tenant what a trace starts with. */
export async function seed(given: TraceText['given'], mailboxes: Mailboxes): Promise<void> {
  for (const [mailbox, contents] of [
    [mailboxes.ada, given.ada],
    [mailboxes.grace, given.grace],
  ] as const) {
    for (const [path, node] of Object.entries(contents)) {
      await (node.folder ? mailbox.mkdir(path) : mailbox.put(path, bytesOf(node), { modified: modifiedOf(node) }));
    }
  }
}

/** Everything about the tenant that is not as the trace says it should be afterwards. */
export async function checkTenant(then: TraceText['then'], mailboxes: Mailboxes): Promise<string[]> {
  return [
    ...(await checkTree('ada', then.ada, mailboxes.ada)),
    ...(await checkTree('grace', then.grace, mailboxes.grace)),
    ...checkAbsent(then.absent, mailboxes),
  ];
}

/** The calls whose URL names junk. A name in a call's JSON does not show here; the tree would show what it made. */
export function callsWithJunk(calls: readonly CallRecord[]): string[] {
  return calls
    .filter(({ path }) => path.split('/').some(name => JUNK.test(decodeURIComponent(name).replaceAll(/^:|:$/g, ''))))
    .map(({ method, path, operation }) => `${operation}: ${method} ${path}`);
}

/** For people: `4 Graph calls (driveItem-put-content 2, driveItem-update 2)`. */
export function describeCalls(calls: readonly CallRecord[]): string {
  const counts = new Map<string, number>();
  for (const { operation } of calls) {
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  const list = [...counts].sort().map(([operation, count]) => `${operation} ${count}`);
  return `${calls.length} Graph calls${list.length > 0 ? ` (${list.join(', ')})` : ''}`;
}

async function checkTree(name: string, wanted: Contents, mailbox: MailboxHandle): Promise<string[]> {
  const tree = mailbox.tree();
  const extra = Object.keys(tree).filter(path => !(path in withParents(wanted)));
  const checks = Object.entries(wanted).map(([path, node]) => checkNode(path, node, mailbox));
  const complaints = [...extra.map(path => `nothing at ${path}`), ...(await Promise.all(checks)).flat()];
  return complaints.map(one => `${name}: expected ${one}`);
}

async function checkNode(path: string, node: Node, mailbox: MailboxHandle): Promise<string[]> {
  const found = mailbox.tree()[path];
  if (found === undefined) {
    return [`${path}, which is not there`];
  }
  const complaints: string[] = [];
  if (!node.folder && found.quickXorHash !== (await quickXorHashOf(bytesOf(node)))) {
    complaints.push(`other content of ${path} than the ${found.size} bytes that it has`);
  }
  const modified = mailbox.stat(path)?.modified.toISOString();
  if (node.modified !== undefined && modified !== modifiedOf(node)?.toISOString()) {
    complaints.push(`${path} modified at ${node.modified}, not ${modified}`);
  }
  return complaints;
}

function checkAbsent(names: readonly string[], mailboxes: Mailboxes): string[] {
  const unwanted = (name: string) => JUNK.test(name) || names.some(one => one.toLowerCase() === name.toLowerCase());
  return Object.entries(mailboxes).flatMap(([mailbox, handle]) =>
    Object.keys(handle.tree())
      .filter(path => path.split('/').some(unwanted))
      .map(path => `${mailbox}: expected no such name in the tenant: ${path}`),
  );
}

/** A file's folders need not be written out. */
function withParents(contents: Contents): Record<string, true> {
  const parents = Object.keys(contents).flatMap(path =>
    [...path.matchAll(/\//g)].map(match => path.slice(0, match.index + 1)),
  );
  return Object.fromEntries([...Object.keys(contents), ...parents].map(path => [path, true]));
}

function bytesOf({ text = '', bytes }: Node): string | AsyncIterable<Uint8Array> {
  return bytes === undefined ? text : generatedBytes(bytes);
}

function modifiedOf({ modified }: Node): Date | undefined {
  return modified === undefined ? undefined : new Date(modified);
}

async function quickXorHashOf(content: string | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = new QuickXorHash();
  for await (const chunk of typeof content === 'string' ? [Buffer.from(content)] : content) {
    hash.update(chunk);
  }
  return hash.digest();
}
