import { expect, test } from 'vitest'
import { EMPTY_JOB, type Artifact, type Job } from './job.ts'
import { standingOf } from './job-needs.ts'

const artifact = (name: string, more: Partial<Artifact> = {}): Artifact => ({ name, size: 1, content_type: 'a/b', sha256: '0', url: `/${name}`, ...more })
const job = (status: Job['status'], artifacts: readonly Artifact[]): Job => ({ ...EMPTY_JOB, id: 'a', status, artifacts })
const standing = (name: string | undefined, of: Job) => standingOf({ type: 'artifact', jobId: 'a', name }, () => of)

test('a file is there as soon as it is whole, also while its job still runs; one that grows is waited for', () => {
  const running = job('running', [artifact('sound.wav'), artifact('list.m3u8', { grows: true })])
  expect([standing('sound.wav', running), standing('list.m3u8', running), standing('film.mp4', running)]).toEqual(['there', 'pending', 'pending'])
  expect(standing('list.m3u8', job('completed', [artifact('list.m3u8')]))).toBe('there')
})

test('which artifact is the only one is known when the job has ended, and not before', () => {
  expect(standing(undefined, job('running', [artifact('a')]))).toBe('pending')
  expect(standing(undefined, job('completed', [artifact('a')]))).toBe('there')
  expect(standing(undefined, job('completed', [artifact('a'), artifact('b')]))).toMatchObject({ code: 'dependency_failed', hint: 'Name one as job:ID/NAME: a, b.' })
})
