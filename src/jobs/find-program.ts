import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Where programs are looked for when nobody says otherwise. */
export const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin'

/** The absolute path of a program, or undefined. A name that holds a slash is taken as the path itself. */
export async function findProgram(name: string, pathVariable: string = SYSTEM_PATH): Promise<string | undefined> {
  const candidates = name.includes('/') ? [name] : pathVariable.split(delimiter).filter(Boolean).map((directory) => join(directory, name))
  for (const candidate of candidates) {
    if (await isProgram(candidate)) return candidate
  }
  return undefined
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}
