import { describe, expect, it } from 'vitest';
import { operationOf } from '../../src/graph/operation.ts';

describe('the template of a call', () => {
  it.each([
    ['GET', '/drives/b!x/root', 'GET /drives/{id}/root'],
    ['GET', '/drives/b!x/root:/a/b%20c:?$select=id', 'GET /drives/{id}/root/{path}'],
    ['GET', '/drives/b!x/root:/a/b:/children?$top=2', 'GET /drives/{id}/root/{path}/children'],
    ['PUT', '/drives/d/items/01X:/a.txt:/content?x=1', 'PUT /drives/{id}/items/{id}/{path}/content'],
    ['POST', '/drives/d/items/01X:/copy:/copy', 'POST /drives/{id}/items/{id}/{path}/copy'],
    ['GET', "https://graph.microsoft.com/v1.0/drives/d/root/delta(token='abc')?t=1", 'GET /drives/{id}/root/delta'],
    ['GET', "/applications(appId='1-2')?$select=web", 'GET /applications(id)'],
    ['GET', '/sites/contoso.sharepoint.com:/sites/marketing:/drive?$select=id', 'GET /sites/{id}/{path}/drive'],
    ['POST', '/users/ada@contoso.com/getMemberGroups', 'POST /users/{id}/getMemberGroups'],
    ['GET', "/drives/d/items/01X/search(q='it''s%20(a)%20b')?$top=1", 'GET /drives/{id}/items/{id}/search'],
    ['GET', '/drives/d/items/01X/versions/2.0/content', 'GET /drives/{id}/items/{id}/versions/{id}/content'],
    ['GET', "/users?$filter=mail eq 'ada'", 'GET /users'],
  ])('of %s %s has no id and no name', (method, path, template) => {
    expect(operationOf(method, path)).toBe(template);
  });

  it.each([
    ['a user with the name of a relation', '/users/children/drive', 'GET /users/{id}/drive'],
    [
      'an item with the name of a relation',
      '/drives/root/items/delta/children',
      'GET /drives/{id}/items/{id}/children',
    ],
    ['a collection that nobody knows', '/secret/plans', 'GET other'],
    ['a path that is too long', '/drives/1/2/3/4/5/6/7/8', 'GET other'],
  ])('is bounded for %s', (_what, path, template) => {
    expect(operationOf('GET', path)).toBe(template);
  });
});
