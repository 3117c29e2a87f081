/** CRC-32 and CRC-32C by a package with a build for this platform, several times as fast as others, where it is installed. */

/** Continues from the value of the bytes before. */
export type CrcStep = (bytes: Uint8Array, value?: number) => number;

/** Null where there is no build. */
export const nativeCrcs = await load();

async function load(): Promise<{ readonly crc32: CrcStep; readonly crc32c: CrcStep } | null> {
  try {
    const { crc32, crc32c } = await import('@node-rs/crc32');
    return { crc32, crc32c };
  } catch {
    return null;
  }
}
