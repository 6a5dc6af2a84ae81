import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { AnswerBody } from './answer-body.ts'

let server: Server | undefined

afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((closed) => server?.close(closed))
})

test('what came before the connection broke is had before the error', async () => {
  const response = await ask((answer) => {
    answer.writeHead(200, { 'content-length': 1000 }).write('0123456789', () => answer.destroy())
  })
  const body = new AnswerBody(response)
  await new Promise((closed) => response.once('close', closed))
  const chunks: Uint8Array[] = []
  await expect(collect(body, chunks)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(String(Buffer.concat(chunks))).toBe('0123456789')
})

test('a body that is not read stops flowing, and comes whole once it is', async () => {
  const sent = Buffer.alloc(20 * 2 ** 20, 'a long body ')
  const response = await ask((answer) => answer.end(sent))
  const body = new AnswerBody(response)
  await once(response, 'pause')
  expect(response.socket.bytesRead).toBeLessThan(sent.length / 2)
  const chunks: Uint8Array[] = []
  await collect(body, chunks)
  expect(Buffer.concat(chunks).equals(sent)).toBe(true)
})

test('a body that is given up fails with the reason', async () => {
  const body = new AnswerBody(await ask((answer) => answer.write('x')))
  const reason = new Error('enough')
  body.destroy(reason)
  await expect(collect(body, [])).rejects.toBe(reason)
})

async function collect(body: AnswerBody, chunks: Uint8Array[]) {
  for await (const some of body) chunks.push(...some)
}

async function ask(answer: (response: ServerResponse) => void): Promise<IncomingMessage> {
  const running = createServer((_, response) => answer(response))
  server = running
  await new Promise<void>((listening) => running.listen(0, '127.0.0.1', listening))
  const request = get({ port: (running.address() as AddressInfo).port, host: '127.0.0.1' }).on('error', () => {})
  return new Promise((resolve) => request.once('response', resolve))
}
