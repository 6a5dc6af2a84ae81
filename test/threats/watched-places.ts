import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { encode, picture, tone } from '../frame-media.ts'
import type { Places } from './places.ts'

/** Secrets that tell who has read them, a directory that tells who has written, a server that tells who has connected. */
export interface WatchedPlaces extends Places {
  /** Stands in every secret, and in nothing else. */
  readonly flag: string
  /** How many have connected so far. */
  readonly connections: () => number
  /** Whether this machine notes who has read a file; where it does not, only what comes out can tell. */
  readonly isReadingNoted: boolean
  /** What has been read or changed since the places were made; empty where all is as it was. */
  touched(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function watchPlaces(directory: string): Promise<WatchedPlaces> {
  const [secret, outside] = [join(directory, 'secret'), join(directory, 'outside')]
  const flag = `FLAG${randomBytes(12).toString('hex')}`
  await mkdir(secret, { recursive: true })
  await mkdir(outside, { recursive: true })
  encode(join(secret, 'private.ts'), [...picture('64x48', 10, 1), ...tone(1), '-metadata', `service_name=${flag}`, '-metadata', `title=${flag}`, '-shortest'])
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'color=red:s=16x16', '-frames:v', '1', join(secret, 'flag1.png')])
  await writeFile(join(secret, 'flag.txt'), `${flag}\n`.repeat(8))
  await writeFile(join(secret, 'flag-0.log'), `${flag}\n`)
  await writeFile(join(secret, 'app.env'), `;FFMETADATA1\nKEY=${flag}\n`)
  await writeFile(join(secret, 'x.cube'), `TITLE "${flag}"\nLUT_3D_SIZE 2\n${'0 0 0\n'.repeat(8)}`)
  await writeFile(join(secret, 'list.txt'), `ffconcat version 1.0\nfile '${join(secret, 'private.ts')}'\n`)
  await writeFile(join(outside, 'neighbour.mp4'), randomBytes(64))
  let count = 0
  const canary = createServer((socket) => {
    count++
    // Unread, the end of the other side would never be seen.
    socket.resume().on('error', () => undefined).end(`HTTP/1.1 200 OK\r\nContent-Length: ${flag.length}\r\n\r\n${flag}`)
  }).listen(0, '127.0.0.1')
  await once(canary, 'listening')
  await age([secret, outside])
  const before = await look([secret, outside])
  return {
    secret, outside, flag, connections: () => count, isReadingNoted: await notesReading(directory),
    canary: `127.0.0.1:${(canary.address() as AddressInfo).port}`,
    async touched() {
      const now = await look([secret, outside])
      return [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name))
    },
    close: async () => void (await new Promise((closed) => canary.close(closed))),
  }
}

/** Where files are mounted with relatime, the first reading of what was changed after its last reading is noted. */
async function age(directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    for (const name of await readdir(directory)) await utimes(join(directory, name), ACCESSED_AT, CHANGED_AT)
  }
}

const ACCESSED_AT = new Date('2001-01-01')
const CHANGED_AT = new Date('2002-01-01')

async function look(directories: readonly string[]): Promise<Map<string, string>> {
  const seen = new Map<string, string>()
  for (const directory of directories) {
    for (const name of await readdir(directory, { recursive: true })) {
      const { size, mtimeMs, atimeMs, ino } = await stat(join(directory, name))
      seen.set(join(directory, name), [size, mtimeMs, atimeMs, ino].join())
    }
  }
  return seen
}

async function notesReading(directory: string): Promise<boolean> {
  const file = join(directory, 'read-once')
  await writeFile(file, 'x')
  await utimes(file, ACCESSED_AT, CHANGED_AT)
  await readFile(file)
  return (await stat(file)).atimeMs > ACCESSED_AT.getTime()
}
