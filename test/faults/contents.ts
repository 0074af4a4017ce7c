import type { Tree } from './request-kind.ts';

export const OLD = 'the old bytes';
export const NEW = 'the new bytes, which are more';
export const FOLDER: Tree = { 'd/': '', 'd/1.txt': 'one', 'd/2.txt': 'two', 'd/e/': '', 'd/e/3.txt': 'three' };
