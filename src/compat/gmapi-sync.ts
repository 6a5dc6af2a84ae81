import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { hasEnded, type Job } from '../jobs/job.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { setReasonPhrase } from './gmapi-errors.ts'

/** ComputerCraft gives up after 30 s without a byte. */
const HEARTBEAT_MS = 8000

/**
 * Answers with a job's result when it has one. A job that takes longer than a heartbeat is answered 200 at once, with
 * white space until it ends, which JSON allows in front; its failure is then told in the body alone.
 */
export async function answerWhenEnded(
  c: Context<{ Bindings: HttpBindings }>,
  jobs: Jobs,
  { job, toAnswer }: { job: Job; toAnswer: (ended: Job) => object },
): Promise<Response> {
  const ended = hasEnded(job.status) ? job : await Promise.race([jobs.untilEnded(job.id, c.req.raw.signal), heartbeat()])
  if (ended) return answer(c, ended, toAnswer)
  const outgoing = (c.env as Partial<HttpBindings> | undefined)?.outgoing
  if (!outgoing) return answer(c, await jobs.untilEnded(job.id, c.req.raw.signal), toAnswer)
  outgoing.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
  outgoing.write(' ')
  const timer = setInterval(() => outgoing.write(' '), HEARTBEAT_MS)
  const gone = new AbortController()
  outgoing.on('close', () => gone.abort())
  jobs.untilEnded(job.id, gone.signal)
    .then((done) => outgoing.end(JSON.stringify(done.status === 'completed' ? toAnswer(done) : toFailure(done))))
    .catch(() => outgoing.destroy())
    .finally(() => clearInterval(timer))
  return RESPONSE_ALREADY_SENT
}

function answer(c: Context, job: Job, toAnswer: (ended: Job) => object): Response {
  if (job.status === 'completed') return c.json(toAnswer(job))
  const failure = toFailure(job)
  setReasonPhrase(c, failure.message)
  return c.json(failure, 500)
}

function toFailure({ status, error }: Job) {
  const text = error?.message ?? (status === 'cancelled' ? 'cancelled' : 'failed')
  return { status: 'error', error: text, message: text, ...(error && { code: error.code }) }
}

function heartbeat(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), HEARTBEAT_MS).unref())
}
