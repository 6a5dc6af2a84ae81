import type { JobHandle } from '../client/index.ts'
import { downloadArtifact } from './download-artifact.ts'
import type { FramePlace } from './frame-place.ts'
import { formatBytes } from './units.ts'

export interface SaveFramesOptions {
  readonly signal: AbortSignal
  /** How long a hub that is away is waited for, in milliseconds. */
  readonly patienceMs: number
  readonly onFrame: (number: number) => void
}

/**
 * Puts a job's sound and its frames where they are wanted, as they are made, until the job has ended. Resolves to what
 * it put there, in words.
 */
export async function saveFrames(job: JobHandle, place: FramePlace, { onFrame, ...options }: SaveFramesOptions): Promise<string> {
  let [count, bytes] = [0, 0]
  for await (const frame of job.frames(options)) {
    if (frame.number === 1) {
      await place.begin()
      await saveSound(job, place, options)
    }
    await place.put(frame)
    count = frame.number
    bytes += frame.bytes.length
    onFrame(count)
  }
  return `${count} ${count === 1 ? 'frame' : 'frames'}, ${formatBytes(bytes)}  ${place.name}`
}

/** All sound is there before the first frame is made. */
async function saveSound(job: JobHandle, place: FramePlace, options: Omit<SaveFramesOptions, 'onFrame'>): Promise<void> {
  const { artifacts } = await job.refresh({ signal: options.signal })
  for (const artifact of artifacts) {
    await downloadArtifact(job, artifact, place.beside(artifact.name), { ...options, onProgress: () => undefined })
  }
}
