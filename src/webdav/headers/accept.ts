/**
 * True when an Accept header (RFC 9110 §12.5.1) names `type` itself. A wildcard does not count: it means that the
 * client takes anything, not that it can show this type.
 */
export function namesType(header: string | undefined, type: string): boolean {
  return (header ?? '').split(',').some(range => {
    const [name = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase());
    return name === type && !parameters.some(parameter => /^q\s*=\s*0(\.0*)?$/.test(parameter));
  });
}
