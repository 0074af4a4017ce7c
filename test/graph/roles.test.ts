import { describe, expect, it } from 'vitest';
import { judgeRoles, readRoles } from '../../src/graph/roles.ts';

function tokenWith(claims: object): string {
  return ['{"alg":"none"}', JSON.stringify(claims), 'x'].map(part => Buffer.from(part).toString('base64url')).join('.');
}

describe('readRoles', () => {
  it('reads the claim of a token, and nothing where the claim is missing', () => {
    expect(readRoles(tokenWith({ roles: ['Files.ReadWrite.All'] }))).toEqual(['Files.ReadWrite.All']);
    expect(readRoles(tokenWith({ aud: 'x' }))).toEqual([]);
    expect(readRoles(tokenWith({ roles: 'Files.ReadWrite.All' }))).toEqual([]);
    expect(readRoles(tokenWith({ roles: [1, 'User.Read.All'] }))).toEqual(['User.Read.All']);
  });

  it('finds nothing in a token that is not a JWT: tokens are opaque', () => {
    expect(['', 'opaque', 'a.b.c', `x.${Buffer.from('null').toString('base64url')}.y`].map(readRoles)).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});

describe('judgeRoles', () => {
  it.each([
    [['Files.ReadWrite.All'], 'write'],
    [['Sites.FullControl.All'], 'write'],
    [['Files.Read.All', 'Sites.ReadWrite.All'], 'write'],
    [['Files.Read.All'], 'read'],
    [['Sites.Selected'], 'selected'],
    [['Files.SelectedOperations.Selected', 'Sites.Read.All'], 'read'],
    [['User.Read.All'], 'none'],
    [[], 'none'],
  ])('%j is files: %s', (roles, files) => {
    expect(judgeRoles(roles).files).toBe(files);
  });

  it('knows which roles may list users and members: basic profiles are not enough', () => {
    const rights = (role: string) => [judgeRoles([role]).directory, judgeRoles([role]).groups];
    expect(rights('User.Read.All')).toEqual([true, false]);
    expect(rights('User.ReadBasic.All')).toEqual([false, false]);
    expect(rights('GroupMember.Read.All')).toEqual([false, true]);
    expect(rights('Directory.Read.All')).toEqual([true, true]);
  });

  it('names what this server has no use for', () => {
    const roles = ['Files.ReadWrite.All', 'User.Read.All', 'Mail.Send', 'Sites.FullControl.All', 'Directory.Read.All'];
    expect(judgeRoles(roles).excess).toEqual(['Mail.Send', 'Sites.FullControl.All', 'Directory.Read.All']);
  });
});
