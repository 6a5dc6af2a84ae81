/** A file of an archive. */
export interface ZipEntry {
  /** With `/` between folders. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly size: number
  readonly crc32: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

/** Bytes of the archive's own, or those of a file. */
export type ZipPart = Buffer | { readonly path: string; readonly size: number }

export interface ZipLayout {
  readonly parts: readonly ZipPart[]
  readonly size: number
}

/**
 * Lays an archive out whose files are stored as they are, by PKWARE's APPNOTE.TXT 6.3.10, with zip64 where a size, a
 * place or their number needs it. All is known beforehand, so that any part of the archive can be sent by itself.
 */
export function layOutZip(entries: readonly ZipEntry[]): ZipLayout {
  const parts: ZipPart[] = []
  const central: Buffer[] = []
  let at = 0
  for (const entry of entries) {
    const header = localHeader(entry)
    parts.push(header, { path: entry.path, size: entry.size })
    central.push(centralHeader(entry, at))
    at += header.length + entry.size
  }
  const directory = Buffer.concat(central)
  parts.push(directory, endOfDirectory({ count: entries.length, size: directory.length, at }))
  return { parts, size: parts.reduce((sum, part) => sum + sizeOf(part), 0) }
}

export function sizeOf(part: ZipPart): number {
  return Buffer.isBuffer(part) ? part.length : part.size
}

/** Stands for what is told in 64 bits elsewhere. */
const IN_ZIP64 = 0xffff_ffff
const ZIP64_EXTRA = 1
const VERSION = { plain: 20, zip64: 45 }
const UNIX = 3
const NAMES_ARE_UTF8 = 1 << 11
const PLAIN_FILE = 0o100644

function localHeader({ name, size, crc32, modifiedAt }: ZipEntry): Buffer {
  const isLarge = size >= IN_ZIP64
  const fields = [u32(0x04034b50), ...common({ crc32, modifiedAt, size, isZip64: isLarge, name }), u16(isLarge ? 20 : 0), Buffer.from(name)]
  return Buffer.concat(isLarge ? [...fields, u16(ZIP64_EXTRA), u16(16), u64(size), u64(size)] : fields)
}

function centralHeader({ name, size, crc32, modifiedAt }: ZipEntry, at: number): Buffer {
  const extra = Buffer.concat([...(size >= IN_ZIP64 ? [u64(size), u64(size)] : []), ...(at >= IN_ZIP64 ? [u64(at)] : [])])
  const isZip64 = extra.length > 0
  return Buffer.concat([
    u32(0x02014b50), u16((UNIX << 8) | (isZip64 ? VERSION.zip64 : VERSION.plain)),
    ...common({ crc32, modifiedAt, size, isZip64, name }), u16(isZip64 ? 4 + extra.length : 0),
    u16(0), u16(0), u16(0), u32(PLAIN_FILE << 16), u32(Math.min(at, IN_ZIP64)), Buffer.from(name),
    ...(isZip64 ? [u16(ZIP64_EXTRA), u16(extra.length), extra] : []),
  ])
}

/** What both headers say in the same words, from the version up to the length of the name. */
function common({ name, size, crc32, modifiedAt, isZip64 }: Omit<ZipEntry, 'path'> & { readonly isZip64: boolean }): Buffer[] {
  const shown = Math.min(size, IN_ZIP64)
  return [
    u16(isZip64 ? VERSION.zip64 : VERSION.plain), u16(NAMES_ARE_UTF8), u16(0), ...dosTime(modifiedAt), u32(crc32), u32(shown), u32(shown),
    u16(Buffer.byteLength(name)),
  ]
}

function endOfDirectory({ count, size, at }: { readonly count: number; readonly size: number; readonly at: number }): Buffer {
  const isZip64 = count >= 0xffff || size >= IN_ZIP64 || at >= IN_ZIP64
  const zip64 = [
    u32(0x06064b50), u64(44), u16((UNIX << 8) | VERSION.zip64), u16(VERSION.zip64), u32(0), u32(0), u64(count), u64(count), u64(size), u64(at),
    u32(0x07064b50), u32(0), u64(at + size), u32(1),
  ]
  const shownCount = Math.min(count, 0xffff)
  return Buffer.concat([
    ...(isZip64 ? zip64 : []),
    u32(0x06054b50), u16(0), u16(0), u16(shownCount), u16(shownCount), u32(Math.min(size, IN_ZIP64)), u32(Math.min(at, IN_ZIP64)), u16(0),
  ])
}

/** Time and date in UTC, to two seconds, from 1980 on. */
function dosTime(milliseconds: number): [Buffer, Buffer] {
  const date = new Date(Math.max(milliseconds, Date.UTC(1980, 0, 1)))
  return [
    u16((date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)),
    u16((Math.min(date.getUTCFullYear() - 1980, 127) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()),
  ]
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
