/**
 * The headers of a request as node gives them: by lower-case name, and a list for those that may come several times.
 */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;
