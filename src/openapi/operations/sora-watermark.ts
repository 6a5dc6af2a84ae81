import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, named } from '../schemas.ts'
import { flaskGifError } from './flask-gif.ts'

const error = z.object({ detail: z.union([z.string(), z.array(z.record(z.string(), z.unknown()))]), code: z.string().optional(), hint: z.string().optional() })
named.add(error, { id: 'SoraWatermarkError' })

const result = z.object({
  percentage: z.int(), status: z.enum(['UPLOADING', 'QUEUED', 'PROCESSING', 'FINISHED', 'ERROR']), download_url: z.string().nullable(), error: z.string().optional(),
})
named.add(result, { id: 'SoraWatermarkResult' })

const queue = z.object({
  summary: z.object({ is_busy: z.boolean(), queue_length: z.int(), total_active: z.int() }),
  current_task_id: z.string().nullable(),
  waiting_queue: z.array(z.object({ id: z.string(), status: z.string(), percentage: z.number(), video_path: z.string(), created_at: z.string() })),
})
named.add(queue, { id: 'SoraWatermarkQueue' })

const base = { tag: 'SoraWatermarkCleaner', dialect: error } as const

/** With its prefix and without. */
export const soraWatermarkOperations: readonly Operation[] = (['', '/api/v1'] as const).flatMap((prefix): readonly Operation[] => {
  const id = (name: string) => (prefix === '' ? name : `${name}V1`)
  return [
    {
      ...base, method: 'post', path: `${prefix}/submit_remove_task`, id: id('submitRemoveTask'), summary: 'Take the watermark off a video',
      ...(prefix !== '' && { query: z.object({ cleaner_type: z.enum(['lama', 'e2fgvi_hq']).optional() }) }),
      body: { content: { 'multipart/form-data': { schema: z.object({ video: bytes }) } } },
      answers: { 200: { description: 'The task', content: json(z.object({ task_id: z.string(), message: z.string() })) } },
      errors: ['invalid_input', 'missing_capability', 'payload_too_large', 'queue_full', 'disk_full'],
    },
    {
      ...base, method: 'get', path: `${prefix}/get_results`, id: id('getRemoveResult'), summary: 'How far a task is',
      query: z.object({ remove_task_id: z.string().optional(), task_id: z.string().optional().describe('The same') }),
      answers: { 200: { description: 'The task', content: json(result) } }, errors: ['job_not_found', 'missing_capability'],
    },
    {
      ...base, method: 'get', path: `${prefix}/get_queue_status`, id: id('getRemoveQueue'), summary: 'Who waits',
      answers: { 200: { description: 'The queue', content: json(queue) } },
    },
    {
      ...base, method: 'post', path: `${prefix}/cancel_tasks`, id: id('cancelRemoveTasks'), summary: 'Cancel tasks',
      body: { content: { 'application/json': { schema: z.object({ task_ids: z.array(z.string()) }), examples: { none: { summary: 'None', value: { task_ids: [] } } } } } },
      answers: { 200: { description: 'How many', content: json(z.object({ cancelled: z.int() })) } }, errors: ['invalid_json', 'missing_capability', 'job_not_found'],
    },
    {
      ...base, method: 'get', path: `${prefix}/download_batch_zip`, id: id('downloadCleanedZip'), summary: 'The videos of tasks, as a ZIP archive',
      query: z.object({ tasks: z.string().optional().describe('Up to 20 of them, separated by commas; those that are not done are left out') }),
      answers: { 200: { description: 'The archive', content: { 'application/zip': { schema: bytes } } }, 206: { description: 'A part of it', content: { 'application/zip': { schema: bytes } } } },
      errors: ['missing_capability', 'invalid_range', 'job_not_found', 'artifact_not_found'],
    },
    {
      ...base, method: 'get', path: `${prefix}/download/:id`, id: id('downloadCleaned'), summary: prefix === '' ? 'The video; of a Flask GIF task, its GIF' : 'The video; of a MoneyPrinterTurbo task, its film',
      ...(prefix === '' && { dialect: z.union([error, flaskGifError]) }),
      params: { id: { description: 'The task', example: 'v7M92gnhU5dBX4fgCFS2ju' } },
      answers: { 200: { description: 'The video', content: { 'video/mp4': { schema: bytes }, 'image/gif': { schema: bytes }, 'image/webp': { schema: bytes }, 'image/png': { schema: bytes } } }, 206: { description: 'A part of it', content: { 'video/mp4': { schema: bytes } } } },
      errors: ['invalid_input', 'job_not_found', 'artifact_not_found'],
    },
  ]
})
