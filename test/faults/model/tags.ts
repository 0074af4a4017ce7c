import assert from 'node:assert/strict';
import { type Answer, send } from './client.ts';
import type { Request } from './command.ts';
import type { Looking } from './look.ts';
import { find, type ModelNode, type State } from './tree.ts';

/**
 * The entity tags that clients have seen: one for each version of a file, and never the same for two contents
 * (RFC 9110 §8.8.3).
 */
export class Tags {
  readonly #byVersion = new Map<number, string>();
  readonly #contents = new Map<string, string>();

  /** Takes the tag of an answer; throws when it contradicts an earlier answer. */
  learn(node: ModelNode | undefined, { headers }: Answer): void {
    const tag = /^"([^"]*)"$/.exec(headers.get('etag') ?? '')?.[1];
    if (node?.kind !== 'file') {
      return;
    }
    assert.ok(tag, `the answer has no strong ETag: ${headers.get('etag')}`);
    assert.equal(tag, this.#byVersion.get(node.version) ?? tag, 'the tag of a file that nobody has written');
    assert.equal(node.content, this.#contents.get(tag) ?? node.content, `the content under the tag ${tag}`);
    this.#byVersion.set(node.version, tag);
    this.#contents.set(tag, node.content);
  }

  /** The tag of the entry at the request's place, where the request needs it. */
  async current(looking: Looking, state: State, request: Request): Promise<string | undefined> {
    const isNeeded = 'condition' in request && request.condition?.endsWith('current');
    const node = isNeeded ? find(state, request.at) : undefined;
    if (node?.kind !== 'file') {
      return undefined;
    }
    if (!this.#byVersion.has(node.version)) {
      const head: Request = { method: 'HEAD', client: request.client, at: request.at };
      const answer = await send(head, { ...looking, state, tag: undefined });
      assert.equal(answer!.status, 200, 'HEAD for the tag');
      this.learn(node, answer!);
    }
    return this.#byVersion.get(node.version);
  }
}
