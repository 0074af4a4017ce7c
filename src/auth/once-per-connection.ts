/**
 * Clients send the same header with each request, and reading it costs more than all other work of a known user. A
 * header is kept no longer than its connection.
 */
export function readOncePerConnection<T>(
  read: (header: string | undefined) => T,
): (header: string | undefined, connection: object | undefined) => T {
  const last = new WeakMap<object, { readonly header: string | undefined; readonly value: T }>();
  return (header, connection) => {
    const known = connection === undefined ? undefined : last.get(connection);
    if (known !== undefined && known.header === header) {
      return known.value;
    }
    const value = read(header);
    if (connection !== undefined) {
      last.set(connection, { header, value });
    }
    return value;
  };
}
