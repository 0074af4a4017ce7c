/** A key of AList's and OpenList's, and their results for it: computed by two implementations that are not ours. */
export const PEER_TOKEN = 'openlist-test-token';

export const PEER_VECTORS: [path: string, expires: number, sign: string][] = [
  ['/alice/Docs/a b#1.txt', 0, 'xkbZs1MAMFaCKnALALBx1VOi4v54ZX6l-Jl50ag8d6Q=:0'],
  ['/alice/Docs/a b#1.txt', 1893456000, '5ORggkcMnnTkozVaIOwT9ggsklmkLFQOfOolHfRZP1o=:1893456000'],
  ['/alice/日本.txt', 0, 'qN48DsSgXbZvq5FZVmCeDsl2PUViGjAKvESQMQ44-HI=:0'],
];
