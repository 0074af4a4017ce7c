/** The part of negotiator 1.x that is used here; the published types are of 0.6. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { readonly headers: object });
    language(available: string[]): string | undefined;
    /** `preferred`: which one is taken of several that the client wants equally. */
    encoding(available: string[], options?: { readonly preferred: string[] }): string | undefined;
  }
}
