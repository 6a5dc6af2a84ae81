import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes } from '../schemas.ts'
import { JOB_ID } from './jobs.ts'

const base = { method: 'get', tag: 'ComputerCraft' } as const
const errors = ['job_not_found', 'job_expired', 'frame_not_found', 'frames_not_ready', 'artifact_not_found', 'invalid_input'] as const
const text = (description: string, contentType: string) => ({ 200: { description, content: { [contentType]: { schema: bytes } } } })

/** What sanjuuni’s own HTTP player asks for. */
export const playerOperations: readonly Operation[] = [
  { ...base, path: '/api/jobs/:id/sanjuuni', id: 'getJobPlayer', summary: 'A player set to this job', params: { id: JOB_ID }, answers: text('A Lua program', 'text/plain'), errors },
  {
    ...base, path: '/api/jobs/:id/sanjuuni/info', id: 'getPlayerInfo', summary: 'How long the video is', params: { id: JOB_ID },
    answers: { 200: { description: 'Frames, and frames a second', content: json(z.object({ length: z.number(), fps: z.number() })) } }, errors,
  },
  {
    ...base, path: '/api/jobs/:id/sanjuuni/video/:number', id: 'getPlayerFrame', summary: 'One frame as Lua source',
    params: { id: JOB_ID, number: { description: 'From 0', example: '0' } }, answers: text('Lua', 'text/plain'), errors,
  },
  {
    ...base, path: '/api/jobs/:id/sanjuuni/audio/:number', id: 'getPlayerSound', summary: 'One second of sound',
    params: { id: JOB_ID, number: { description: 'From 0', example: '0' } }, answers: text('Unsigned bytes, 48 kHz', 'application/octet-stream'), errors,
  },
]
