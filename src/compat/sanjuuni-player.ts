import { open } from 'node:fs/promises'
import { HubError } from '../errors.ts'
import type { ArtifactStore } from '../jobs/artifact-store.ts'
import { frameArrives } from '../jobs/frame-arrival.ts'
import type { FrameStore } from '../jobs/frame-store.ts'
import type { Job } from '../jobs/job.ts'
import { decodeCells, luaSource } from '../tools/sanjuuni/formats/index.ts'

/** Unsigned bytes at 48 kHz, one channel. */
export const SOUND_FILE = 'audio.pcm'
const SAMPLES_PER_SECOND = 48_000

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

  /** The second of sound that begins at a sample; undefined behind its end. */
  async sound(firstSample: number): Promise<Buffer | undefined> {
    const { artifacts } = this.#context
    if (!this.#job.artifacts.some(({ name }) => name === SOUND_FILE)) return undefined
    const file = await open(artifacts.served(this.#job, SOUND_FILE).path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLES_PER_SECOND), 0, SAMPLES_PER_SECOND, firstSample)
      return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined
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
