import { expect, test } from 'vitest'
import { applyEvent, EMPTY_JOB, type Job, type JobEvent } from './job.ts'

const fold = (events: readonly JobEvent[], from: Job = EMPTY_JOB) => events.reduce(applyEvent, from)

const QUEUED: JobEvent = { type: 'status', data: { status: 'queued', id: 'a', tool: 'ffmpeg', input: {}, created_at: 1, queue_position: 2 } }
const RUNNING: JobEvent = { type: 'status', data: { status: 'running', attempt: 1, started_at: 2, progress: 0 } }
const PROGRESS: JobEvent = { type: 'progress', data: { rev: 7, progress: 40, phase: 'running', fps: 25, eta_s: 3 } }
const LINES: JobEvent = { type: 'new_logs', data: { first: 1, last: 3, new_logs: ['x', 'y', 'z'], lines: [] } }
const ARTIFACT: JobEvent = { type: 'artifact', data: { artifact: { name: 'o.mp4', size: 1, content_type: 'video/mp4', sha256: 's', url: '/u' } } }
const RESULT: JobEvent = { type: 'result', data: { result: { files: ['o.mp4'] } } }
const COMPLETED: JobEvent = { type: 'status', data: { status: 'completed', ended_at: 9, expires_at: 99, progress: 100 } }
const END: JobEvent = { type: 'end', data: { status: 'completed' } }

test('the events of a job fold to the job', () => {
  expect(fold([QUEUED, RUNNING, PROGRESS, LINES, ARTIFACT, RESULT, COMPLETED, END])).toEqual({
    id: 'a', tool: 'ffmpeg', input: {}, status: 'completed', attempt: 1, created_at: 1, started_at: 2, ended_at: 9, expires_at: 99,
    progress: 100, total_logs: 3, artifacts: [ARTIFACT.type === 'artifact' && ARTIFACT.data.artifact], result: { files: ['o.mp4'] },
  })
})

test('progress is merged without its revision, and each one replaces the one before', () => {
  const job = fold([QUEUED, RUNNING, PROGRESS, { type: 'progress', data: { rev: 8, progress: 41, phase: 'running', speed: 2 } }])
  expect(job).toMatchObject({ progress: 41, phase: 'running', speed: 2 })
  expect(job).not.toHaveProperty('fps')
  expect(job).not.toHaveProperty('rev')
})

test('a job that has ended shows nothing of what it was doing, whoever saw it and who did not', () => {
  const failed: JobEvent = { type: 'status', data: { status: 'failed', ended_at: 9, progress: 40 } }
  expect(fold([QUEUED, RUNNING, PROGRESS, failed])).toEqual(fold([QUEUED, RUNNING, failed]))
  expect(fold([QUEUED, RUNNING, failed, PROGRESS])).toEqual(fold([QUEUED, RUNNING, failed]))
})

test.each(['failed', 'cancelled'] as const)('a job that has %s has no artifacts, whatever it had made before', (status) => {
  expect(fold([QUEUED, RUNNING, ARTIFACT, { type: 'status', data: { status, ended_at: 9, progress: 40 } }]).artifacts).toEqual([])
})

test('a place in the queue is gone with the waiting', () => {
  expect(fold([QUEUED])).toMatchObject({ queue_position: 2 })
  expect(fold([QUEUED, RUNNING])).not.toHaveProperty('queue_position')
})

test('a retry begins without what the attempt before it left, and goes on counting lines', () => {
  const error: JobEvent = { type: 'error', data: { error: { code: 'timeout', message: 'm', log_tail: [] } } }
  const ended = fold([QUEUED, RUNNING, LINES, ARTIFACT, RESULT, error, COMPLETED])
  const retried = fold([{ type: 'status', data: { status: 'queued', reason: 'retried' } }], ended)
  expect(retried).toEqual({
    id: 'a', tool: 'ffmpeg', input: {}, status: 'queued', attempt: 1, created_at: 1, progress: null, total_logs: 3, artifacts: [], result: {},
  })
})

test('an artifact of a name replaces the one that had it, and results are merged', () => {
  const again: JobEvent = { type: 'artifact', data: { artifact: { name: 'o.mp4', size: 2, content_type: 'video/mp4', sha256: 't', url: '/u' } } }
  const job = fold([QUEUED, RUNNING, ARTIFACT, again, RESULT, { type: 'result', data: { result: { frames: 3 } } }])
  expect(job.artifacts.map(({ size }) => size)).toEqual([2])
  expect(job.result).toEqual({ files: ['o.mp4'], frames: 3 })
})

test.each(['failed', 'cancelled'] as const)('a job that is %s lists no artifacts, since they are removed', (status) => {
  expect(fold([QUEUED, RUNNING, ARTIFACT, { type: 'status', data: { status, ended_at: 9 } }]).artifacts).toEqual([])
})
