import { stat } from 'node:fs/promises'
import { LRUCache } from 'lru-cache'
import type { MediaInfo } from '../tools/tool.ts'

/** What ffprobe said of a file. */
export interface Probed {
  /** Undefined where there is nothing in it that ffmpeg can read. */
  readonly info: MediaInfo | undefined
  readonly complaints: readonly string[]
}

const KNOWN_CHARACTERS = 4 * 1024 ** 2
const MOST_WAITING = 8

/**
 * What is known of files by what they are and not by what they are called: the upload, and the link to it from which a
 * job reads, are one file.
 */
export class ProbedFiles {
  readonly #known = new LRUCache<string, Probed>({ maxSize: KNOWN_CHARACTERS, sizeCalculation: (probed) => JSON.stringify(probed).length })
  readonly #learning = new Map<string, Promise<Probed | undefined>>()
  #turn: Promise<unknown> = Promise.resolve()

  /** Asks where nothing is known; of what could not be read it is asked again the next time, since the machine may have been the reason. */
  async of(file: string, ask: () => Promise<Probed>): Promise<Probed> {
    const identity = await identityOf(file)
    const known = this.#known.get(identity) ?? (await this.#learning.get(identity))
    if (known?.info !== undefined) return known
    return this.#keep(identity, await ask())
  }

  /**
   * Asks before anybody wants to know, one file after the other; who wants to know meanwhile waits for that answer. No
   * matter if it fails, or is left out since many are waiting.
   */
  async learn(file: string, ask: () => Promise<Probed>): Promise<void> {
    const identity = await identityOf(file).catch(() => undefined)
    if (identity === undefined || this.#known.has(identity) || this.#learning.size >= MOST_WAITING) return
    const answer = this.#turn.then(ask).then((probed) => this.#keep(identity, probed)).catch(() => undefined)
      .finally(() => this.#learning.delete(identity))
    this.#learning.set(identity, answer)
    this.#turn = answer
    await answer
  }

  #keep(identity: string, probed: Probed): Probed {
    if (probed.info !== undefined) this.#known.set(identity, probed)
    return probed
  }
}

async function identityOf(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true })
  return `${dev}:${ino}:${size}:${mtimeNs}`
}
