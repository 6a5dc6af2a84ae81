import { open } from 'node:fs/promises'
import { HubError } from '../errors.ts'
import type { ArtifactStore } from '../jobs/artifact-store.ts'
import { isFileError } from '../jobs/file-error.ts'
import { frameArrives } from '../jobs/frame-arrival.ts'
import type { FrameStore } from '../jobs/frame-store.ts'
import type { Job } from '../jobs/job.ts'
import { decodeCells, luaSource } from '../tools/sanjuuni/formats/index.ts'

/** Unsigned bytes at 48 kHz, one channel. */
export const SOUND_FILE = 'audio.pcm'
const SAMPLES_PER_SECOND = 48_000
const SILENCE = 0x80

export interface SanjuuniPlayerContext {
  readonly jobs: { get(id: string): Job }
  readonly frames: FrameStore
  readonly artifacts: ArtifactStore
}

/** A ComputerCraft video as sanjuuni's own players fetch it: frame by frame as Lua source, and second by second of sound. */
export class SanjuuniVideo {
  readonly #jobId: string
  readonly #context: SanjuuniPlayerContext

  /** Throws a HubError where there is no such job, or it makes something else. */
  constructor(jobId: string, context: SanjuuniPlayerContext) {
    this.#jobId = jobId
    this.#context = context
    const { tool, result } = this.#job
    if (tool !== 'sanjuuni') throw new HubError('frame_not_found', 'The job makes no ComputerCraft video', { hint: 'Submit one with the tool sanjuuni' })
    if (result['monitors'] !== undefined) {
      throw new HubError('frame_not_found', 'This video is for several monitors, which sanjuuni’s players over HTTP and WebSocket do not know', {
        hint: 'Play it with /cc/player.lua',
      })
    }
  }

  get framesPerSecond(): number {
    return Number(this.#job.result['fps'] ?? 20)
  }

  /** In frames. While the job runs it is what is expected, so that a player goes on to the end. */
  get length(): number {
    const { result } = this.#job
    return Math.max(Number(result['current_frames'] ?? 0), Number(result['total_frames'] ?? 0))
  }

  /** Frame `index`, from 0, as the source of a Lua chunk. Waits for one that is coming; undefined where there is none. */
  async frame(index: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { frames, jobs } = this.#context
    return frames.use(this.#jobId, async (held) => {
      if (!(await frameArrives(this.#jobId, index + 1, { jobs, frames: held, signal }))) return undefined
      const bytes = await held.pack?.frame(index + 1)
      const [screen] = bytes ? decodeCells(bytes).screens : []
      return screen && luaSource(screen)
    })
  }

  /**
   * The second of sound that begins at a sample; undefined behind the end of both sound and picture. Where the picture
   * has no sound there is silence, for which a player with a speaker would wait for ever.
   */
  async sound(firstSample: number): Promise<Buffer | undefined> {
    const pictureSamples = Math.round((this.length / this.framesPerSecond) * SAMPLES_PER_SECOND) - firstSample
    const sound = Buffer.alloc(SAMPLES_PER_SECOND, SILENCE)
    const bytes = Math.max(await this.#readSound(sound, firstSample), Math.min(pictureSamples, SAMPLES_PER_SECOND))
    return bytes > 0 ? sound.subarray(0, bytes) : undefined
  }

  async #readSound(target: Buffer, firstSample: number): Promise<number> {
    if (!this.#job.artifacts.some(({ name }) => name === SOUND_FILE)) return 0
    const file = await open(this.#context.artifacts.served(this.#job, SOUND_FILE).path).catch((error: unknown) => {
      // Of a job that has failed it is gone.
      if (isFileError(error, 'ENOENT')) return undefined
      throw error
    })
    if (!file) return 0
    try {
      return (await file.read(target, 0, target.length, firstSample)).bytesRead
    } finally {
      await file.close()
    }
  }

  get #job(): Job {
    return this.#context.jobs.get(this.#jobId)
  }
}

export function soundStart(second: number): number {
  return second * SAMPLES_PER_SECOND
}
