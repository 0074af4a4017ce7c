/** Microsoft's separate clouds (Graph docs, "National cloud deployments"). */
export const CLOUD_NAMES = ['global', 'usgov', 'usgovdod', 'china'] as const;
export type CloudName = (typeof CLOUD_NAMES)[number];
