import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { layOutZip, sizeOf, type ZipEntry } from './zip-layout.ts'

const entry = (name: string, size: number): ZipEntry => ({ name, path: `/${name}`, size, crc32: 0x1234abcd, modifiedAt: Date.UTC(2026, 10, 30, 1, 2, 4) })
const buffersOf = (entries: readonly ZipEntry[]) => layOutZip(entries).parts.filter((part): part is Buffer => Buffer.isBuffer(part))

test('an archive of small files is one that unzip can list, test and unpack, times and names included', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reeltime-zip-'))
  const files = new Map([['a.txt', Buffer.from('hello')], ['folder/視頻 é.bin', Buffer.alloc(70_000, 7)], ['empty', Buffer.alloc(0)]])
  const entries = [...files].map(([name, bytes]) => ({ ...entry(name, bytes.length), crc32: crc32(bytes) }))
  const { parts, size } = layOutZip(entries)
  const bytes = Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : files.get(part.path.slice(1))!)))
  const file = join(directory, 'a.zip')
  writeFileSync(file, bytes)
  try {
    expect(bytes.length).toBe(size)
    execFileSync('unzip', ['-tqq', file])
    expect(execFileSync('unzip', ['-Z1', file], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } }).trim().split('\n')).toEqual([...files.keys()])
    expect(execFileSync('unzip', ['-Zl', file, 'a.txt'], { encoding: 'utf8', env: { TZ: 'UTC' } })).toContain('26-Nov-30 01:02')
    expect(execFileSync('unzip', ['-p', file, 'a.txt'], { encoding: 'utf8' })).toBe('hello')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('what does not fit into 32 bits is told in 64: a size, a place behind 4 GiB, and the end', () => {
  const large = 5 * 1024 ** 3
  const [first, second, directory, end] = buffersOf([entry('large', large), entry('behind', 3)])
  expect([first!.readUInt16LE(4), first!.readUInt32LE(18), first!.readBigUInt64LE(30 + 5 + 4), first!.readBigUInt64LE(30 + 5 + 12)]).toEqual([45, 0xffff_ffff, BigInt(large), BigInt(large)])
  expect([second!.readUInt16LE(4), second!.readUInt32LE(18)]).toEqual([20, 3])
  const behind = directory!.subarray(46 + 5 + 20)
  expect([behind.readUInt32LE(0), behind.readUInt32LE(42), behind.readBigUInt64LE(46 + 6 + 4)]).toEqual([0x02014b50, 0xffff_ffff, BigInt(first!.length + large)])
  expect([end!.readUInt32LE(0), end!.readBigUInt64LE(48)]).toEqual([0x06064b50, BigInt(first!.length + large + second!.length + 3)])
  const { parts, size } = layOutZip([entry('large', large), entry('behind', 3)])
  expect(parts.reduce((sum, part) => sum + sizeOf(part), 0)).toBe(size)
})

test('a file behind 5 GiB is found by unzip and unpacked', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reeltime-zip-'))
  const file = join(directory, 'large.zip')
  const hello = Buffer.from('hello')
  const { parts, size } = layOutZip([entry('large', 5 * 1024 ** 3), { ...entry('hello', hello.length), crc32: crc32(hello) }])
  // Of the large one nothing is written: the file has a hole there.
  const descriptor = openSync(file, 'w')
  try {
    let at = 0
    for (const part of parts) {
      if (Buffer.isBuffer(part)) writeSync(descriptor, part, 0, part.length, at)
      else if (part.path === '/hello') writeSync(descriptor, hello, 0, hello.length, at)
      at += sizeOf(part)
    }
    expect(at).toBe(size)
    expect(execFileSync('unzip', ['-Zs', file], { encoding: 'utf8' })).toContain(' 5368709120 ')
    expect(execFileSync('unzip', ['-p', file, 'hello'], { encoding: 'utf8' })).toBe('hello')
  } finally {
    closeSync(descriptor)
    rmSync(directory, { recursive: true })
  }
})

test('as many files as 16 bits cannot count are counted in 64', () => {
  const end = buffersOf(Array.from({ length: 65_535 }, (_, index) => entry(String(index), 0))).at(-1)!
  expect([end.readUInt32LE(0), end.readBigUInt64LE(24), end.readUInt16LE(end.length - 12)]).toEqual([0x06064b50, 65_535n, 0xffff])
})
