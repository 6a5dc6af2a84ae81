import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubClient } from '../src/client/index.ts'
import { HubProcess } from './hub-process.ts'

let hub: HubProcess
let client: HubClient

beforeAll(async () => {
  hub = await HubProcess.start({ REELTIME_LOG: 'errors' })
  client = new HubClient({ url: hub.url })
})
afterAll(() => hub.dispose())

test('an upload that another process has begun goes on from what the hub has, and one that is gone or has another size begins anew', async () => {
  const bytes = Buffer.alloc(5_000_000, 'reeltime')
  const begin = async (size: number) => {
    const answer = await fetch(`${hub.url}/files`, { method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': String(size), 'upload-metadata': `filename ${btoa('a.bin')}` } })
    const { id } = await answer.json() as { id: string }
    const headers = { 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }
    expect((await fetch(`${hub.url}/files/${id}`, { method: 'PATCH', headers, body: bytes.subarray(0, 3_000_000) })).status).toBe(204)
    return id
  }
  const send = async (resume: string) => {
    const sent: number[] = []
    const { id, sha256 } = await client.upload('a.bin', new Blob([bytes]), { resume, onProgress: (count) => sent.push(count) })
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    return { id, first: sent[0] }
  }
  const begun = await begin(bytes.length)
  expect(await send(begun)).toEqual({ id: begun, first: 3_000_000 })
  // It is whole by then: nothing is sent.
  expect(await send(begun)).toEqual({ id: begun, first: undefined })
  for (const id of ['aVeryLongIdThatIsGone', await begin(4_000_000)]) {
    const anew = await send(id)
    expect([anew.first, anew.id === id]).toEqual([0, false])
  }
})
