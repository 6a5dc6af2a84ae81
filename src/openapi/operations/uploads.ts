import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, upload, uploads } from '../schemas.ts'

const ID = { id: { description: 'The upload', example: 'KZ1m0ZJ8t5n3yR1fQ2xVb' } }

export const uploadOperations: readonly Operation[] = [
  {
    method: 'put', path: '/api/uploads/:id', id: 'putUpload', tag: 'Uploads', summary: 'Send a file',
    params: { id: { description: 'What people call it, in place of the id that it is given', example: 'holiday.mov' } },
    body: { content: { 'application/octet-stream': { schema: bytes } } },
    answers: { 201: { description: 'It is on the disk for good', content: json(upload), headers: { Location: 'Its address' } } },
    errors: ['invalid_input', 'payload_too_large', 'quota_exceeded', 'disk_full'],
  },
  {
    method: 'post', path: '/api/uploads', id: 'postUploads', tag: 'Uploads', summary: 'Send several files of one form',
    description: 'All or none.', body: { content: { 'multipart/form-data': { schema: z.object({ file: bytes }) } } },
    answers: { 201: { description: 'In the order in which they came', content: json(uploads) } },
    errors: ['invalid_input', 'payload_too_large', 'quota_exceeded', 'disk_full', 'unsupported_media_type'],
  },
  {
    method: 'get', path: '/api/uploads/:id', id: 'getUpload', tag: 'Uploads', summary: 'One upload', params: ID,
    answers: { 200: { description: 'The upload', content: json(upload) } }, errors: ['upload_not_found'],
  },
  {
    method: 'delete', path: '/api/uploads/:id', id: 'removeUpload', tag: 'Uploads', summary: 'Remove an upload', params: ID,
    answers: { 204: { description: 'It is gone; jobs that have it open read it to its end' } }, errors: ['upload_not_found'],
  },
]
