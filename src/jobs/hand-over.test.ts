import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { handOverTo } from './hand-over.ts'

const request = { headers: {} } as IncomingMessage
const handOver = handOverTo('/data/', { directory: '/srv/hub', isForwarded: () => true })

test('a name travels as a path of the proxy, every character of it', () => {
  expect(handOver(request, '/srv/hub/jobs/a1/artifacts/a b%2f?#é+.mp3')).toBe('/data/jobs/a1/artifacts/a%20b%252f%3F%23%C3%A9%2B.mp3')
})

test('what is not below the data directory is not handed over', () => {
  expect(handOver(request, '/srv/other/file')).toBeUndefined()
  expect(handOver(request, '/srv/hub-2/file')).toBeUndefined()
})

test('a request that no trusted proxy has passed on is not', () => {
  const toNobody = handOverTo('/data/', { directory: '/srv/hub', isForwarded: () => false })
  expect(toNobody(request, '/srv/hub/jobs/a')).toBeUndefined()
})
