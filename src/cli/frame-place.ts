import { type FileHandle, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Frame } from '../client/index.ts'
import { checkDestination } from './save-artifacts.ts'
import { UsageError } from './shell.ts'

export type FrameFormat = 'png' | 'jpeg' | 'webp' | 'raw'

/** Where frames are put, one after the other. */
export interface FramePlace {
  /** As the user called it. */
  readonly name: string
  /** Where a file goes that belongs to the frames. */
  beside(file: string): string
  /** Before the first frame, and not for a job that makes none. */
  begin(): Promise<void>
  put(frame: Frame): Promise<void>
  /** All frames have been put. */
  finish(): Promise<void>
  /** Lets go, finished or not. Of a pack that is not finished nothing stays; frames in a directory stay. */
  close(): Promise<void>
}

/** The place that `-o` names. Throws UsageError if nothing can be put there. */
export async function framePlace(output: string | undefined, format: FrameFormat): Promise<FramePlace> {
  if (output === undefined) throw new UsageError('-o is missing: a directory, or FILE.pack')
  await checkDestination(output)
  const found = await stat(output).catch(() => undefined)
  if (found?.isDirectory() || (!found && (/[/\\]$/.test(output) || extname(output) === ''))) return directory(output, EXTENSIONS[format])
  if (extname(output) === '.pack') return new PackFile(output)
  throw new UsageError(`-o takes a directory or FILE.pack, and "${output}" is neither`)
}

const EXTENSIONS: Record<FrameFormat, string> = { png: 'png', jpeg: 'jpg', webp: 'webp', raw: 'raw' }
const NUMBER_DIGITS = 6

/** `frame_000001.png` and so on. Each is there only when it is whole: whoever watches the directory may open what appears. */
function directory(name: string, extension: string): FramePlace {
  const beside = (file: string) => join(name, file)
  return {
    name, beside,
    async begin() {
      await mkdir(name, { recursive: true })
    },
    async put({ number, bytes }) {
      const file = beside(`frame_${String(number).padStart(NUMBER_DIGITS, '0')}.${extension}`)
      await writeFile(`${file}.part`, bytes)
      await rename(`${file}.part`, file)
    },
    async finish() {},
    async close() {},
  }
}

/** `u32be count`, then for each frame `u32be size` and its bytes. The file has its name only when it is whole. */
class PackFile implements FramePlace {
  readonly name: string
  readonly #part: string
  #file: FileHandle | undefined
  #count = 0

  constructor(name: string) {
    this.name = name
    this.#part = `${name}.part`
  }

  beside(file: string): string {
    return join(dirname(this.name), `${basename(this.name, '.pack')}.${file}`)
  }

  async begin(): Promise<void> {
    this.#file = await open(this.#part, 'w')
    await this.#file.appendFile(word(0))
  }

  async put({ bytes }: Frame): Promise<void> {
    await this.#file?.appendFile(Buffer.concat([word(bytes.length), bytes]))
    this.#count++
  }

  async finish(): Promise<void> {
    if (!this.#file) await this.begin()
    await this.#file?.write(word(this.#count), 0, 4, 0)
    await this.#file?.sync()
    await rename(this.#part, this.name)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
    if (file) await rm(this.#part, { force: true })
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}
