import { hasEnded, type Job } from '../jobs/job.ts'
import { FramePackParser, NotAPackError } from './frame-pack-parser.ts'
import { HubProblem, HubUnreachableError } from './hub-problem.ts'
import { ask, askJson, isPassing, type Hub } from './hub.ts'
import { Pauses, pause } from './pauses.ts'
import { jobPath, LostConnectionError } from './transport.ts'

/** One picture of a job, in the format that was asked for when it was submitted. */
export interface Frame {
  /** From 1. */
  readonly number: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface FramesOptions {
  /** The first frame wanted; 1. */
  readonly from?: number
  readonly signal?: AbortSignal
  /** How long a hub that does not answer is tried again, in milliseconds. For ever by default. */
  readonly patienceMs?: number
  /** When a connection that brings nothing is given up for another one, in milliseconds; 45 s. */
  readonly silenceMs?: number
}

/**
 * The frames of a job as they are made, each once and in order, over however many connections it takes, until the job
 * has ended. Throws HubProblem for what will not go away (no such job), HubUnreachableError when the patience has
 * ended, and the signal's reason when aborted. How the job ended is not told here: a failed one has fewer frames.
 */
export async function* readFrames(hub: Hub, job: string, options: FramesOptions = {}): AsyncGenerator<Frame, void, undefined> {
  const { from = 1, signal, patienceMs = Infinity, silenceMs = 45_000 } = options
  const pauses = new Pauses({ firstMs: 250 })
  let next = from
  let awaySince: number | undefined
  let isOver = false
  for (;;) {
    signal?.throwIfAborted()
    const first = next
    let leastPauseMs = 0
    try {
      for await (const bytes of receive(hub, `${jobPath(job)}/framepack?from=${next}&follow=1`, { signal, silenceMs })) {
        awaySince = undefined
        pauses.reset()
        yield { number: next++, bytes }
      }
      const { status, result } = await askJson<Job>(hub, jobPath(job), { signal, cache: 'no-store' })
      const made = Number(result['current_frames'] ?? 0)
      if (hasEnded(status) && next > made) return
      // Asked after the job's end, the hub would have sent what it has.
      if (isOver && next === first) throw incomplete(next - 1, made)
      isOver = hasEnded(status)
      awaySince = undefined
    } catch (error) {
      signal?.throwIfAborted()
      const failure = worthAnotherTry(error)
      awaySince ??= performance.now()
      if (performance.now() - awaySince > patienceMs) throw isPassing(failure) ? failure : new HubUnreachableError(hub.url, failure)
      if (failure instanceof HubProblem) leastPauseMs = failure.retryAfterMs ?? 0
    }
    await pause(pauses.next(leastPauseMs), signal)
  }
}

/**
 * The frames that one connection brings. Returns when the hub ended it in order or has none, and when it has been
 * silent for long, which says nothing: the job may wait, or the connection be gone.
 */
async function* receive(
  hub: Hub, path: string, { signal, silenceMs }: { readonly signal: AbortSignal | undefined; readonly silenceMs: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const silence = new AbortController()
  const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal
  const parser = new FramePackParser()
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  try {
    const response = await within(silence, silenceMs, ask(hub, path, { signal: either, timeoutMs: null, cache: 'no-store' }))
    reader = response?.body?.getReader()
    for (;;) {
      const step = await within(silence, silenceMs, reader?.read().catch(lost))
      if (!step?.value) break
      yield* parser.push(step.value)
    }
    if (!parser.isWhole) throw new LostConnectionError('the connection ended inside a frame')
  } catch (error) {
    signal?.throwIfAborted()
    const hasNoFrames = error instanceof HubProblem && error.code === 'frame_not_found'
    if (!silence.signal.aborted && !hasNoFrames) throw error
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
}

/** Aborts `silence` when waiting takes longer than that. */
async function within<Answer>(
  silence: AbortController, milliseconds: number, waiting: Promise<Answer> | undefined,
): Promise<Answer | undefined> {
  const timer = setTimeout(() => silence.abort(), milliseconds)
  try {
    return await waiting
  } finally {
    clearTimeout(timer)
  }
}

function lost(cause: unknown): never {
  throw new LostConnectionError('the connection broke', { cause })
}

function worthAnotherTry(error: unknown): Error {
  if (error instanceof LostConnectionError || isPassing(error)) return error
  if (error instanceof NotAPackError) throw new HubProblem(500, { code: 'http', detail: `what came is no frame pack: ${error.message}` })
  throw error
}

function incomplete(there: number, made: number): HubProblem {
  return new HubProblem(500, { code: 'http', detail: `the job has made ${made} frames, and the hub has only ${there} of them` })
}
