/** The policies for shortcuts to other drives: only list them, or follow them into the other drive. */
export const SHORTCUT_POLICIES = ['show', 'follow'] as const;
export type ShortcutPolicy = (typeof SHORTCUT_POLICIES)[number];
