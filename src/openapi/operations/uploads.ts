import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, upload, uploads, uploadState } from '../schemas.ts'

const ID = { id: { description: 'The upload', example: 'KZ1m0ZJ8t5n3yR1fQ2xVb' } }

const VERSION = { 'Tus-Resumable': z.literal('1.0.0') }
const PIECE = { 'application/offset+octet-stream': { schema: bytes } }
const PATCH_HEADERS = z.object({
  ...VERSION,
  'Upload-Offset': z.int().describe('Where the bytes belong: what the hub has already'),
  'Upload-Length': z.int().optional().describe('Bytes in all, where that was not said before'),
})
const AFTER_PATCH = { 204: { description: 'What came is kept', headers: { 'Upload-Offset': 'How much there is', 'Upload-Expires': 'When it is removed' } } }
const PATCH_ERRORS = [
  'invalid_input', 'upload_not_found', 'upload_conflict', 'version_unsupported', 'payload_too_large', 'unsupported_media_type', 'quota_exceeded', 'uploads_full', 'disk_full',
] as const

const resumableOperations: readonly Operation[] = [
  {
    method: 'post', path: '/files', id: 'createUpload', tag: 'Uploads', summary: 'Announce an upload that can be resumed',
    description: 'By tus 1.0.0 (https://tus.io/protocols/resumable-upload). The first bytes, or all, may come along.',
    headers: z.object({
      ...VERSION,
      'Upload-Length': z.int().optional().describe('Bytes in all'),
      'Upload-Defer-Length': z.literal('1').optional().describe('Instead: that is said later'),
      'Upload-Metadata': z.string().optional().describe('`filename` and its Base64'),
    }),
    body: { isOptional: true, content: PIECE },
    answers: { 201: { description: 'It is known, and what came is kept', content: json(uploadState), headers: { Location: 'Where to go on', 'Upload-Offset': 'How much there is' } } },
    errors: ['invalid_input', 'version_unsupported', 'payload_too_large', 'unsupported_media_type', 'quota_exceeded', 'uploads_full', 'disk_full'],
  },
  {
    method: 'get', path: '/files/:id', id: 'getUploadOffset', tag: 'Uploads', summary: 'How much of an upload there is',
    description: 'tus clients ask by HEAD. A request that still adds to it is ended.', params: ID,
    answers: { 200: { description: 'Where to go on', content: json(uploadState), headers: { 'Upload-Offset': 'How much there is', 'Upload-Length': 'Bytes in all' } } },
    errors: ['upload_not_found'],
  },
  {
    method: 'patch', path: '/files/:id', id: 'addToUpload', tag: 'Uploads', summary: 'Add bytes to an upload', description: 'With its last byte it is whole.',
    params: ID, headers: PATCH_HEADERS, body: { content: PIECE }, answers: AFTER_PATCH, errors: PATCH_ERRORS,
  },
  {
    method: 'post', path: '/files/:id', id: 'addToUploadByPost', tag: 'Uploads', summary: 'The same, or a removal, where only POST is let through',
    params: ID, headers: PATCH_HEADERS.extend({ 'X-HTTP-Method-Override': z.enum(['PATCH', 'DELETE']) }), body: { content: PIECE }, answers: AFTER_PATCH,
    errors: [...PATCH_ERRORS, 'method_not_allowed'],
  },
  {
    method: 'delete', path: '/files/:id', id: 'removeResumableUpload', tag: 'Uploads', summary: 'Remove an upload, whole or not', params: ID,
    headers: z.object(VERSION), answers: { 204: { description: 'It is gone, and jobs that wait for it have failed' } }, errors: ['upload_not_found', 'version_unsupported'],
  },
]

export const uploadOperations: readonly Operation[] = [
  {
    method: 'put', path: '/api/uploads/:id', id: 'putUpload', tag: 'Uploads', summary: 'Send a file',
    params: { id: { description: 'What people call it, in place of the id that it is given', example: 'holiday.mov' } },
    body: { content: { 'application/octet-stream': { schema: bytes } } },
    answers: { 201: { description: 'It is on the disk for good', content: json(upload), headers: { Location: 'Its address' } } },
    errors: ['invalid_input', 'payload_too_large', 'quota_exceeded', 'uploads_full', 'disk_full'],
  },
  {
    method: 'post', path: '/api/uploads', id: 'postUploads', tag: 'Uploads', summary: 'Send several files of one form',
    description: 'All or none.', body: { content: { 'multipart/form-data': { schema: z.object({ file: bytes }) } } },
    answers: { 201: { description: 'In the order in which they came', content: json(uploads) } },
    errors: ['invalid_input', 'payload_too_large', 'quota_exceeded', 'uploads_full', 'disk_full', 'unsupported_media_type'],
  },
  {
    method: 'get', path: '/api/uploads/:id', id: 'getUpload', tag: 'Uploads', summary: 'One upload', params: ID,
    answers: { 200: { description: 'The upload, or how much of it there is', content: json(uploadState) } }, errors: ['upload_not_found'],
  },
  {
    method: 'delete', path: '/api/uploads/:id', id: 'removeUpload', tag: 'Uploads', summary: 'Remove an upload', params: ID,
    answers: { 204: { description: 'It is gone; jobs that have it open read it to its end' } }, errors: ['upload_not_found'],
  },
  ...resumableOperations,
]
