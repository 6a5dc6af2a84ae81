import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { bytes } from '../schemas.ts'
import { JOB_ID } from './jobs.ts'

const preview = z.object({
  fps: z.number().min(0.1).max(60).optional(),
  w: z.int().min(16).max(1920).optional().describe('Pixels wide'),
  q: z.int().min(1).max(100).optional().describe('Quality'),
  loop: z.enum(['0', '1']).default('0').optional().describe('Of an ended job: for ever'),
})

const moving = { 200: { description: 'JPEGs, `multipart/x-mixed-replace`', content: { 'multipart/x-mixed-replace': { schema: bytes } } } }

export const frameOperations: readonly Operation[] = [
  {
    method: 'get', path: '/frames/:id/:name', id: 'getFrame', tag: 'Frames', summary: 'One frame of a job',
    description: 'While the job runs too.', params: { id: JOB_ID, name: { description: 'From 1', example: 'frame_000001.png' } },
    answers: { 200: { description: 'The picture', content: { 'image/*': { schema: bytes }, 'application/octet-stream': { schema: bytes } } } },
    errors: ['job_not_found', 'job_expired', 'frame_not_found', 'frames_not_ready'],
  },
  {
    method: 'get', path: '/api/jobs/:id/framepack', id: 'getFramePack', tag: 'Frames', summary: 'Many frames as one pack',
    description: '`u32be count`, then for each frame `u32be size` and its bytes. With `follow=1` it goes on while frames are made and the count is 0xFFFFFFFF. Over WebSocket `/api/jobs/:id/frames` they are pushed.',
    params: { id: JOB_ID },
    query: z.object({
      from: z.int().min(1).default(1).optional(), count: z.int().min(1).optional(), follow: z.enum(['0', '1']).default('0').optional(),
    }),
    answers: { 200: { description: 'The pack', content: { 'application/octet-stream': { schema: bytes } } } },
    errors: ['job_not_found', 'job_expired', 'frame_not_found', 'invalid_input'],
  },
  {
    method: 'get', path: '/api/jobs/:id/preview.mjpeg', id: 'watchJob', tag: 'Frames', summary: 'What a job makes, as a moving picture',
    description: 'For `<img src>`.', params: { id: JOB_ID }, query: preview, answers: moving,
    errors: ['job_not_found', 'job_expired', 'frame_not_found', 'frames_not_ready', 'invalid_input'],
  },
  {
    method: 'get', path: '/video_feed', id: 'watchJobByQuery', tag: 'Frames', summary: 'The same, as MJPEG services have it',
    query: preview.extend({ job: z.string().describe('The job') }), answers: moving,
    errors: ['job_not_found', 'job_expired', 'frame_not_found', 'frames_not_ready', 'invalid_input'],
  },
  {
    method: 'get', path: '/api/jobs/:id/snapshot.jpg', id: 'getSnapshot', tag: 'Frames', summary: 'One still of a job', params: { id: JOB_ID },
    query: preview, answers: { 200: { description: 'The picture', content: { 'image/jpeg': { schema: bytes } } } },
    errors: ['job_not_found', 'job_expired', 'frame_not_found', 'frames_not_ready', 'invalid_input'],
  },
]
