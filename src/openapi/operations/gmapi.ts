import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, named } from '../schemas.ts'

const error = z.object({
  status: z.literal('error'),
  error: z.string(),
  message: z.string(),
  code: z.string(),
  hint: z.string().exactOptional(),
})
named.add(error, { id: 'GmapiError' })

const task = z.object({
  task_id: z.string(),
  type: z.string(),
  status: z.enum(['pending', 'running', 'completed', 'error']),
  create_time: z.number().describe('Seconds since 1970'),
  start_time: z.number().nullable(),
  end_time: z.number().nullable(),
  progress: z.number(),
  total_logs: z.int(),
  new_logs: z.array(z.string()).describe('New since your last poll of this task'),
  offset: z.string(),
  queue_position: z.int().exactOptional(),
  result: z.record(z.string(), z.unknown()),
  error: z.string().exactOptional(),
  message: z.string().exactOptional(),
})
named.add(task, { id: 'GmapiTask' })

const accepted = z.object({ status: z.literal('success'), task_id: z.string(), status_url: z.string() })
named.add(accepted, { id: 'GmapiAccepted' })

const file = z.object({ status: z.literal('success'), download_url: z.string(), file_id: z.string() })
named.add(file, { id: 'GmapiFile' })

const conversion = z.object({
  input_url: z.string(),
  args: z.array(z.string()).optional(),
  output_format: z.string().optional(),
})

const TASK = { id: { description: 'The task', example: 'v7M92gnhU5dBX4fgCFS2ju' } }
const base = { tag: 'GMapiServer', dialect: error } as const
const refusals = [
  'invalid_json', 'invalid_input', 'argument_refused', 'source_refused', 'job_not_found', 'job_expired', 'artifact_not_found', 'upload_not_found', 'dependency_failed',
  'missing_capability', 'payload_too_large', 'queue_full', 'quota_exceeded', 'disk_full', 'shutting_down',
] as const

function conversions(tool: 'ffmpeg' | 'sanjuuni', what: string, value: object): readonly Operation[] {
  const body = { content: { 'application/json': { schema: conversion, examples: { [tool]: { summary: what, value } } } } }
  const name = tool === 'ffmpeg' ? 'Ffmpeg' : 'Sanjuuni'
  return [
    {
      ...base, method: 'post', path: `/api/${tool}`, id: `run${name}`, summary: `${what}, and wait for it`, body,
      answers: { 200: { description: 'The file', content: json(file) } }, errors: refusals,
    },
    {
      ...base, method: 'post', path: `/api/${tool}/async`, id: `start${name}`, summary: what, body,
      answers: { 200: { description: 'The task', content: json(accepted) } }, errors: refusals,
    },
  ]
}

export const gmapiOperations: readonly Operation[] = [
  ...conversions('ffmpeg', 'Convert with ffmpeg’s arguments', {
    input_url: 'https://example.com/clip.mp4', args: ['-vn', '-c:a', 'dfpwm', '-ar', '48000', '-ac', '1'], output_format: 'dfpwm',
  }),
  ...conversions('sanjuuni', 'Convert for ComputerCraft', {
    input_url: 'https://example.com/clip.mp4', args: ['--width=32', '--height=18'], output_format: '32vid',
  }),
  {
    ...base, method: 'post', path: '/api/video_frame/async', id: 'startVideoFrames', summary: 'Take a video apart',
    body: {
      content: {
        'application/json': {
          schema: z.object({
            video_url: z.string(), w: z.number().optional(), h: z.number().optional(), fps: z.number().optional(),
            force_resolution: z.boolean().optional(), pad_to_target: z.boolean().optional(),
          }),
          examples: { small: { summary: 'Ten small pictures a second', value: { video_url: 'https://example.com/clip.mp4', w: 64, h: 36, fps: 10 } } },
        },
      },
    },
    answers: { 200: { description: 'The task', content: json(accepted) } }, errors: refusals,
  },
  {
    ...base, method: 'post', path: '/api/framepack', id: 'postFramePack', summary: 'Frames by their addresses, as one pack',
    body: { content: { 'application/json': { schema: z.object({ urls: z.array(z.string()) }), examples: { none: { summary: 'None', value: { urls: [] } } } } } },
    answers: { 200: { description: '`u32be count`, then `u32be size` and bytes each', content: { 'application/octet-stream': { schema: bytes } } } },
    errors: ['invalid_json', 'invalid_input', 'job_not_found', 'frames_not_ready', 'payload_too_large'],
  },
  {
    ...base, method: 'get', path: '/api/task/:id', id: 'getTask', summary: 'One task', params: TASK,
    query: z.object({ after: z.string().optional().describe('An offset: who sends it keeps its own place in the log') }),
    answers: { 200: { description: 'The task', content: json(task) } }, errors: ['job_not_found', 'job_expired'],
  },
  {
    ...base, method: 'get', path: '/api/tasks', id: 'listTasks', summary: 'The newest tasks',
    answers: { 200: { description: 'The newest first', content: json(z.object({ status: z.literal('success'), tasks: z.array(task) })) } },
  },
  {
    ...base, method: 'get', path: '/download/:file_id/:filename', id: 'downloadFile', summary: 'A file of a task',
    params: { file_id: { description: 'The task', example: 'v7M92gnhU5dBX4fgCFS2ju' }, filename: { description: 'The file', example: 'v7M92gnhU5dBX4fgCFS2ju.mp3' } },
    answers: { 200: { description: 'The bytes', content: { '*/*': { schema: bytes } } } }, errors: ['job_not_found', 'artifact_not_found'],
  },
  {
    method: 'get', path: '/api/task/:id/events', id: 'followTask', tag: 'GMapiServer', summary: 'As `/api/jobs/:id/events`', params: TASK,
    answers: { 200: { description: 'Events', content: { 'application/json': { schema: z.record(z.string(), z.unknown()) }, 'text/event-stream': { schema: bytes } } } },
    errors: ['job_not_found', 'job_expired'],
  },
]
