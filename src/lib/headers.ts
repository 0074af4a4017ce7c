/** The headers of a request in Node's form: by lower-case name, with a list for repeatable ones. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;
