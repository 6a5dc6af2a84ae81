import { expect, test } from 'vitest'
import { EMPTY_JOB, type Job } from './job.ts'
import { findSource, type PreviewContext } from './preview-source.ts'

const artifact = { name: 'video.mp4', size: 1, content_type: 'video/mp4', sha256: '', url: '/' }
const running: Job = { ...EMPTY_JOB, id: 'job', tool: 'transcode', status: 'running', phase: 'running' }
const publishing: Job = { ...running, phase: 'publishing' }
const completed: Job = { ...EMPTY_JOB, id: 'job', tool: 'transcode', status: 'completed', artifacts: [artifact] }
const signal = new AbortController().signal

test('of a job that is about to end, what it has made is waited for', async () => {
  const states = [publishing, publishing, completed]
  expect(await findSource(publishing, contextOf(states), signal)).toEqual({ type: 'video', file: '/kept/video.mp4', fps: 25, seconds: 2 })
  expect(states).toEqual([completed])
})

test('a job that ends while its input is looked at is seen by what it has made', async () => {
  expect(await findSource(running, contextOf([publishing, completed]), signal)).toMatchObject({ type: 'video' })
})

test('what is not looked at any more is not waited for', async () => {
  const gone = new AbortController()
  const waited = findSource(publishing, contextOf([publishing]), gone.signal)
  gone.abort(new Error('gone'))
  await expect(waited).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
})

test('of a job that has not begun there is nothing yet', async () => {
  await expect(findSource({ ...running, phase: 'fetching' }, contextOf([]), signal)).rejects.toMatchObject({ code: 'frames_not_ready', retryAfterSeconds: 1 })
})

/** Whose job is in one state after the other, and stays in the last; only what it has made is a film. */
function contextOf(states: Job[]): PreviewContext {
  return {
    jobs: { get: () => (states.length > 1 ? states.shift() : states[0])! },
    artifacts: { served: (_: Job, name: string) => ({ path: `/kept/${name}` }) },
    runner: { probe: async (file: string) => file.startsWith('/kept/') ? { durationSeconds: 2, streams: [{ kind: 'video', framesPerSecond: 25 }] } : undefined },
    jobDirectory: (id: string) => `/jobs/${id}`,
  } as unknown as PreviewContext
}
