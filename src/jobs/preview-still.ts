import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandFailedError } from './command-errors.ts'
import { asFile } from './frame-converter.ts'
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
  const jpeg = (await runStill(stillArgs(source.file, query, seconds), { context, signal })) ??
    (await runStill(stillArgs(source.file, query, 0), { context, signal }))
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
    const file = join(context.directory, randomUUID())
    try {
      await writeFile(file, asFile(frame, facts))
      return (await runStill(convertArgs(file, query, facts.format), { context, signal })) ?? fail(jobId, context)
    } finally {
      await rm(file, { force: true })
    }
  })
}

async function runStill(args: readonly string[], { context, signal }: Omit<StillOptions, 'query'>): Promise<Buffer | undefined> {
  let newest: Buffer | undefined
  await runPictures(args, { context, signal, onPicture: (jpeg) => (newest = jpeg) }).catch((error: unknown) => {
    if (!(error instanceof CommandFailedError)) throw error
  })
  return newest
}

function fail(jobId: string, { jobs }: PreviewContext): never {
  throw hasEnded(jobs.get(jobId).status) ? nothingToSee() : notReady()
}
