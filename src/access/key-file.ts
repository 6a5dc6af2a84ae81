import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { customAlphabet } from 'nanoid'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { SCOPES } from './policy.ts'

const storedKey = z.strictObject({
  id: z.string().min(1),
  name: z.string(),
  /** SHA-256 of the key, in hexadecimal: of 256 random bits that is enough. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(SCOPES)),
  tools: z.array(z.string()).optional(),
  args: z.enum(['allowed', 'refused']),
  concurrency: z.number().int().positive().optional(),
  minutesPerDay: z.number().positive().optional(),
  bytesPerDay: z.number().positive().optional(),
  createdAt: z.number(),
})
const keyFile = z.strictObject({ keys: z.array(storedKey) })

export type StoredKey = z.infer<typeof storedKey>

export function keyFileIn(directory: string): string {
  return join(directory, 'keys.json')
}

/** Throws a HubError for a file that holds something else than keys. */
export function readKeyFile(path: string): readonly StoredKey[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  try {
    return keyFile.parse(JSON.parse(text)).keys
  } catch (error) {
    throw new HubError('invalid_input', 'keys.json in the data directory cannot be read as keys', {
      hint: 'Put it right, or move it away and make new keys', cause: error,
    })
  }
}

/** Changes the keys as one step, whoever else does so at the same time and whether a hub runs or not. */
export async function changeKeyFile(path: string, change: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  const part = `${path}.part`
  const file = await openAlone(part)
  try {
    const keys = change(readKeyFile(path))
    await file.writeFile(`${JSON.stringify({ keys }, null, 2)}\n`)
    await file.sync()
    await file.close()
    await rename(part, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(part, { force: true })
    throw error
  }
}

/** The secret is in no file: who makes it is the only one to see it. */
export function makeKey({ name, ...policy }: Omit<StoredKey, 'id' | 'hash' | 'createdAt'>): { readonly secret: string; readonly key: StoredKey } {
  const secret = `rt_${randomBytes(32).toString('base64url')}`
  return { secret, key: { id: newKeyId(), name, hash: hashOf(secret), ...policy, createdAt: Date.now() } }
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

const newKeyId = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 10)

const LEFT_BEHIND_MS = 10_000
const LOOK_EACH_MS = 20

/** The file that is about to take the other's place is the lock, too. One that a crash left is older than any change takes. */
async function openAlone(part: string): ReturnType<typeof open> {
  for (;;) {
    try {
      const file = await open(part, 'wx', 0o600)
      await chmod(part, 0o600)
      return file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const left = await stat(part).catch(() => undefined)
      if (left && Date.now() - left.mtimeMs > LEFT_BEHIND_MS) await rm(part, { force: true })
      else await delay(LOOK_EACH_MS)
    }
  }
}
