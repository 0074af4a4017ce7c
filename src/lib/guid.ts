/** Returns true for an id in Microsoft's format: of a tenant, an application, a user, a group. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
