import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, named } from '../schemas.ts'

export const flaskGifError = z.looseObject({ status: z.literal('error'), code: z.string().optional(), hint: z.string().optional() })
named.add(flaskGifError, { id: 'FlaskGifError' })

export const flaskGifOperations: readonly Operation[] = [
  {
    method: 'get', path: '/gif', id: 'getGifForm', tag: 'Flask GIF', dialect: flaskGifError, summary: 'A form for photos',
    answers: { 200: { description: 'A page', content: { 'text/html': { schema: bytes } } } },
  },
  {
    method: 'post', path: '/gif', id: 'makeGif', tag: 'Flask GIF', dialect: flaskGifError, summary: 'Make a GIF of photos, and wait for it',
    description: 'A page with a link, or JSON with `Accept: application/json` or `?json=1`.', query: z.object({ json: z.enum(['0', '1']).optional() }),
    body: { content: { 'multipart/form-data': { schema: z.object({ photo: bytes }) } } },
    answers: { 200: { description: 'The GIF’s address', content: { ...json(z.object({ status: z.literal('success'), download_url: z.string(), file_id: z.string() })), 'text/html': { schema: bytes } } } },
    errors: ['invalid_input', 'missing_capability', 'payload_too_large', 'queue_full', 'disk_full', 'unsupported_media_type'],
  },
]
