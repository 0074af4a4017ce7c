/** A request whose answer has not ended. */
export interface RequestUnderWay {
  /** The id on its lines in the log. */
  readonly id: string;
  readonly method: string;
  /** As the client sent it, without its query. */
  readonly path: string;
  /** The client's address, as far as trusted proxies know it. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** Undefined until the user is known. */
  readonly user: string | undefined;
  /** In milliseconds since 1970. */
  readonly since: number;
  /** Returns the bytes that it has moved so far. */
  readonly bytes: () => { readonly read: number; readonly written: number };
}

/** The requests that are being served now. An array, for the reason that `running.ts` gives against a Set. */
export class RequestsUnderWay {
  readonly #places: { index: number; readonly request: RequestUnderWay }[] = [];

  /** Adds a request; the returned function removes it and must be called once. */
  add(request: RequestUnderWay): () => void {
    const place = { index: this.#places.length, request };
    this.#places.push(place);
    return () => {
      const last = this.#places.pop()!;
      if (last !== place) {
        this.#places[place.index] = last;
        last.index = place.index;
      }
    };
  }

  /** Returns them in the order in which they began. */
  all(): readonly RequestUnderWay[] {
    return this.#places.map(({ request }) => request).sort((one, other) => one.since - other.since);
  }
}
