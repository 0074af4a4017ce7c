const MIB = 1024 ** 2;

/**
 * What the tests of programs call a large file: three fragments of an upload session, the last one odd. More bytes prove
 * nothing more of each program; curl carries 200 MB always, and all others with `LONG_TESTS=1`.
 */
export const LARGE_BYTES = process.env.LONG_TESTS === '1' ? 200 * MIB : 24 * MIB + 1;
