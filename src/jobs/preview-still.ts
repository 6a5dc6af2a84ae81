import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandFailedError } from './command-errors.ts'
import { asFile, type FrameFacts } from './frame-converter.ts'
import { hasEnded } from './job.ts'
import { convertArgs, stillArgs, type PreviewQuery } from './preview-commands.ts'
import { findSource, frameFacts, nothingToSee, notReady, runPictures, type PreviewContext } from './preview-source.ts'

/** The first picture of a film is often black. */
const PLACE_OF_STILL = 1 / 3

/** One JPEG: of a running job what it is at, of an ended one what it shows a third in. Throws as `findSource` does. */
export async function takeStill(jobId: string, { query, context, signal }: StillOptions): Promise<Buffer> {
  const job = context.jobs.get(jobId)
  const source = await findSource(job, context, signal)
  if (source.type === 'frames') return stillOfFrames(jobId, { query, context, signal })
  const seconds = source.type === 'input' ? (job.out_time_s ?? 0) : source.seconds * PLACE_OF_STILL
  // Of a file that tells a wrong length, and of an encode that is at its end, there is still the beginning.
  const jpeg = (await runStill(stillArgs(source.file, query, seconds), { context, file: source.file, signal })) ??
    (await runStill(stillArgs(source.file, query, 0), { context, file: source.file, signal }))
  return jpeg ?? fail(jobId, context)
}

export interface StillOptions {
  readonly query: PreviewQuery
  readonly context: PreviewContext
  readonly signal: AbortSignal
}

async function stillOfFrames(jobId: string, { query, context, signal }: StillOptions): Promise<Buffer> {
  return context.frames.use(jobId, async ({ pack }) => {
    const job = context.jobs.get(jobId)
    const facts = frameFacts(job)
    const count = pack?.count ?? 0
    const frame = await pack?.frame(hasEnded(job.status) ? Math.max(1, Math.ceil(count * PLACE_OF_STILL)) : count)
    if (!facts || !frame) return fail(jobId, context)
    if (facts.format === 'jpeg' && query.width === undefined && query.quality === undefined) return frame
    const jpeg = await newestOf((onPicture) => convertFrame(frame, facts, { query, context, signal, onPicture }))
    return jpeg ?? fail(jobId, context)
  })
}

/** Makes a JPEG of one frame. Rejects with CommandFailedError where it is no picture. */
export async function convertFrame(
  frame: Buffer, facts: FrameFacts, { query, onPicture, ...options }: StillOptions & { readonly onPicture: (jpeg: Buffer) => void },
): Promise<void> {
  const file = join(options.context.directory, randomUUID())
  try {
    await writeFile(file, asFile(frame, facts))
    await runPictures(convertArgs(file, query, facts.format), { ...options, file, onPicture })
  } finally {
    await rm(file, { force: true })
  }
}

function runStill(args: readonly string[], options: Omit<StillOptions, 'query'> & { readonly file: string }): Promise<Buffer | undefined> {
  return newestOf((onPicture) => runPictures(args, { ...options, onPicture }))
}

async function newestOf(make: (onPicture: (jpeg: Buffer) => void) => Promise<void>): Promise<Buffer | undefined> {
  let newest: Buffer | undefined
  await make((jpeg) => (newest = jpeg)).catch((error: unknown) => {
    if (!(error instanceof CommandFailedError)) throw error
  })
  return newest
}

function fail(jobId: string, { jobs }: PreviewContext): never {
  throw hasEnded(jobs.get(jobId).status) ? nothingToSee() : notReady()
}
