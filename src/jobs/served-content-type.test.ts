import { expect, test } from 'vitest'
import { servedContentType } from './served-content-type.ts'

test.each([
  'text/html', 'TEXT/HTML; charset=utf-8', 'application/xhtml+xml', 'image/svg+xml', 'text/xml', 'application/xml',
  'application/dash+xml', 'text/javascript', 'application/javascript', 'application/pdf', 'text/css',
  'multipart/x-mixed-replace', 'message/rfc822', '', 'constructor', 'audio/mpeg, text/html', 'text/html; audio/mpeg',
])('%s is sent as bytes to be saved', (contentType) => {
  expect(servedContentType(contentType)).toEqual({ contentType: 'application/octet-stream', disposition: 'attachment' })
})

test.each(['video/mp4', 'audio/mpeg', 'image/png'])('%s may be shown in place', (contentType) => {
  expect(servedContentType(contentType)).toEqual({ contentType, disposition: 'inline' })
})

test('what comes after the type is dropped, so that nothing can be hidden there', () => {
  expect(servedContentType(' Video/MP4; codecs="avc1"\r\nX: y')).toEqual({ contentType: 'video/mp4', disposition: 'inline' })
})

test('text is said to be UTF-8 and is to be saved', () => {
  expect(servedContentType('text/plain; charset=utf-7')).toEqual({ contentType: 'text/plain; charset=utf-8', disposition: 'attachment' })
})
